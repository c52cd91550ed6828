"""The ticket: what its events make of it. What may happen to it is decided in `deciding`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from server.domain.events import (
    Channel,
    CustomerChanged,
    Event,
    InteractionAdded,
    Priority,
    PriorityChanged,
    Recorded,
    Status,
    StatusChanged,
    SubjectChanged,
    TagAdded,
    TagRemoved,
    TicketAssigned,
    TicketOpened,
    is_public,
)
from server.domain.identity import Actor
from server.domain.rights import Scope
from server.domain.sla import target as sla

FIRST_DRAFT = 1


class Ticket(msgspec.Struct, frozen=True):
    """A ticket as its events have made it. Its texts (subject, description) are not part of the fold."""

    workspace_id: UUID
    id: UUID
    number: int
    inbox_id: UUID
    channel: Channel
    customer_id: UUID
    visitor_id: UUID | None
    status: Status
    priority: Priority
    assignee_id: UUID | None
    team_id: UUID | None
    tag_ids: tuple[UUID, ...]
    seq: int
    public_seq: int
    created_at: datetime
    updated_at: datetime
    targets: sla.Targets = ()
    draft_generation: int = FIRST_DRAFT
    status_reason_id: UUID | None = None
    answered_at: datetime | None = None  # when a person of the team first did

    @property
    def scope(self) -> Scope:
        """What rights on it depend on."""
        return Scope(self.workspace_id, self.inbox_id, self.customer_id, self.visitor_id, self.channel)

    @property
    def breached(self) -> bool:
        """Whether any of its targets was missed."""
        return any(target.breached_at is not None for target in self.targets)


def opened(workspace_id: UUID, record: Recorded) -> Ticket:
    """The ticket that its first event makes. Raises ValueError when that is not a TicketOpened."""
    event = record.event
    if not isinstance(event, TicketOpened):
        raise ValueError("a ticket's first event is its opening")
    return Ticket(
        workspace_id,
        record.ticket_id,
        event.number,
        event.inbox_id,
        event.channel,
        event.customer_id,
        event.visitor_id,
        "new",
        event.priority,
        None,
        None,
        event.tag_ids,
        record.seq,
        record.public_seq or 0,
        record.at,
        record.at,
    )


def place(ticket: Ticket, actor: Actor, event: Event, now: datetime) -> Recorded:
    """The event with the next numbers of its ticket."""
    public_seq = ticket.public_seq + 1 if is_public(event) else None
    return Recorded(ticket.id, ticket.seq + 1, public_seq, now, actor.type, actor.id, event)


def apply(ticket: Ticket, record: Recorded) -> Ticket:
    """The ticket after an event. Raises ValueError when the event is not the next one."""
    if record.seq != ticket.seq + 1:
        raise ValueError(f"event {record.seq} cannot follow {ticket.seq}")
    changes: dict[str, object] = {"seq": record.seq, "updated_at": record.at}
    if record.public_seq is not None:
        changes["public_seq"] = record.public_seq
    match record.event:
        case TicketOpened():
            raise ValueError("a ticket is opened once")
        case InteractionAdded() as said:
            changes |= _said(ticket, said, record)
        case SubjectChanged():
            pass
        case CustomerChanged(customer_id=customer_id):
            changes["customer_id"] = customer_id
        case StatusChanged(status=status, reason_id=reason_id):
            changes["status"], changes["status_reason_id"] = status, reason_id
        case TicketAssigned(assignee_id=assignee_id, team_id=team_id):
            changes["assignee_id"], changes["team_id"] = assignee_id, team_id
        case PriorityChanged(priority=priority):
            changes["priority"] = priority
        case TagAdded() | TagRemoved() as moved:
            changes["tag_ids"] = _tags(ticket.tag_ids, moved)
        case event:
            changes["targets"] = sla.apply(ticket.targets, event, record.at)
    return msgspec.structs.replace(ticket, **changes)


def _said(ticket: Ticket, said: InteractionAdded, record: Recorded) -> dict[str, object]:
    changes: dict[str, object] = {}
    if said.draft is not None:
        changes["draft_generation"] = said.draft
    if ticket.answered_at is None and said.interaction_type == "message" and record.actor_type == "agent":
        changes["answered_at"] = record.at
    return changes


def _tags(before: tuple[UUID, ...], event: TagAdded | TagRemoved) -> tuple[UUID, ...]:
    if isinstance(event, TagAdded):
        return tuple(sorted((*before, event.tag_id)))
    return tuple(tag for tag in before if tag != event.tag_id)
