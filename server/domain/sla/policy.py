"""What is promised, and to which tickets: ordered policies with conditions, and the terms they stand for.

Terms are a snapshot, calendars included, and never change: a target names the terms by which it is measured,
so that years later it can still be said why it was due when it was. Editing a policy makes new terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from server.domain.calendar import Calendar
from server.domain.events import Channel, Priority, Status, TargetName

PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent")


class Percent(msgspec.Struct, frozen=True, tag="percent"):
    """A mark at a share of the promised time; above 100 it lies after the due time."""

    percent: int


class Offset(msgspec.Struct, frozen=True, tag="offset"):
    """A mark so many minutes of the policy's time before (negative) or after the due time."""

    minutes: int


Mark = Percent | Offset


class NotifyAgents(msgspec.Struct, frozen=True, tag="notify_agents"):
    """Tell these agents."""

    agent_ids: tuple[UUID, ...]


class NotifyTeam(msgspec.Struct, frozen=True, tag="notify_team"):
    """Tell the members of a team; None for the ticket's own."""

    team_id: UUID | None = None


class NotifyAssignee(msgspec.Struct, frozen=True, tag="notify_assignee"):
    """Tell whoever has the ticket."""


class Reassign(msgspec.Struct, frozen=True, tag="reassign"):
    """Give the ticket to an agent, a team or both; what is None stays, except that another team's ticket is
    nobody's until somebody takes it."""

    agent_id: UUID | None = None
    team_id: UUID | None = None


class RaisePriority(msgspec.Struct, frozen=True, tag="raise_priority"):
    """Raise the priority; a ticket that has this one or a higher stays as it is."""

    priority: Priority


class PutTag(msgspec.Struct, frozen=True, tag="add_tag"):
    """Put a tag on."""

    tag_id: UUID


class CallWebhook(msgspec.Struct, frozen=True, tag="call_webhook"):
    """Call one of the workspace's outgoing webhooks."""

    webhook_id: UUID


Action = NotifyAgents | NotifyTeam | NotifyAssignee | Reassign | RaisePriority | PutTag | CallWebhook


class Step(msgspec.Struct, frozen=True):
    """Something to do at a mark; without actions it is a warning. Its id survives edits of the policy."""

    id: UUID
    mark: Mark
    actions: tuple[Action, ...] = ()

    def threshold(self, needed: timedelta) -> timedelta:
        """After how much spent time it comes."""
        if isinstance(self.mark, Percent):
            return needed * self.mark.percent / 100
        return max(needed + timedelta(minutes=self.mark.minutes), timedelta())


class Pause(msgspec.Struct, frozen=True):
    """A status in which a clock stands still, for one reason or (None) for any."""

    status: Status
    reason_id: UUID | None = None


ReopenRule = Literal["continue", "restart"]


class Promise(msgspec.Struct, frozen=True):
    """One target of a policy: how much time, by which calendar (None: all time counts), and what stops it."""

    target: TargetName
    needed: timedelta
    calendar: Calendar | None = None
    calendar_id: UUID | None = None
    pauses: tuple[Pause, ...] = ()
    on_reopen: ReopenRule = "continue"
    steps: tuple[Step, ...] = ()

    def pauses_in(self, status: Status, reason_id: UUID | None) -> bool:
        """Whether its clock stands still in a status."""
        return any(pause.status == status and pause.reason_id in (None, reason_id) for pause in self.pauses)


class Terms(msgspec.Struct, frozen=True):
    """What a policy promised from `made_at` on; never changed afterwards."""

    id: UUID
    policy_id: UUID
    promises: tuple[Promise, ...]
    made_at: datetime

    def find(self, target: TargetName) -> Promise | None:
        """What it promises of one kind; None when nothing."""
        return next((promise for promise in self.promises if promise.target == target), None)

    def find_step(self, step_id: UUID) -> Step | None:
        """One of its steps."""
        return next((step for one in self.promises for step in one.steps if step.id == step_id), None)


class CustomerFacts(msgspec.Struct, frozen=True):
    """What policies may ask about a customer; `changed_at` is when it last became so."""

    company: str = ""
    tier: str = ""
    language: str = ""
    fields: Mapping[str, str] = {}
    changed_at: datetime | None = None


Customers = Mapping[UUID, CustomerFacts]


class FieldIs(msgspec.Struct, frozen=True):
    """A custom field of the customer has one of these values."""

    name: str
    values: tuple[str, ...]


class Judged(Protocol):
    """What of a ticket a policy may ask about."""

    @property
    def inbox_id(self) -> UUID: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def team_id(self) -> UUID | None: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def tag_ids(self) -> tuple[UUID, ...]: ...
    @property
    def customer_id(self) -> UUID: ...


class Conditions(msgspec.Struct, frozen=True):
    """Which tickets: of each kind that is given, one must hold; texts are compared without regard to case."""

    inbox_ids: tuple[UUID, ...] = ()
    channels: tuple[Channel, ...] = ()
    team_ids: tuple[UUID, ...] = ()
    priorities: tuple[Priority, ...] = ()
    tag_ids: tuple[UUID, ...] = ()
    companies: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    fields: tuple[FieldIs, ...] = ()

    @property
    def judges_customers(self) -> bool:
        """Whether the customer must be known to decide."""
        return bool(self.companies or self.tiers or self.languages or self.fields)

    def hold(self, ticket: Judged, customer: CustomerFacts) -> bool:
        """Whether a ticket is meant."""
        return (
            (not self.inbox_ids or ticket.inbox_id in self.inbox_ids)
            and (not self.channels or ticket.channel in self.channels)
            and (not self.team_ids or ticket.team_id in self.team_ids)
            and (not self.priorities or ticket.priority in self.priorities)
            and (not self.tag_ids or any(tag in self.tag_ids for tag in ticket.tag_ids))
            and _among(customer.company, self.companies)
            and _among(customer.tier, self.tiers)
            and _speaks(customer.language, self.languages)
            and all(_among(customer.fields.get(one.name, ""), one.values) for one in self.fields)
        )


def _among(value: str, wanted: Sequence[str]) -> bool:
    return not wanted or value.casefold() in (each.casefold() for each in wanted)


def _speaks(tag: str, wanted: Sequence[str]) -> bool:
    """Whether a language is one of those, `de` meaning `de-AT` too (RFC 4647 §3.3.1)."""
    spoken = tag.casefold()
    return not wanted or any(
        spoken == each.casefold() or spoken.startswith(f"{each.casefold()}-") for each in wanted
    )


class Policy(msgspec.Struct, frozen=True):
    """An active policy, in its place among the others."""

    id: UUID
    name: str
    conditions: Conditions
    terms: Terms


_NOBODY = CustomerFacts()


def first_matching(policies: Iterable[Policy], ticket: Judged, customers: Customers) -> Terms | None:
    """The terms of the first policy that means the ticket; None when none does."""
    customer = customers.get(ticket.customer_id, _NOBODY)
    return next((one.terms for one in policies if one.conditions.hold(ticket, customer)), None)
