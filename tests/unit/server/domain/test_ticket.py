"""The ticket decides what a command makes happen, and folds what happened. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.domain.commands import (
    AddInteraction,
    AssignTicket,
    ChangeStatus,
    ChangeTicket,
    Command,
    NewInteraction,
    OpenTicket,
    RingClock,
)
from server.domain.deciding import decide, decide_opening
from server.domain.desk import Desk, Inbox
from server.domain.errors import Conflict, DraftSent, Invalid, NotFound, NotPermitted, TicketClosed
from server.domain.events import (
    Event,
    InteractionAdded,
    PriorityChanged,
    Recorded,
    SlaBreached,
    SlaMet,
    SlaStarted,
    StatusChanged,
    SubjectChanged,
    TagAdded,
    TagRemoved,
    TicketAssigned,
    TicketOpened,
)
from server.domain.identity import Actor, Agent, Customer, System
from server.domain.sla.plain import plain_promises
from server.domain.sla.policy import Conditions, Policy, Terms
from server.domain.ticket import Ticket, apply, opened, place

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HERE, CHAT, TEAM, VIC, VISIT, TICKET = (UUID(int=number) for number in range(1, 7))
TAGS = [UUID(int=number) for number in (21, 22, 23)]
BOB = Agent(HERE, UUID(int=11), "Bob", "agent", frozenset({CHAT}))
LOU = Agent(HERE, UUID(int=12), "Lou", "light_agent", frozenset({CHAT}))
OLGA = Agent(HERE, UUID(int=13), "Olga", "agent")
OLGA_HERE = Agent(HERE, UUID(int=13), "Olga", "agent", frozenset({CHAT}))
CUSTOMER = Customer(HERE, VIC, "Vic", VISIT, CHAT)
PARLEY = System(HERE)
TERMS = Terms(
    UUID(int=32),
    UUID(int=31),
    plain_promises(UUID(int=31), timedelta(minutes=10), timedelta(hours=1)),
    NOW,
)
DESK = Desk(
    HERE,
    1,
    {agent.id: agent for agent in (BOB, LOU, OLGA)},
    {TEAM: "First line"},
    {CHAT: Inbox(CHAT, "Website", "chat")},
    dict.fromkeys(TAGS, "tag"),
    (Policy(UUID(int=31), "Urgent", Conditions(priorities=("urgent",)), TERMS),),
    {TERMS.id: TERMS},
)
HELLO = NewInteraction(UUID(int=41), "message", "Hello")
NOTE = NewInteraction(UUID(int=42), "note", "Hm")


def opening(**changes: Any) -> OpenTicket:
    return OpenTicket(**{
        "ticket_id": TICKET, "inbox_id": CHAT, "channel": "chat", "customer_id": VIC, "subject": "Hello",
        "first": HELLO, "visitor_id": VISIT, **changes,
    })  # fmt: skip


def born(**changes: Any) -> Ticket:
    first, *rest = decide_opening(CUSTOMER, opening(**changes), 7, DESK, NOW)
    ticket = opened(HERE, Recorded(TICKET, 1, 1, NOW, "customer", VIC, first))
    return after(ticket, CUSTOMER, rest)


def after(ticket: Ticket, actor: Actor, events: list[Event], at: datetime = NOW) -> Ticket:
    for event in events:
        ticket = apply(ticket, place(ticket, actor, event, at))
    return ticket


def did(ticket: Ticket, actor: Actor, command: Command, at: datetime = NOW) -> tuple[list[Event], Ticket]:
    events = decide(ticket, actor, command, DESK, at)
    return events, after(ticket, actor, events, at)


def test_an_opening_is_the_ticket_then_what_was_said_then_its_clocks() -> None:
    events = decide_opening(CUSTOMER, opening(priority="urgent", tag_ids=(TAGS[1], TAGS[0])), 7, DESK, NOW)
    assert [type(event) for event in events] == [TicketOpened, InteractionAdded, SlaStarted, SlaStarted]
    ticket = born(priority="urgent", tag_ids=(TAGS[1], TAGS[0]))
    assert (ticket.number, ticket.status, ticket.priority, ticket.tag_ids) == (
        7,
        "new",
        "urgent",
        tuple(TAGS[:2]),
    )
    assert (ticket.seq, ticket.public_seq) == (4, 2)


def test_an_opening_names_only_what_is_there() -> None:
    with pytest.raises(Invalid):
        decide_opening(CUSTOMER, opening(tag_ids=(UUID(int=99),)), 1, DESK, NOW)
    with pytest.raises(NotFound):
        decide_opening(BOB, opening(inbox_id=UUID(int=99)), 1, DESK, NOW)
    with pytest.raises(NotFound):
        decide_opening(CUSTOMER, opening(inbox_id=UUID(int=99)), 1, DESK, NOW)
    with pytest.raises(Conflict):
        decide(born(), CUSTOMER, opening(), DESK, NOW)


def test_a_message_of_an_agent_changes_no_status_and_meets_the_first_response() -> None:
    events, ticket = did(born(priority="urgent"), BOB, AddInteraction(TICKET, HELLO))
    assert events == [InteractionAdded(HELLO.id, "message"), SlaMet("first_response", NOW, timedelta())]
    assert ticket.status == "new"
    assert did(ticket, BOB, AddInteraction(TICKET, HELLO))[0] == [InteractionAdded(HELLO.id, "message")]


@pytest.mark.parametrize(
    ("status", "reopens"),
    [("new", False), ("open", False), ("pending", True), ("on_hold", False), ("resolved", True)],
)
def test_a_customer_who_writes_brings_a_ticket_back(status: Any, reopens: bool) -> None:
    ticket = born() if status == "new" else did(born(), BOB, ChangeStatus(TICKET, status))[1]
    events, ticket = did(ticket, CUSTOMER, AddInteraction(TICKET, HELLO))
    said = InteractionAdded(HELLO.id, "message")
    assert events == ([said, StatusChanged("open", status)] if reopens else [said])


def test_a_closed_ticket_takes_notes_only() -> None:
    ticket = did(born(), BOB, ChangeStatus(TICKET, "closed"))[1]
    for actor in (CUSTOMER, BOB, PARLEY):
        with pytest.raises(TicketClosed):
            did(ticket, actor, AddInteraction(TICKET, HELLO))
    assert did(ticket, LOU, AddInteraction(TICKET, NOTE))[0] == [InteractionAdded(NOTE.id, "note")]


def test_a_draft_is_sent_once_and_raises_its_generation() -> None:
    events, ticket = did(born(), BOB, AddInteraction(TICKET, HELLO, draft=1))
    assert events == [InteractionAdded(HELLO.id, "message", draft=2)]
    assert ticket.draft_generation == 2
    for stale in (1, 3):
        with pytest.raises(DraftSent):
            did(ticket, OLGA_HERE, AddInteraction(TICKET, HELLO, draft=stale))
    assert did(ticket, BOB, AddInteraction(TICKET, HELLO))[1].draft_generation == 2
    assert did(ticket, OLGA_HERE, AddInteraction(TICKET, HELLO, draft=2))[1].draft_generation == 3


def test_a_draft_is_a_reply_of_those_who_may_write_one() -> None:
    with pytest.raises(NotFound):
        did(born(), CUSTOMER, AddInteraction(TICKET, HELLO, draft=1))
    with pytest.raises(NotPermitted):
        did(born(), LOU, AddInteraction(TICKET, NOTE, draft=1))
    with pytest.raises(Invalid):
        did(born(), BOB, AddInteraction(TICKET, NOTE, draft=1))


def test_a_note_has_no_public_number_and_answers_nobody() -> None:
    ticket = born(priority="urgent")
    events, noted = did(ticket, BOB, AddInteraction(TICKET, NOTE))
    assert events == [InteractionAdded(NOTE.id, "note")]
    assert (noted.seq, noted.public_seq) == (ticket.seq + 1, ticket.public_seq)


def test_the_same_status_again_is_nothing_and_new_is_over_once_touched() -> None:
    ticket = born()
    assert did(ticket, BOB, ChangeStatus(TICKET, "new"))[0] == []
    events, ticket = did(ticket, BOB, ChangeStatus(TICKET, "open"))
    assert events == [StatusChanged("open", "new")]
    with pytest.raises(Invalid):
        did(ticket, BOB, ChangeStatus(TICKET, "new"))


def test_an_assignment_leaves_alone_what_it_does_not_name() -> None:
    events, ticket = did(born(), BOB, AssignTicket(TICKET, BOB.id, TEAM))
    assert events == [TicketAssigned(BOB.id, TEAM)]
    assert did(ticket, BOB, AssignTicket(TICKET, BOB.id))[0] == []
    assert did(ticket, BOB, AssignTicket(TICKET, None))[0] == [TicketAssigned(None, TEAM)]
    assert did(ticket, BOB, AssignTicket(TICKET, team_id=None))[0] == [TicketAssigned(BOB.id, None)]


@pytest.mark.parametrize(
    "command",
    [
        AssignTicket(TICKET, UUID(int=99)),
        AssignTicket(TICKET, OLGA.id),
        AssignTicket(TICKET, LOU.id),
        AssignTicket(TICKET, team_id=UUID(int=99)),
        ChangeTicket(TICKET, tag_ids=frozenset({UUID(int=99)})),
    ],
)
def test_what_is_not_there_is_not_assigned(command: Command) -> None:
    with pytest.raises(Invalid):
        did(born(), BOB, command)


def test_tags_are_a_whole_new_set_in_order() -> None:
    events, ticket = did(born(tag_ids=(TAGS[0],)), BOB, ChangeTicket(TICKET, tag_ids=frozenset(TAGS[1:])))
    assert events == [TagRemoved(TAGS[0]), TagAdded(TAGS[1]), TagAdded(TAGS[2])]
    assert ticket.tag_ids == tuple(TAGS[1:])


def test_a_priority_brings_its_clocks_and_a_subject_its_event() -> None:
    events, ticket = did(born(), BOB, ChangeTicket(TICKET, subject="New", priority="urgent"))
    assert [type(event) for event in events] == [SubjectChanged, PriorityChanged, SlaStarted, SlaStarted]
    assert [target.started_at for target in ticket.targets] == [NOW, NOW]
    assert did(ticket, BOB, ChangeTicket(TICKET, priority="urgent"))[0] == []


def test_only_parley_records_what_its_clocks_say() -> None:
    ticket = born(priority="urgent")
    due = NOW + timedelta(minutes=10)
    warning = ticket.targets[0].rings[0]
    _, ticket = did(ticket, PARLEY, RingClock(TICKET, "first_response", warning.at), warning.at)
    breach = RingClock(TICKET, "first_response", due)
    assert did(ticket, PARLEY, breach, due)[0] == [SlaBreached("first_response", due)]
    for actor in (BOB, CUSTOMER):
        with pytest.raises(NotPermitted):
            did(ticket, actor, breach, due)


@pytest.mark.parametrize(
    "command", [ChangeStatus(TICKET, "open"), AssignTicket(TICKET, None), ChangeTicket(TICKET, subject="x")]
)
def test_who_may_not_is_refused_before_anything_else(command: Command) -> None:
    for actor, refusal in ((CUSTOMER, NotFound), (OLGA, NotFound), (LOU, NotPermitted)):
        with pytest.raises(refusal):
            did(born(), actor, command)


def test_events_are_folded_one_after_the_other() -> None:
    ticket = born()
    said = InteractionAdded(HELLO.id, "message")
    with pytest.raises(ValueError, match="cannot follow"):
        apply(ticket, Recorded(TICKET, ticket.seq + 2, 9, NOW, "agent", BOB.id, said))
    with pytest.raises(ValueError, match="cannot follow"):
        apply(ticket, Recorded(TICKET, ticket.seq, 9, NOW, "agent", BOB.id, said))
    first = TicketOpened(1, CHAT, "chat", VIC, VISIT, "normal")
    with pytest.raises(ValueError, match="opened once"):
        apply(ticket, Recorded(TICKET, ticket.seq + 1, 3, NOW, "agent", BOB.id, first))
    with pytest.raises(ValueError, match="opening"):
        opened(HERE, Recorded(TICKET, 1, 1, NOW, "agent", BOB.id, said))
