"""What happened to a ticket: the closed vocabulary of events, and how they are written down.

Events name people and texts by id only, so that a person can be erased without rewriting the log.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
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


class StatusChanged(_Event, frozen=True, tag="status_changed"):
    """The ticket moved from `previous` to `status`."""

    status: Status
    previous: Status


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


class SlaStarted(_Event, frozen=True, tag="sla_started"):
    """A target began to run, or was measured anew under another policy."""

    target: TargetName
    policy_id: UUID
    started_at: datetime
    warn_at: datetime
    due_at: datetime


class SlaPaused(_Event, frozen=True, tag="sla_paused"):
    """A target stands still until it is resumed."""

    target: TargetName


class SlaResumed(_Event, frozen=True, tag="sla_resumed"):
    """A target runs again, due later by the time it stood still."""

    target: TargetName
    warn_at: datetime
    due_at: datetime


class SlaWarned(_Event, frozen=True, tag="sla_warned"):
    """A target is close to its due time."""

    target: TargetName
    due_at: datetime


class SlaMet(_Event, frozen=True, tag="sla_met"):
    """A target was reached in time, or after its breach."""

    target: TargetName
    met_at: datetime


class SlaBreached(_Event, frozen=True, tag="sla_breached"):
    """A target was missed; `breached_at` is the due time itself."""

    target: TargetName
    breached_at: datetime


class SlaStopped(_Event, frozen=True, tag="sla_stopped"):
    """A target no longer applies."""

    target: TargetName


SlaEvent = SlaStarted | SlaPaused | SlaResumed | SlaWarned | SlaMet | SlaBreached | SlaStopped
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

CLOCK_EVENTS = (SlaStarted, SlaPaused, SlaResumed, SlaWarned, SlaMet, SlaBreached, SlaStopped)


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
