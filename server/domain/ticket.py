"""The ticket: `decide` says what a command makes happen, `apply` what an event makes of the ticket."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from server.domain import rights, sla
from server.domain.commands import (
    AddInteraction,
    AssignTicket,
    ChangeCustomer,
    ChangeStatus,
    ChangeTicket,
    Command,
    OpenTicket,
    RecordBreach,
    RecordWarning,
)
from server.domain.desk import Desk
from server.domain.errors import Conflict, DraftSent, Invalid, NotFound, NotPermitted, TicketClosed
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
from server.domain.identity import Actor, Agent, Customer, System
from server.domain.rights import Action, Scope

FIRST_DRAFT = 1
REOPENED_BY_CUSTOMER: frozenset[Status] = frozenset({"pending", "resolved", "closed"})


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

    @property
    def scope(self) -> Scope:
        """What rights on it depend on."""
        return Scope(self.workspace_id, self.inbox_id, self.customer_id, self.visitor_id, self.channel)

    @property
    def breached(self) -> bool:
        """Whether any of its targets was missed."""
        return any(target.breached_at is not None for target in self.targets)


def decide_opening(actor: Actor, command: OpenTicket, number: int, desk: Desk, now: datetime) -> list[Event]:
    """The events that begin a ticket; a Refusal when the actor may not, or names what is not there."""
    inbox = desk.inboxes.get(command.inbox_id)
    scope = Scope(
        actor.workspace_id,
        command.inbox_id,
        command.customer_id,
        command.visitor_id,
        command.channel,
    )
    rights.check(actor, Action.OPEN_TICKET, scope)
    if inbox is None:
        raise NotFound("There is no such inbox")
    for tag_id in command.tag_ids:
        if tag_id not in desk.tags:
            raise Invalid("There is no such tag", pointer="/tags")
    opened = TicketOpened(
        number,
        command.inbox_id,
        command.channel,
        command.customer_id,
        command.visitor_id,
        command.priority,
        tuple(sorted(set(command.tag_ids))),
    )
    return [
        opened,
        InteractionAdded(command.first.id, command.first.type),
        *(() if _is_automatic(actor) else sla.starting(desk.policies.get(command.priority), now)),
    ]


def decide(ticket: Ticket, actor: Actor, command: Command, desk: Desk, now: datetime) -> list[Event]:
    """The events that a command makes happen on a ticket, perhaps none; raises a Refusal."""
    match command:
        case OpenTicket():
            raise Conflict("The ticket exists already")
        case AddInteraction():
            return _decide_interaction(ticket, actor, command, desk, now)
        case ChangeStatus():
            rights.check(actor, Action.CHANGE_TICKET, ticket.scope)
            return _decide_status(ticket, command.status, desk, now)
        case AssignTicket():
            rights.check(actor, Action.CHANGE_TICKET, ticket.scope)
            return _decide_assignment(ticket, command, desk)
        case ChangeTicket():
            rights.check(actor, Action.CHANGE_TICKET, ticket.scope)
            return _decide_change(ticket, command, desk, now)
        case ChangeCustomer(customer_id=customer_id, by=by):
            _only_system(actor)
            changed = CustomerChanged(customer_id, ticket.customer_id, by)
            return [] if customer_id == ticket.customer_id else [changed]
        case RecordWarning():
            _only_system(actor)
            return list(sla.on_warning(ticket.targets, command.target, command.due_at, now))
        case RecordBreach():
            _only_system(actor)
            return list(sla.on_breach(ticket.targets, command.target, command.due_at, now))
        case _:
            assert_never(command)


def _only_system(actor: Actor) -> None:
    if not isinstance(actor, System):
        raise NotPermitted


def _decide_interaction(
    ticket: Ticket, actor: Actor, command: AddInteraction, desk: Desk, now: datetime
) -> list[Event]:
    new = command.interaction
    note = new.type == "note"
    rights.check(actor, Action.WRITE_NOTE if note else Action.WRITE_MESSAGE, ticket.scope)
    if ticket.status == "closed" and not note and not command.reopen:
        raise TicketClosed
    draft = None if command.draft is None else _decide_draft(ticket, actor, command.draft, note=note)
    events: list[Event] = [InteractionAdded(new.id, new.type, draft)]
    if note:
        return events
    match actor:
        case Customer():
            if ticket.status in REOPENED_BY_CUSTOMER and not actor.automatic:
                events += _decide_status(ticket, "open", desk, now)
        case Agent():
            events += sla.on_response(ticket.targets, now)
        case System():
            pass
        case _:
            assert_never(actor)
    return events


def _is_automatic(actor: Actor) -> bool:
    return isinstance(actor, Customer) and actor.automatic


def only_says(ticket: Ticket, actor: Actor, command: AddInteraction) -> bool:
    """Whether saying this, unless it is refused, makes nothing else happen to status, clocks or draft."""
    if command.draft is not None:
        return False
    if command.interaction.type == "note":
        return True
    if isinstance(actor, Customer):
        return actor.automatic or ticket.status not in REOPENED_BY_CUSTOMER
    first = sla.find(ticket.targets, "first_response")
    return first is None or first.ended


def _decide_draft(ticket: Ticket, actor: Actor, generation: int, *, note: bool) -> int:
    """The generation of the draft that begins as this one is sent: of two who send it, one does."""
    rights.check(actor, Action.WRITE_DRAFT, ticket.scope)
    if note:
        raise Invalid("Notes are not drafted together", pointer="/draft")
    if generation != ticket.draft_generation:
        raise DraftSent
    return generation + 1


def _decide_status(ticket: Ticket, status: Status, desk: Desk, now: datetime) -> list[Event]:
    if status == ticket.status:
        return []
    if status == "new":
        raise Invalid("A ticket is new only until somebody touches it", pointer="/status")
    policy = desk.policies.get(ticket.priority)
    clocks = sla.on_status(ticket.targets, ticket.status, status, policy, now)
    return [StatusChanged(status, ticket.status), *clocks]


def _decide_assignment(ticket: Ticket, command: AssignTicket, desk: Desk) -> list[Event]:
    assignee_id = (
        ticket.assignee_id if isinstance(command.assignee_id, msgspec.UnsetType) else command.assignee_id
    )
    team_id = ticket.team_id if isinstance(command.team_id, msgspec.UnsetType) else command.team_id
    if (assignee_id, team_id) == (ticket.assignee_id, ticket.team_id):
        return []
    if team_id is not None and team_id not in desk.teams:
        raise Invalid("There is no such team", pointer="/team_id")
    if assignee_id is not None and assignee_id != ticket.assignee_id:
        assignee = desk.agents.get(assignee_id)
        if assignee is None or not rights.sees_inbox(assignee, ticket.inbox_id):
            raise Invalid("There is no such agent in this ticket's inbox", pointer="/agent_id")
        if assignee.role == "light_agent":
            raise Invalid("A light agent cannot be given tickets", pointer="/agent_id")
    return [TicketAssigned(assignee_id, team_id)]


def _decide_change(ticket: Ticket, command: ChangeTicket, desk: Desk, now: datetime) -> list[Event]:
    events: list[Event] = []
    if command.subject is not None:
        events.append(SubjectChanged())
    if command.priority is not None and command.priority != ticket.priority:
        policy = desk.policies.get(command.priority)
        events.append(PriorityChanged(command.priority, ticket.priority))
        if ticket.status not in sla.DONE:
            events += sla.on_policy(ticket.targets, policy, ticket.created_at, ticket.status, now)
    if command.tag_ids is not None:
        if unknown := command.tag_ids - desk.tags.keys() - set(ticket.tag_ids):
            raise Invalid(f"There is no tag {min(unknown)}", pointer="/tags")
        events += [TagRemoved(tag) for tag in ticket.tag_ids if tag not in command.tag_ids]
        events += [TagAdded(tag) for tag in sorted(command.tag_ids - set(ticket.tag_ids))]
    return events


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
        case InteractionAdded(draft=draft):
            if draft is not None:
                changes["draft_generation"] = draft
        case SubjectChanged():
            pass
        case CustomerChanged(customer_id=customer_id):
            changes["customer_id"] = customer_id
        case StatusChanged(status=status):
            changes["status"] = status
        case TicketAssigned(assignee_id=assignee_id, team_id=team_id):
            changes["assignee_id"], changes["team_id"] = assignee_id, team_id
        case PriorityChanged(priority=priority):
            changes["priority"] = priority
        case TagAdded() | TagRemoved() as moved:
            changes["tag_ids"] = _tags(ticket.tag_ids, moved)
        case event:
            changes["targets"] = sla.apply(ticket.targets, event, record.at)
    return msgspec.structs.replace(ticket, **changes)


def _tags(before: tuple[UUID, ...], event: TagAdded | TagRemoved) -> tuple[UUID, ...]:
    if isinstance(event, TagAdded):
        return tuple(sorted((*before, event.tag_id)))
    return tuple(tag for tag in before if tag != event.tag_id)
