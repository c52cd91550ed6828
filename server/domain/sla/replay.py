"""What would have happened: a ticket's log once more, under other rules.

What people did stays as it was; what followed for the clocks is decided anew, by the functions that decide it
when it happens, and every clock rings in time. What a step of a policy once did to the ticket is taken away,
and what the steps of the other rules do comes in its place. Nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from server.domain.commands import RingClock
from server.domain.deciding import clocks_after, clocks_at_opening, decide
from server.domain.desk import Desk
from server.domain.events import (
    Event,
    InteractionAdded,
    PriorityChanged,
    Recorded,
    StatusChanged,
    SubjectChanged,
    TagAdded,
    TagRemoved,
    TicketAssigned,
    is_public,
)
from server.domain.identity import ActorType, System
from server.domain.sla.history import Done, commands
from server.domain.sla.policy import Customers
from server.domain.sla.reaction import Heard
from server.domain.ticket import Ticket, apply, opened

MAX_RINGS = 10_000  # of a ticket between two commands
_SAID = (InteractionAdded, SubjectChanged)


class Endless(Exception):
    """A ticket that rings more often than any policy can ask for."""


def replay(
    records: Sequence[Recorded],
    desk: Desk,
    customers: Customers,
    until: datetime,
    by_machines: Collection[UUID] = (),
) -> list[Recorded]:
    """All that would have been written about a ticket by `until`, had the desk been like this.

    `by_machines` are the interactions that nobody wrote. Raises ValueError for what is no ticket's log.
    """
    first, *others = commands(records)
    again = _Again(first, desk, customers, by_machines)
    for done in others:
        again.rings_until(done.at)
        again.happens(done)
    again.rings_until(until)
    return again.records


class _Again:
    """The ticket as it would be."""

    def __init__(self, first: Done, desk: Desk, customers: Customers, by_machines: Collection[UUID]) -> None:
        self._desk = desk
        self._customers = customers
        self._by_machines = by_machines
        self._clock = System(desk.workspace_id)
        begun, *rest = first.asked_for
        self.records = [begun]
        self._ticket = opened(desk.workspace_id, begun)
        at_opening = self._ticket
        self._take(first, [record.event for record in rest])
        if not any(_is_by(record, by_machines) for record in rest):
            self._take(first, clocks_at_opening(at_opening, desk, first.at, customers))

    def _take(self, done: Done, events: Iterable[Event]) -> None:
        for event in events:
            self._write(done.at, done.actor_type, done.actor_id, event)

    def _write(self, at: datetime, actor_type: ActorType, actor_id: UUID | None, event: Event) -> None:
        ticket = self._ticket
        public_seq = ticket.public_seq + 1 if is_public(event) else None
        record = Recorded(ticket.id, ticket.seq + 1, public_seq, at, actor_type, actor_id, event)
        self.records.append(record)
        self._ticket = apply(ticket, record)

    def rings_until(self, until: datetime) -> None:
        """Every clock rings that would have by then, earliest first."""
        for _ in range(MAX_RINGS):
            armed = [(one.next_at, one.target) for one in self._ticket.targets if one.next_at is not None]
            if not armed or min(armed)[0] > until:
                return
            at, name = min(armed)
            rung = RingClock(self._ticket.id, name, at)
            for event in decide(self._ticket, self._clock, rung, self._desk, at, self._customers):
                self._write(at, "system", None, event)
        raise Endless

    def happens(self, done: Done) -> None:
        """What a command asked for, as far as it still is a change, and what would have followed."""
        before = self._ticket
        asked_for = done.asked_for
        self._take(done, (record.event for record in asked_for if _changes(before, record.event)))
        if self._ticket is before:
            return
        heard = self._heard(asked_for)
        if heard != Heard() or not all(isinstance(record.event, _SAID) for record in asked_for):
            events = clocks_after(before, self._ticket, heard, self._desk, done.at, self._customers)
            self._take(done, events)

    def _heard(self, asked_for: Sequence[Recorded]) -> Heard:
        """What was said, and by whom."""
        said = [record for record in asked_for if _is_message(record.event)]
        asked = (one for one in said if one.actor_type == "customer" and not _is_by(one, self._by_machines))
        answered = any(record.actor_type == "agent" for record in said)
        return Heard(answered=answered, asked=next(asked, None) is not None)


def _is_message(event: Event) -> bool:
    return isinstance(event, InteractionAdded) and event.interaction_type == "message"


def _is_by(record: Recorded, machines: Collection[UUID]) -> bool:
    return isinstance(record.event, InteractionAdded) and record.event.interaction_id in machines


def _changes(ticket: Ticket, event: Event) -> bool:
    """Whether what happened then would have changed the ticket as it is here."""
    match event:
        case StatusChanged(status=status, reason_id=reason_id):
            return (status, reason_id) != (ticket.status, ticket.status_reason_id)
        case PriorityChanged(priority=priority):
            return priority != ticket.priority
        case TicketAssigned(assignee_id=assignee_id, team_id=team_id):
            return (assignee_id, team_id) != (ticket.assignee_id, ticket.team_id)
        case TagAdded(tag_id=tag_id):
            return tag_id not in ticket.tag_ids
        case TagRemoved(tag_id=tag_id):
            return tag_id in ticket.tag_ids
        case _:
            return True
