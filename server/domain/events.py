"""What happened to a ticket: the closed vocabulary of events, and how they are written down.

Events name people and texts by id only, so that a person can be erased without rewriting the log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

import msgspec

from server.domain.identity import ActorType

Status = Literal["new", "open", "pending", "on_hold", "resolved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Channel = Literal["chat", "email", "api", "portal"]
InteractionType = Literal["message", "note"]
TargetName = Literal["first_response", "next_response", "resolution"]


class _Event(msgspec.Struct, frozen=True, tag_field="type"):
    """An event is a tagged struct; its tag is its name in the log and on the wire."""


class TicketOpened(_Event, frozen=True, tag="ticket_opened"):
    """The first event of every ticket."""

    number: int
    inbox_id: UUID
    channel: Channel
    customer_id: UUID
    visitor_id: UUID | None
    priority: Priority
    tag_ids: tuple[UUID, ...] = ()


class InteractionAdded(_Event, frozen=True, tag="interaction_added", omit_defaults=True):
    """Something was said; its text lives in the interaction's row.

    When it was the shared draft that was sent, `draft` is the generation that the next one has.
    """

    interaction_id: UUID
    interaction_type: InteractionType
    draft: int | None = None


class StatusChanged(_Event, frozen=True, tag="status_changed", omit_defaults=True):
    """The ticket moved from `previous` to `status`; `reason_id` says why it waits, where it does."""

    status: Status
    previous: Status
    reason_id: UUID | None = None


class TicketAssigned(_Event, frozen=True, tag="ticket_assigned"):
    """The ticket now belongs to this agent and this team; None is nobody."""

    assignee_id: UUID | None
    team_id: UUID | None


class PriorityChanged(_Event, frozen=True, tag="priority_changed"):
    """The priority moved from `previous` to `priority`."""

    priority: Priority
    previous: Priority


class TagAdded(_Event, frozen=True, tag="tag_added"):
    """A tag was put on."""

    tag_id: UUID


class TagRemoved(_Event, frozen=True, tag="tag_removed"):
    """A tag was taken off."""

    tag_id: UUID


class SubjectChanged(_Event, frozen=True, tag="subject_changed"):
    """The subject was written anew; the text itself lives in the ticket's row."""


class CustomerChanged(_Event, frozen=True, tag="customer_changed"):
    """The ticket's customer was found to be another, by this agent."""

    customer_id: UUID
    previous: UUID
    by: UUID


RingKind = Literal["warning", "due", "step"]


class Ring(msgspec.Struct, frozen=True, array_like=True):
    """An instant at which a clock is to ring, and what for; `step` is one of the policy's, or None."""

    at: datetime
    kind: RingKind
    step: UUID | None = None


Rings = tuple[Ring, ...]


class SlaStarted(_Event, frozen=True, tag="sla_started", omit_defaults=True):
    """A target began to run: `needed` is promised, in the time of the policy's calendar.

    `warn_at` stands only in what the first versions wrote, which had neither `needed` nor `rings`.
    """

    target: TargetName
    policy_id: UUID
    started_at: datetime
    due_at: datetime
    terms_id: UUID | None = None
    needed: timedelta | None = None
    rings: Rings = ()
    warn_at: datetime | None = None


class SlaRetimed(_Event, frozen=True, tag="sla_retimed"):
    """What is promised changed in the middle, at `changed_at`: what was spent until then stays spent.

    `running` tells whether it runs on, or stood still and goes on doing so.
    """

    target: TargetName
    policy_id: UUID
    terms_id: UUID
    changed_at: datetime
    due_at: datetime
    needed: timedelta
    spent: timedelta
    rings: Rings
    running: bool


class SlaPaused(_Event, frozen=True, tag="sla_paused", omit_defaults=True):
    """A target stands still until it is resumed; `spent` of its time is gone."""

    target: TargetName
    spent: timedelta | None = None


class SlaResumed(_Event, frozen=True, tag="sla_resumed", omit_defaults=True):
    """A target runs again, with what it had left: one that stood still, or had ended as the ticket was done.

    `warn_at` as in SlaStarted.
    """

    target: TargetName
    due_at: datetime
    rings: Rings = ()
    policy_id: UUID | None = None
    started_at: datetime | None = None
    warn_at: datetime | None = None


class SlaWarned(_Event, frozen=True, tag="sla_warned", omit_defaults=True):
    """A target is close to its due time; its clock rings again at `next_at`."""

    target: TargetName
    due_at: datetime
    step: UUID | None = None
    next_at: datetime | None = None


class SlaEscalated(_Event, frozen=True, tag="sla_escalated", omit_defaults=True):
    """A step of the policy has come: what it asks for is done, the ticket's part of it right after this."""

    target: TargetName
    due_at: datetime
    terms_id: UUID
    step: UUID
    next_at: datetime | None = None


class SlaMet(_Event, frozen=True, tag="sla_met", omit_defaults=True):
    """A target was reached in time, or after its breach, having taken `spent`."""

    target: TargetName
    met_at: datetime
    spent: timedelta | None = None


class SlaBreached(_Event, frozen=True, tag="sla_breached", omit_defaults=True):
    """A target was missed; `breached_at` is the due time itself. Its clock rings again at `next_at`."""

    target: TargetName
    breached_at: datetime
    next_at: datetime | None = None


class SlaStopped(_Event, frozen=True, tag="sla_stopped", omit_defaults=True):
    """A target no longer applies."""

    target: TargetName
    spent: timedelta | None = None


SlaEvent = (
    SlaStarted
    | SlaRetimed
    | SlaPaused
    | SlaResumed
    | SlaWarned
    | SlaEscalated
    | SlaMet
    | SlaBreached
    | SlaStopped
)
Event = (
    TicketOpened
    | InteractionAdded
    | StatusChanged
    | TicketAssigned
    | PriorityChanged
    | TagAdded
    | TagRemoved
    | SubjectChanged
    | CustomerChanged
    | SlaEvent
)

CLOCK_EVENTS = get_args(SlaEvent)


class Recorded(msgspec.Struct, frozen=True):
    """An event in its place: `seq` counts all of a ticket's events, `public_seq` those a customer may see."""

    ticket_id: UUID
    seq: int
    public_seq: int | None
    at: datetime
    actor_type: ActorType
    actor_id: UUID | None
    event: Event


def is_public(event: Event) -> bool:
    """Whether a customer may see it: the opening, messages and changes of status."""
    if isinstance(event, InteractionAdded):
        return event.interaction_type == "message"
    return isinstance(event, TicketOpened | StatusChanged)


def changes_clock(event: Event) -> bool:
    """Whether it arms, moves or disarms an SLA clock."""
    return isinstance(event, CLOCK_EVENTS)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> str:
    """The event as the JSON of its row, tag included."""
    return _encoder.encode(event).decode()


def decode_event(data: str | bytes) -> Event:
    """The event of a row; raises msgspec.ValidationError for what no version of Parley has written."""
    event: Event = _decoder.decode(data)
    return event


_rings_decoder = msgspec.json.Decoder(Rings)


def encode_rings(rings: Rings) -> str:
    """Rings as the JSON of their column."""
    return _encoder.encode(rings).decode()


def decode_rings(data: str) -> Rings:
    """The rings of a column."""
    return _rings_decoder.decode(data)
