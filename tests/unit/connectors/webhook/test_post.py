"""Providers' forms become the mail that they were made of."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from connectors.mail.parse import parse
from connectors.webhook.post import read_post
from server.domain.errors import Invalid

RAW = b"From: carla@customer.test\r\nSubject: Hi\r\nMessage-ID: <1@c>\r\n\r\nText\r\n"
CONTENT_TYPE = "multipart/form-data; boundary=bound"


def form(*parts: tuple[str, bytes, str, str]) -> bytes:
    """Parts are (field, content, file name or nothing, type)."""
    out = b""
    for field, content, filename, kind in parts:
        named = f'; filename="{filename}"\r\nContent-Type: {kind}' if filename else ""
        out += (
            f'--bound\r\nContent-Disposition: form-data; name="{field}"{named}\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    return out + b"--bound--\r\n"


@pytest.mark.parametrize("content_type", ["message/rfc822", "text/plain; charset=utf-8", ""])
def test_a_raw_mail_is_taken_as_it_is(content_type: str) -> None:
    assert read_post(content_type, RAW).raw == RAW


def test_sendgrid_raw() -> None:
    envelope = json.dumps({"to": ["support@example.test"], "from": "bounce@c.test"}).encode()
    posted = read_post(CONTENT_TYPE, form(("email", RAW, "", ""), ("envelope", envelope, "", "")))
    assert (posted.raw, posted.mail_from, posted.recipients) == (
        RAW,
        "bounce@c.test",
        ("support@example.test",),
    )


def test_sendgrid_in_pieces() -> None:
    headers = b"From: Carla <carla@customer.test>\nMessage-ID: <1@c>\n"
    headers += b"References: <a@b>\n <c@d>\nContent-Type: x/y\n"
    info = json.dumps({"attachment1": {"content-id": "pic@x"}}).encode()
    posted = read_post(
        CONTENT_TYPE,
        form(
            ("headers", headers + b"Subject: Hi", "", ""),
            ("text", "Grüße".encode("latin-1"), "", ""),
            ("html", b"<p>rich</p>", "", ""),
            ("charsets", b'{"text": "iso-8859-1"}', "", ""),
            ("attachment-info", info, "", ""),
            ("attachment1", b"PNG", "p.png", "image/png"),
        ),
    )
    got = parse(posted.raw)
    assert (got.subject, got.sender.name, got.message_id) == ("Hi", "Carla", "1@c")
    assert got.references == ("a@b", "c@d")
    assert (got.text, got.html) == ("Grüße", "<p>rich</p>\n")
    assert [(a.name, a.type, a.size, a.content_id) for a in got.attachments] == [
        ("p.png", "image/png", 3, "pic@x")
    ]


def test_mailgun_raw_and_in_pieces() -> None:
    raw = read_post(
        CONTENT_TYPE, form(("body-mime", RAW, "", ""), ("recipient", b"a@x.test,b@x.test", "", ""))
    )
    assert (raw.raw, raw.recipients) == (RAW, ("a@x.test", "b@x.test"))
    fields = {
        "message-headers": json.dumps([["From", "Carla <c@x.test>"], ["Subject", "Hi\r\nBcc: evil@x.test"]]),
        "body-plain": "Text",
    }
    posted = read_post("application/x-www-form-urlencoded", urlencode(fields).encode())
    got = parse(posted.raw)
    assert (got.subject, got.sender.name, got.text) == ("Hi Bcc: evil@x.test", "Carla", "Text")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("message/rfc822", b" "),
        ("application/json", b"{}"),
        (CONTENT_TYPE, form(("other", b"x", "", ""))),
        ("multipart/form-data", b"x"),
        ("application/x-www-form-urlencoded", b"a=\xff"),
    ],
)
def test_what_carries_no_mail_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(Invalid):
        read_post(content_type, body)


@pytest.mark.parametrize("hostile", ["[", "1", "null", '{"to": 5}', '[["a"]]', "[" * 100_000])
def test_json_that_is_not_what_it_should_be_does_no_harm(hostile: str) -> None:
    parts = [(name, hostile.encode(), "", "") for name in ("envelope", "charsets", "attachment-info")]
    parse(read_post(CONTENT_TYPE, form(("text", b"x", "", ""), *parts)).raw)
    parts = [(name, hostile.encode(), "", "") for name in ("message-headers", "content-id-map")]
    parse(read_post(CONTENT_TYPE, form(("body-plain", b"x", "", ""), *parts)).raw)
