"""Names for parts that came without one."""

import pytest

from connectors.mail.filename import invent_name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image/png", "image-2.png"),
        ("application/octet-stream", "file-2.bin"),
        ("message/rfc822", "mail-2.eml"),
        ("text/x-patch", "text-2.txt"),
        ("audio/basic", "audio-2.bin"),
    ],
)
def test_a_name_tells_what_opens_the_file(kind: str, name: str) -> None:
    assert invent_name(kind, 2) == name
