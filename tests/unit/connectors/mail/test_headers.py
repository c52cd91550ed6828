"""Header texts and parameters that are a little wrong."""

import pytest

from connectors.mail.headers import decode_words, parameters


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text/plain>", "text/plain"),
        ("<text/html>; charset=utf-8", "text/html"),
        ("Text / HTML (the usual)", "text/html"),
        ("text/plain; charset=utf-8", "text/plain"),
    ],
)
def test_a_type_is_read_among_other_marks(value: str, kind: str) -> None:
    assert parameters(value)[0] == kind


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r'"C:\Reports\may.txt"', r"C:\Reports\may.txt"),
        (r'"C:\\Reports\\may.txt"', r"C:\Reports\may.txt"),
        (r'"so \"called\".txt"', 'so "called".txt'),
    ],
)
def test_only_a_quote_and_a_backslash_are_escaped(written: str, name: str) -> None:
    assert parameters(f"attachment; filename={written}")[1] == {"filename": name}


def test_code_goes_on_behind_its_padding() -> None:
    assert decode_words("=?utf-8?B?w6k=w6g=?= =?utf-8?B?w6k?=") == "éèé"
