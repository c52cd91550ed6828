"""A batch of commands is decided in its order, each seeing what those before it did. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server.domain.commands import (
    AddInteraction,
    ChangeStatus,
    ChangeTicket,
    Command,
    CommandKey,
    Envelope,
    NewInteraction,
    OpenTicket,
    RequestKey,
)
from server.domain.desk import Desk, Inbox
from server.domain.errors import Refusal
from server.domain.identity import Actor, Agent, Customer
from server.domain.interaction import Attachment
from server.domain.sla.plain import plain_promises
from server.domain.sla.policy import Conditions, Policy, Terms
from server.handle.decision import Batch, decide_all, wanted_by
from server.store.claim import Claimed, Kept, Said, Upload

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HERE, CHAT, FILE = (UUID(int=number) for number in (1, 2, 3))
VIC = Customer(HERE, UUID(int=5), "Vic", UUID(int=6), CHAT)
BOB = Agent(HERE, UUID(int=7), "Bob", "agent", frozenset({CHAT}))
TERMS = Terms(UUID(int=9), UUID(int=8), plain_promises(UUID(int=8), timedelta(minutes=10)), NOW)
POLICY = Policy(UUID(int=8), "Normal", Conditions(), TERMS)
DESK = Desk(HERE, 1, {BOB.id: BOB}, {}, {CHAT: Inbox(CHAT, "Site", "chat")}, {}, (POLICY,), {TERMS.id: TERMS})


def said(number: int, text: str = "Hello", client_id: str | None = None, **more: Any) -> NewInteraction:
    return NewInteraction(UUID(int=100 + number), "message", text, client_id=client_id, **more)


def open_ticket(number: int, **more: Any) -> OpenTicket:
    ticket_id = UUID(int=1000 + number)
    return OpenTicket(ticket_id, CHAT, "chat", VIC.id, "Hello", said(number, **more), VIC.visitor_id)


def batch(**seen: Any) -> Batch:
    return Batch(Claimed("1", 1, 41, **seen), DESK, NOW)


def decided(batch: Batch, *asked: tuple[Actor, Command] | Envelope) -> list[Any]:
    """Each outcome as its seq, public_seq and whether it repeats; each refusal as its code."""
    envelopes = [one if isinstance(one, Envelope) else Envelope(*one) for one in asked]
    return [
        verdict.code if isinstance(verdict, Refusal) else (verdict.seq, verdict.public_seq, verdict.repeated)
        for verdict in decide_all(batch, envelopes)
    ]


def test_a_ticket_opened_in_a_batch_is_there_for_what_follows() -> None:
    here = batch()
    first = open_ticket(1)
    assert decided(
        here,
        (VIC, first),
        (BOB, AddInteraction(first.ticket_id, said(2))),
        (VIC, AddInteraction(first.ticket_id, said(3))),
        (BOB, ChangeStatus(first.ticket_id, "closed")),
        (VIC, AddInteraction(first.ticket_id, said(4))),
    ) == [(2, 2, False), (4, 3, False), (6, 4, False), (7, 5, False), "ticket_closed"]
    ticket = here.changes.tickets[first.ticket_id]
    assert (ticket.number, ticket.seq, ticket.public_seq, ticket.status) == (42, 7, 5, "closed")
    assert [record.seq for record, _ in here.changes.happened] == list(range(1, 8))


def test_a_refusal_leaves_no_trace() -> None:
    here = batch()
    missing = UUID(int=9)
    assert decided(
        here,
        (BOB, AddInteraction(missing, said(1))),
        (VIC, open_ticket(1, attachment_ids=(FILE,))),
        Envelope(VIC, ChangeStatus(missing, "open"), CommandKey("s", "k", b"f")),
    ) == ["not_found", "invalid", "not_found"]
    assert not here.changes.happened and not here.changes.command_keys and not here.changes.opened
    assert decided(here, (VIC, open_ticket(2))) == [(2, 2, False)]
    assert here.changes.tickets[UUID(int=1002)].number == 42


def test_a_client_id_counts_within_ticket_and_author() -> None:
    here = batch()
    ticket_id = open_ticket(1).ticket_id
    assert decided(
        here,
        (VIC, open_ticket(1, client_id="c0")),
        (VIC, AddInteraction(ticket_id, said(2, client_id="c1"))),
        (VIC, AddInteraction(ticket_id, said(3, client_id="c1"))),
        (BOB, AddInteraction(ticket_id, said(4, client_id="c1"))),
        (VIC, AddInteraction(ticket_id, said(5, "Another", client_id="c1"))),
        (VIC, AddInteraction(ticket_id, said(6, client_id="c0"))),
    ) == [(2, 2, False), (4, 3, False), (4, 3, True), (5, 4, False), "duplicate_mismatch", (2, 2, True)]


def test_what_was_said_before_is_compared_with_what_is_said_again() -> None:
    first = batch()
    decided(first, (VIC, open_ticket(1, client_id="c1")))
    ticket = first.changes.tickets[UUID(int=1001)]
    known = {(ticket.id, VIC.id, "c1"): Said(ticket.id, 2, 2, "message", "Hello", ())}
    later = batch(tickets={ticket.id: ticket}, subjects={ticket.id: "Hello"}, said=known)
    again = AddInteraction(ticket.id, said(9, client_id="c1"))
    other = AddInteraction(ticket.id, said(9, "Other", client_id="c1"))
    assert decided(later, (VIC, again), (VIC, other)) == [(2, 2, True), "duplicate_mismatch"]
    assert not later.changes.happened


def test_of_two_who_send_a_draft_one_does_and_a_repeat_finds_the_first() -> None:
    here = batch()
    ticket_id = open_ticket(1).ticket_id
    assert decided(
        here,
        (VIC, open_ticket(1)),
        (BOB, AddInteraction(ticket_id, said(2, client_id="c1"), draft=1)),
        (BOB, AddInteraction(ticket_id, said(3, client_id="c2"), draft=1)),
        (BOB, AddInteraction(ticket_id, said(4, client_id="c1"), draft=1)),
        (BOB, AddInteraction(ticket_id, said(5, client_id="c3"))),
    ) == [(2, 2, False), (4, 3, False), "draft_sent", (4, 3, True), (6, 4, False)]
    assert here.changes.drafts == {ticket_id: 2}


def test_a_key_finds_the_first_result_and_another_fingerprint_is_refused() -> None:
    here = batch()
    keys = [CommandKey("chat", "k", fingerprint) for fingerprint in (b"1", b"1", b"2")]
    opened = [Envelope(VIC, open_ticket(number), key) for number, key in enumerate(keys)]
    assert decided(here, *opened) == [(2, 2, False), (2, 2, True), "duplicate_mismatch"]
    assert len(here.changes.command_keys) == len(here.changes.opened) == 1
    request = RequestKey(BOB.id, "k", b"1")
    ticket_id = UUID(int=1000)
    change = Envelope(BOB, ChangeTicket(ticket_id, subject="New"), request_key=request)
    assert decided(here, change, change) == [(4, None, False), (4, None, True)]


def test_a_key_of_before_names_the_ticket_of_before() -> None:
    first = batch()
    decided(first, (VIC, open_ticket(1)))
    ticket = first.changes.tickets[UUID(int=1001)]
    kept = {("chat", "k"): Kept(b"1", ticket.id, 2)}
    later = batch(tickets={ticket.id: ticket}, subjects={ticket.id: "Hello"}, command_keys=kept)
    envelope = Envelope(VIC, open_ticket(5), CommandKey("chat", "k", b"1"))
    assert decided(later, envelope) == [(2, 2, True)]
    assert not later.changes.opened


def test_a_file_goes_with_one_message_of_the_one_who_uploaded_it() -> None:
    upload = Upload(Attachment(FILE, "a.png", "image/png", 3), VIC.id)
    here = batch(uploads={FILE: upload})
    ticket_id = UUID(int=1001)
    assert decided(
        here,
        (VIC, open_ticket(1)),
        (BOB, AddInteraction(ticket_id, said(2, attachment_ids=(FILE,)))),
        (VIC, AddInteraction(ticket_id, said(3, attachment_ids=(FILE, FILE)))),
        (VIC, AddInteraction(ticket_id, said(4, attachment_ids=(FILE,)))),
        (VIC, AddInteraction(ticket_id, said(5, attachment_ids=(FILE,)))),
    ) == [(2, 2, False), "invalid", "invalid", (4, 3, False), "invalid"]


def test_a_version_that_was_not_seen_is_refused_and_an_agent_who_has_gone_too() -> None:
    here = batch()
    ticket_id = UUID(int=1001)
    gone = Agent(HERE, UUID(int=77), "Gone", "admin")
    assert decided(
        here,
        (VIC, open_ticket(1)),
        Envelope(BOB, ChangeStatus(ticket_id, "open"), expected_seq=2),
        Envelope(BOB, ChangeStatus(ticket_id, "open"), expected_seq=3),
        (gone, ChangeStatus(ticket_id, "closed")),
    ) == [(2, 2, False), "precondition_failed", (4, 3, False), "not_permitted"]


def test_time_never_runs_backwards_in_a_ticket() -> None:
    first = batch()
    decided(first, (VIC, open_ticket(1)))
    ticket = first.changes.tickets[UUID(int=1001)]
    early = Batch(
        Claimed("1", 1, 42, tickets={ticket.id: ticket}, subjects={ticket.id: ""}),
        DESK,
        NOW - timedelta(hours=1),
    )
    decided(early, (BOB, ChangeStatus(ticket.id, "open")))
    assert early.changes.happened[0][0].at == NOW


def test_what_a_batch_needs_is_claimed_before_it() -> None:
    ticket_id = UUID(int=1001)
    wanted = wanted_by(
        [
            Envelope(VIC, open_ticket(1, attachment_ids=(FILE,)), CommandKey("chat", "k", b"")),
            Envelope(VIC, AddInteraction(ticket_id, said(2, client_id="c"))),
            Envelope(BOB, ChangeStatus(ticket_id, "open"), request_key=RequestKey(BOB.id, "r", b"")),
        ]
    )
    assert (wanted.openings, wanted.tickets, wanted.uploads) == (1, {ticket_id}, {FILE})
    assert wanted.said == {(ticket_id, VIC.id, "c")}
    assert (wanted.command_keys, wanted.request_keys) == ({("chat", "k")}, {(BOB.id, "r")})
