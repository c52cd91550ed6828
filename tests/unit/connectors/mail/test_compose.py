"""Replies: what goes in comes out of a parser again, and no text becomes a header (security row M6)."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from connectors.mail.compose import BadAddress, File, Outgoing, compose, reply_subject
from connectors.mail.parse import parse
from server.domain.inbound import Person

REPLY = Outgoing(
    sender=Person("Support", "support@example.test"),
    to=Person("Carla", "carla@customer.test"),
    subject="Re: Printer",
    text="Hello",
    date=datetime(2026, 11, 22, 6, tzinfo=UTC),
    message_id="out@example.test",
)


def with_(**changes: object) -> Outgoing:
    fields = {name: getattr(REPLY, name) for name in REPLY.__struct_fields__}
    return Outgoing(**{**fields, **changes})


def test_it_reads_back_as_it_was_written() -> None:
    written = with_(
        sender=Person('Süpport, "Team"', "support@example.test"),
        subject="Re: Größe 🎉 " * 20,
        text="Grüße\n.\n> kein Zitat\n" + "x" * 2000,
        reply_to="support+token@example.test",
        in_reply_to="1@c",
        references=("0@c", "1@c"),
        files=(File("Käse.pdf", "application/pdf", b"%PDF"), File("a.eml", "message/rfc822", b"x")),
    )
    got = parse(compose(written))
    assert (got.sender, got.to) == (written.sender, (written.to,))
    assert got.subject == written.subject.strip()
    assert got.text == written.text
    assert (got.in_reply_to, got.references, got.message_id) == ("1@c", ("0@c", "1@c"), "out@example.test")
    assert [(a.name, a.type, a.data) for a in got.attachments] == [
        ("Käse.pdf", "application/pdf", b"%PDF"),
        ("a.eml", "application/octet-stream", b"x"),
    ]
    assert got.defects == ()


HOSTILE = [
    "x\r\nBcc: evil@x.test",
    "x\nBcc: evil@x.test",
    "x\r\n\r\nbody",
    "x\u2028Bcc: evil@x.test",
    "=?utf-8?q?x=0D=0ABcc:_evil@x.test?=",
    'x" <evil@x.test>, "y',
    "x" * 10_000,
    "\x00\x1b[0m",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_header_or_a_recipient(text: str) -> None:
    raw = compose(with_(sender=Person(text, "s@x.test"), to=Person(text, "c@x.test"), subject=text))
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    expected = [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type"]
    assert sorted(names) == sorted(expected)
    judge = message_from_bytes(raw, policy=policy.default)
    assert [address.addr_spec for address in judge["To"].addresses] == ["c@x.test"]
    assert all(len(line) < 998 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "address", ["", "x", "a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>", "a b@c", 'a"@b', "a@b\u2028"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        compose(with_(to=Person("Carla", address)))


def test_long_threads_keep_their_first_and_their_newest_mails() -> None:
    references = tuple(f"{'x' * 80}{number}@c" for number in range(200))
    got = parse(compose(with_(references=references)))
    assert len(got.references) == 30
    assert (got.references[0], got.references[-1]) == (references[0], references[-1])


@pytest.mark.parametrize(
    ("subject", "reply"),
    [("Hi", "Re: Hi"), ("Re: Hi", "Re: Hi"), ("AW: RE: Re[2]: Hi", "Re: Hi"), ("", "Re: your message")],
)
def test_there_is_one_re(subject: str, reply: str) -> None:
    assert reply_subject(subject) == reply
