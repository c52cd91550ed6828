"""Law 5. Any bytes give an inbound message, in bounded time, and every text in it can be stored."""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from connectors.mail.parse import parse
from connectors.mail.quote import split
from connectors.mail.sanitise import sanitise
from connectors.mail.show import shown_html
from server.domain.inbound import InboundMessage
from tests.laws.budget import examples

MAX_SECONDS = 5.0
WORDS = [
    b"From: a@b.test\r\n",
    b"Subject: =?utf-8?q?=C3?=",
    b"=?iso-8859-1?b?//8=?=",
    b"Content-Type: ",
    b"\r\n",
    b"\n",
    b"multipart/mixed; boundary=b",
    b"multipart/alternative; boundary=",
    b"message/rfc822",
    b"text/html",
    b"text/plain",
    b"; charset=utf-16",
    b"; charset=\xff",
    b"; charset=idna",
    b"; name*0*=utf-8''%ff",
    b'; filename="..\\\r\n',
    b"--b\r\n",
    b"--b--\r\n",
    b"--",
    b"\r\n\r\n",
    b"\x00",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b">",
    b"> quoted\r\n",
    b"On 1.1.2026 10:00 x <a@b> wrote:\r\n",
    b"-- \r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"====",
    b"QUJD",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"begin 644 x\r\n",
    b"#0V%T\r\n",
    b"Message-ID: <",
    b"@x>",
    b"References: ",
    b"Date: Sun, 99 Foo 0000 99:99:99 +9999\r\n",
    b"<blockquote>",
    b"<img src=cid:x>",
    b"<b><p>",
    b"Content-Disposition: attachment",
    b"Content-ID: <>\r\n",
    b"Auto-Submitted: ",
    b"(",
    b'"',
    b",",
    b";",
    b":",
    b"@",
]
mail_like = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8)), max_size=60).map(b"".join)


def texts(value: Any) -> list[str]:
    """Every string in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [text for part in msgspec.structs.astuple(value) for text in texts(part)]
    if isinstance(value, tuple):
        return [text for part in value for text in texts(part)]
    return []


def check(raw: bytes) -> InboundMessage:
    began = time.monotonic()
    message = parse(raw)
    shown = shown_html(message, {}) or ""
    assert time.monotonic() - began < MAX_SECONDS
    for text in [*texts(message), shown]:
        assert not re.search("[\x00\ud800-\udfff]", text)
    assert sum(attachment.size for attachment in message.attachments) <= len(raw)
    return message


@given(st.one_of(st.binary(max_size=2000), mail_like))
@examples(600)
def test_any_bytes_give_a_message(raw: bytes) -> None:
    check(raw)


@given(st.text(max_size=2000))
@examples(300)
def test_quotes_are_folded_and_never_cut(text: str) -> None:
    assert "".join(segment.text for segment in split(text)) == text


HTML = [
    "<a href='javascript:x'>",
    "<svg onload=x>",
    "<img src=x onerror=y>",
    "<script>",
    "</b>",
    "<table>",
    "<style>",
]


@given(
    st.lists(st.sampled_from([*HTML, *(word.decode("latin-1") for word in WORDS)]), max_size=50).map("".join)
)
@examples(300)
def test_nothing_runs_or_fetches_after_sanitising(html: str) -> None:
    body = LexborHTMLParser(sanitise(html)).body
    assert body is not None
    for node in body.traverse():
        assert node.tag not in ("script", "style", "svg", "iframe", "object", "link", "meta", "form")
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "href") or str(value).startswith(("http", "cid:", "mailto:", "tel:"))


def bombs() -> dict[str, bytes]:
    plain = b"From: a@b.test\r\nContent-Type: text/plain\r\n\r\n"
    html = plain.replace(b"plain", b"html")
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(1000)
    )
    encoded = b"From: a@b.test\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    megabyte = {
        "quote marks": b">",
        "openers": b"On ",
        "bq": b"bq",
        "spaces": b" " * 50 + b"\r\n",
        "dashes": b"--\r\n",
        "fields": b"From: x\r\n",
        "attributions": b"On 1.1.2026 10:00 x wrote\r\n",
        "colons": b"a@b 10:00:\r\n",
    }
    tags = {
        name: b"<%s>" % name.encode()
        for name in ("div", "b", "blockquote", "table><tr><td", "a href=x", "!--")
    }
    return {
        "10 000 parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000,
        "1 000 levels": deep,
        "1 MB header": b"Subject: " + b"x" * 1_000_000 + b"\r\n\r\nx",
        "100 000 headers": b"X-A: b\r\n" * 100_000 + b"\r\nx",
        "encoded words": b"Subject: " + b"=?" * 1_000_000 + b"\r\n\r\nx",
        "50 MB base64": encoded + b"QUJD" * 12_500_000,
        "50 MB line": plain + b"x" * 50_000_000,
        "addresses": b"To: " + b"a@b, " * 20_000 + b"\r\n\r\n",
        "quotes in an address": b"To: " + b'"\\' * 30_000 + b"\r\n\r\n",
        "comments": b"To: " + b"(" * 60_000 + b"\r\n\r\n",
        "formatting and blocks": html + b"".join(b"<b id=%d>" % n for n in range(99)) + b"<p>x</p>" * 90_000,
        **{f"text of {name}": plain + piece * (1_000_000 // len(piece)) for name, piece in megabyte.items()},
        **{f"html of {name}": html + piece * (1_000_000 // len(piece)) for name, piece in tags.items()},
    }


@pytest.mark.parametrize("name", bombs().keys())
def test_a_bomb_is_read_in_time(name: str) -> None:
    """Security rows M7 and M8."""
    check(bombs()[name])
