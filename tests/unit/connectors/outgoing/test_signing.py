"""What is signed can be checked by the record that we show, and a change is found out."""

from __future__ import annotations

import dkim
import pytest

from connectors.outgoing.errors import Refused
from connectors.outgoing.signing import sign
from server.domain.errors import Invalid
from server.domain.resources import DkimSettings
from server.http.signing_key import new_key, public_record

RAW = "From: a@example.test\r\nTo: c@d.test\r\nSubject: Grüße\r\n\r\nHello\r\n\r\n".encode()
KEY = new_key()
SETTINGS = DkimSettings(
    domain="example.test",
    selector="desk",
    host="desk._domainkey.example.test",
    record=public_record(KEY, "/key"),
)


def good(raw: bytes) -> bool:
    """Whether a receiver believes it."""
    asked = {b"desk._domainkey.example.test.": SETTINGS.record.encode()}
    found: bool = dkim.verify(raw, dnsfunc=lambda name, timeout=5: asked.get(name))
    return found


def test_a_signed_mail_is_believed_by_the_record_and_a_changed_one_is_not() -> None:
    signed = sign(RAW, SETTINGS, KEY)
    assert signed.endswith(RAW)
    assert good(signed)
    assert not good(signed.replace(b"Hello", b"Hullo"))
    assert not good(b"Cc: evil@x.test\r\n" + signed)


def test_without_settings_nothing_is_signed_and_without_its_key_nothing_leaves() -> None:
    assert sign(RAW, None, None) == RAW
    with pytest.raises(Refused):
        sign(RAW, SETTINGS, None)
    with pytest.raises(Refused):
        sign(RAW, SETTINGS, "no key")


@pytest.mark.parametrize("text", ["", "no key", KEY.replace("MII", "MIJ"), "-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        public_record(text, "/key")
