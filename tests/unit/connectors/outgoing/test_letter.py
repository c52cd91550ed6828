"""A reply in the store to the mail that leaves: who gets it, and what an automatic one keeps to itself."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from connectors.mail.address import subject_number
from connectors.mail.compose import compose
from connectors.mail.parse import parse
from connectors.outgoing.letter import letter, recipients, return_path
from server.domain.inbound import Person
from server.domain.resources import InboxSettings
from server.store.outgoing import Reply, Told

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
WORKSPACE = UUID(int=1)
REPLY = Reply(
    number=7,
    subject="Printer",
    customer_name="Carla",
    customer_email="carla@customer.test",
    author_name="Bob",
    content="Hello",
    content_html=None,
    created_at=AT,
    queued_at=AT,
    automatic=False,
    inbox_name="Support",
    address="support@example.test",
    settings=InboxSettings(
        template="Dear {{customer_name}},\n{{reply}}", quote=True, bcc=["archive@example.test"]
    ),
    secrets=None,
    thread=(("1@customer.test", False),),
    copied=(
        Person("Dora", "dora@customer.test"),
        Person("Carla", "Carla@customer.test"),
        Person("Us", "support+tag@example.test"),
    ),
    quoted=(Told("Carla", "My printer burns", AT),),
)


def with_(**changes: object) -> Reply:
    return msgspec.structs.replace(REPLY, **changes)


def test_participants_get_copies_and_the_record_a_blind_one() -> None:
    mail = letter(REPLY, WORKSPACE, "m@x", (), b"secret")
    got = parse(compose(mail))
    assert [person.email for person in (*got.to, *got.cc)] == ["carla@customer.test", "dora@customer.test"]
    assert recipients(mail, ["archive@example.test", "dora@customer.test"]) == [
        "carla@customer.test",
        "dora@customer.test",
        "archive@example.test",
    ]
    assert b"archive" not in compose(mail)
    assert return_path(mail) == "support@example.test"
    assert got.text.startswith(
        "Dear Carla,\n\nHello\n\nOn Sun, 22 Nov 2026 at 06:00, Carla wrote:\n> My printer"
    )


def test_a_customers_name_is_no_link_wherever_it_is_repeated() -> None:
    """Security row X4: what one participant is called is read by the others."""
    evil = msgspec.structs.replace(
        REPLY, customer_name="https://evil.example", quoted=(Told("www.evil.example", "Hello", AT),)
    )
    mail = letter(evil, WORKSPACE, "2@desk.test", (), b"secret")
    for text in (mail.text, mail.html or ""):
        assert "evil_example" in text
        assert "evil.example" not in text


def test_the_subject_names_the_ticket_once_however_often_it_was_answered() -> None:
    first = letter(REPLY, WORKSPACE, "m@x", (), b"secret").subject
    again = letter(with_(subject=f"AW: {first}"), WORKSPACE, "m@x", (), b"secret").subject
    assert first == again
    assert first.startswith("Re: Printer [#7-")
    assert subject_number(first, b"secret", WORKSPACE) == 7
    assert letter(with_(thread=()), WORKSPACE, "m@x", (), b"secret").subject.startswith("Printer [#7-")


def test_an_automatic_answer_says_so_and_repeats_nothing_that_the_sender_wrote() -> None:
    hostile = with_(
        automatic=True,
        author_name="",
        subject="BUY https://spam.example",
        customer_name="https://spam.example",
        content="We have your message.",
    )
    mail = letter(hostile, WORKSPACE, "m@x", (), b"secret")
    raw = compose(mail)
    for line in (b"Auto-Submitted: auto-replied", b"X-Auto-Response-Suppress: All", b"Precedence: bulk"):
        assert b"\r\n" + line + b"\r\n" in raw
    got = parse(raw)
    assert b"spam" not in raw
    assert "burns" not in got.text
    assert got.auto is not None
    assert recipients(mail, ["archive@example.test"]) == ["carla@customer.test"]
    assert return_path(mail) == ""
    assert got.in_reply_to == "1@customer.test"
