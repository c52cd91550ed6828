"""A ticket under policies that a test says in a few words, moved on by what happens to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from server.domain.commands import (
    AddInteraction,
    ApplyPolicies,
    ChangeStatus,
    ChangeTicket,
    Command,
    NewInteraction,
    OpenTicket,
    RingClock,
)
from server.domain.deciding import decide, decide_opening
from server.domain.desk import Desk, Inbox
from server.domain.events import Event, Priority, Recorded, SlaEvent, Status, TargetName, changes_clock
from server.domain.identity import Actor, Agent, Customer, System
from server.domain.sla.plain import plain_promises
from server.domain.sla.policy import Conditions, CustomerFacts, Policy, Promise, Terms
from server.domain.sla.target import Target, find
from server.domain.ticket import Ticket, apply, opened, place

OPENED = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday
HERE, INBOX, VIC, TICKET = (UUID(int=number) for number in range(1, 5))
BOB = Agent(HERE, UUID(int=11), "Bob", "agent", frozenset({INBOX}))
CUSTOMER = Customer(HERE, VIC, "Vic")
MACHINE = Customer(HERE, VIC, "Vic", automatic=True)
CLOCK = System(HERE)
EVERY_TICKET = Conditions()


def at(minutes: float) -> datetime:
    """So many minutes after the opening."""
    return OPENED + timedelta(minutes=minutes)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def policy(
    number: int,
    promises: Sequence[Promise] = (),
    conditions: Conditions = EVERY_TICKET,
    *,
    made: float = -60,
    version: int = 0,
) -> Policy:
    """A policy with terms of its own; another version is the same policy after an edit."""
    terms = Terms(UUID(int=number * 100 + version), UUID(int=number), tuple(promises), at(made))
    return Policy(UUID(int=number), f"policy {number}", conditions, terms)


def plain(
    number: int,
    first_response: float | None = None,
    resolution: float | None = None,
    next_response: float | None = None,
    conditions: Conditions = EVERY_TICKET,
) -> Policy:
    """A policy in minutes."""
    times = [None if each is None else minutes(each) for each in (first_response, resolution, next_response)]
    return policy(number, plain_promises(UUID(int=number), times[0], times[1], 80, times[2]), conditions)


class Promised:
    """A ticket and the policies of its desk."""

    def __init__(
        self,
        *policies: Policy,
        by: Customer = CUSTOMER,
        priority: Priority = "normal",
        customers: Mapping[UUID, CustomerFacts] | None = None,
    ) -> None:
        self._terms: dict[UUID, Terms] = {}
        self.customers = dict(customers or {})
        self.desk = Desk(HERE, 1, {BOB.id: BOB}, {}, {INBOX: Inbox(INBOX, "Mail", "email")})
        self.governed_by(*policies, changed=None)
        first = NewInteraction(UUID(int=99), "message", "Hello")
        command = OpenTicket(TICKET, INBOX, "email", VIC, "Help", first, priority=priority)
        begun, *rest = decide_opening(by, command, 1, self.desk, OPENED, self.customers)
        self.records = [Recorded(TICKET, 1, 1, OPENED, by.type, by.id, begun)]
        self.ticket: Ticket = opened(HERE, self.records[0])
        self.begun = self._fold(by, rest, OPENED)

    def governed_by(self, *policies: Policy, changed: float | None) -> None:
        """The desk has these policies, since some minute."""
        self._terms |= {one.terms.id: one.terms for one in policies}
        self.desk = msgspec.structs.replace(
            self.desk,
            policies=policies,
            terms=dict(self._terms),
            policies_changed_at=None if changed is None else at(changed),
            judges_customers=True,
            promises_next_response=any(one.terms.find("next_response") for one in policies),
        )

    def _fold(self, actor: Actor, events: Sequence[Event], now: datetime) -> list[SlaEvent]:
        clocks: list[SlaEvent] = []
        for event in events:
            record = place(self.ticket, actor, event, now)
            self.records.append(record)
            self.ticket = apply(self.ticket, record)
            if changes_clock(event):
                clocks.append(event)  # type: ignore[arg-type]
        return clocks

    def does(self, actor: Actor, command: Command, when: float) -> list[SlaEvent]:
        """What a command does to the clocks."""
        events = decide(self.ticket, actor, command, self.desk, at(when), self.customers)
        return self._fold(actor, events, at(when))

    def moves(self, status: Status, when: float, reason_id: UUID | None = None) -> list[SlaEvent]:
        return self.does(BOB, ChangeStatus(TICKET, status, reason_id), when)

    def says(self, actor: Actor, when: float) -> list[SlaEvent]:
        said = NewInteraction(UUID(int=1000 + len(self.records)), "message", "Hm")
        return self.does(actor, AddInteraction(TICKET, said), when)

    def answered(self, when: float) -> list[SlaEvent]:
        return self.says(BOB, when)

    def asked(self, when: float) -> list[SlaEvent]:
        return self.says(CUSTOMER, when)

    def has_priority(self, priority: Priority, when: float) -> list[SlaEvent]:
        return self.does(BOB, ChangeTicket(TICKET, priority=priority), when)

    def looks_again(self, when: float) -> list[SlaEvent]:
        """The policies are applied to it anew."""
        return self.does(CLOCK, ApplyPolicies(TICKET), when)

    def rings(self, name: TargetName, rung: float, when: float | None = None) -> list[SlaEvent]:
        return self.does(CLOCK, RingClock(TICKET, name, at(rung)), rung if when is None else when)

    def rings_all(self, when: float) -> list[SlaEvent]:
        """Every alarm that is over by then, one after the other, in time."""
        events: list[SlaEvent] = []
        while due := sorted(
            (target.next_at, target.target)
            for target in self.ticket.targets
            if target.next_at is not None and target.next_at <= at(when)
        ):
            events += self.does(CLOCK, RingClock(TICKET, due[0][1], due[0][0]), when)
        return events

    def of(self, name: TargetName) -> Target:
        target = find(self.ticket.targets, name)
        assert target is not None
        return target
