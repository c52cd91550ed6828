"""Law 5. Any bytes give an inbound message, in bounded time, and every text in it can be stored."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from connectors.mail.parse import parse
from connectors.mail.quote import split
from connectors.mail.sanitise import sanitise
from connectors.mail.show import shown_html
from server.domain.inbound import InboundMessage
from tests.laws.budget import examples
from tests.laws.stored import unstorable

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


def check(raw: bytes) -> InboundMessage:
    began = time.thread_time()
    message = parse(raw)
    shown = shown_html(message, {}) or ""
    assert time.thread_time() - began < MAX_SECONDS
    assert not unstorable(message)
    assert not unstorable(shown)
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
