"""What may happen to a ticket: `decide` says which events a command makes happen, or refuses it.

What follows for its SLA clocks comes after what was asked for, in the same command.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from server.domain import rights
from server.domain.commands import (
    AddInteraction,
    ApplyPolicies,
    AssignTicket,
    ChangeCustomer,
    ChangeStatus,
    ChangeTicket,
    Command,
    OpenTicket,
    RingClock,
)
from server.domain.desk import Desk
from server.domain.errors import Conflict, DraftSent, Invalid, NotFound, NotPermitted, TicketClosed
from server.domain.events import (
    CustomerChanged,
    Event,
    InteractionAdded,
    PriorityChanged,
    Recorded,
    SlaEvent,
    Status,
    StatusChanged,
    SubjectChanged,
    TagAdded,
    TagRemoved,
    TicketAssigned,
    TicketOpened,
)
from server.domain.identity import Actor, Agent, Customer, System
from server.domain.rights import Action, Scope
from server.domain.sla.policy import Customers, first_matching
from server.domain.sla.reaction import WAITING, Heard, Rules, awaits_answer, react
from server.domain.sla.ringing import ring
from server.domain.sla.target import find
from server.domain.ticket import Ticket, apply, opened, place

REOPENED_BY_CUSTOMER: frozenset[Status] = frozenset({"pending", "resolved", "closed"})
NOBODY: Customers = {}


def decide_opening(
    actor: Actor,
    command: OpenTicket,
    number: int,
    desk: Desk,
    now: datetime,
    customers: Customers = NOBODY,
) -> list[Event]:
    """The events that begin a ticket; a Refusal when the actor may not, or names what is not there.

    `customers` has what policies may ask about its customer, where `desk.judges_customers`.
    """
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
    first = TicketOpened(
        number,
        command.inbox_id,
        command.channel,
        command.customer_id,
        command.visitor_id,
        command.priority,
        tuple(sorted(set(command.tag_ids))),
    )
    events: list[Event] = [first, InteractionAdded(command.first.id, command.first.type)]
    if not _is_automatic(actor):
        record = Recorded(command.ticket_id, 1, 1, now, actor.type, actor.id, first)
        events += clocks_at_opening(opened(actor.workspace_id, record), desk, now, customers)
    return events


def clocks_at_opening(ticket: Ticket, desk: Desk, now: datetime, customers: Customers) -> list[SlaEvent]:
    """What the opening of a ticket, by whoever is no machine, means for its clocks."""
    if not desk.policies:
        return []
    terms = first_matching(desk.policies, ticket, customers)
    return react(ticket.status, ticket, Heard(opened=True), Rules(terms, terms, desk.terms), now)


def decide(
    ticket: Ticket,
    actor: Actor,
    command: Command,
    desk: Desk,
    now: datetime,
    customers: Customers = NOBODY,
) -> list[Event]:
    """The events that a command makes happen on a ticket, perhaps none; raises a Refusal.

    `customers` as in `decide_opening`, of the customer before and the one after the command.
    """
    if isinstance(command, RingClock) and _is_outdated(ticket, command, desk, customers):
        command = ApplyPolicies(command.ticket_id)  # and it rings again, when it should by the rules of now
    events = _decide(ticket, actor, command, desk, now)
    if isinstance(command, AddInteraction) and only_says(ticket, actor, command, desk):
        return events
    return [*events, *_of_clocks(ticket, actor, command, events, desk, now, customers)]


def _of_clocks(
    ticket: Ticket,
    actor: Actor,
    command: Command,
    events: Sequence[Event],
    desk: Desk,
    now: datetime,
    customers: Customers,
) -> Sequence[Event]:
    """What the events mean for the ticket's clocks."""
    if not (ticket.targets or desk.policies) or not (events or isinstance(command, ApplyPolicies)):
        return ()
    after = ticket
    for event in events:
        after = apply(after, place(after, actor, event, now))
    spoke = isinstance(command, AddInteraction) and command.interaction.type == "message"
    heard = Heard(
        answered=spoke and isinstance(actor, Agent),
        asked=spoke and isinstance(actor, Customer) and not actor.automatic,
    )
    return clocks_after(ticket, after, heard, desk, now, customers)


def clocks_after(
    before: Ticket, after: Ticket, heard: Heard, desk: Desk, now: datetime, customers: Customers
) -> list[SlaEvent]:
    """What a change of a ticket means for its clocks."""
    rules = Rules(
        first_matching(desk.policies, before, customers),
        first_matching(desk.policies, after, customers),
        desk.terms,
        _rules_changed_at(before, desk, customers),
    )
    return react(before.status, after, heard, rules, now)


def _is_outdated(ticket: Ticket, rung: RingClock, desk: Desk, customers: Customers) -> bool:
    """Whether a clock rings by rules that no longer hold, before anybody looked at its ticket."""
    target = find(ticket.targets, rung.target)
    if target is None or target.ended:
        return False
    terms = first_matching(desk.policies, ticket, customers)
    return terms is None or terms.id != target.terms_id


def _rules_changed_at(ticket: Ticket, desk: Desk, customers: Customers) -> datetime | None:
    """When the policies, or what they ask about the customer, last became as they are."""
    facts = customers.get(ticket.customer_id)
    known = (desk.policies_changed_at, None if facts is None else facts.changed_at)
    return max((at for at in known if at is not None), default=None)


def _decide(ticket: Ticket, actor: Actor, command: Command, desk: Desk, now: datetime) -> list[Event]:
    """What was asked for, without what follows for the clocks."""
    match command:
        case OpenTicket():
            raise Conflict("The ticket exists already")
        case AddInteraction():
            return _decide_interaction(ticket, actor, command)
        case ChangeStatus(status=status, reason_id=reason_id):
            rights.check(actor, Action.CHANGE_TICKET, ticket.scope)
            return _decide_status(ticket, status, reason_id, desk)
        case AssignTicket():
            rights.check(actor, Action.CHANGE_TICKET, ticket.scope)
            return _decide_assignment(ticket, command, desk)
        case ChangeTicket():
            rights.check(actor, Action.CHANGE_TICKET, ticket.scope)
            return _decide_change(ticket, command, desk)
        case ChangeCustomer(customer_id=customer_id, by=by):
            _only_system(actor)
            changed = CustomerChanged(customer_id, ticket.customer_id, by)
            return [] if customer_id == ticket.customer_id else [changed]
        case RingClock(target=target, at=at):
            _only_system(actor)
            return ring(ticket, target, at, desk, now)
        case ApplyPolicies():
            _only_system(actor)
            return []
        case _:
            assert_never(command)


def _only_system(actor: Actor) -> None:
    if not isinstance(actor, System):
        raise NotPermitted


def _decide_interaction(ticket: Ticket, actor: Actor, command: AddInteraction) -> list[Event]:
    new = command.interaction
    note = new.type == "note"
    rights.check(actor, Action.WRITE_NOTE if note else Action.WRITE_MESSAGE, ticket.scope)
    if ticket.status == "closed" and not note and not command.reopen:
        raise TicketClosed
    draft = None if command.draft is None else _decide_draft(ticket, actor, command.draft, note=note)
    events: list[Event] = [InteractionAdded(new.id, new.type, draft)]
    if not note and isinstance(actor, Customer) and _reopens(ticket, actor):
        events.append(StatusChanged("open", ticket.status))
    return events


def _reopens(ticket: Ticket, actor: Customer) -> bool:
    return ticket.status in REOPENED_BY_CUSTOMER and not actor.automatic


def _is_automatic(actor: Actor) -> bool:
    return isinstance(actor, Customer) and actor.automatic


def only_says(ticket: Ticket, actor: Actor, command: AddInteraction, desk: Desk) -> bool:
    """Whether saying this, unless it is refused, makes nothing else happen to status, clocks or draft."""
    if command.draft is not None:
        return False
    if command.interaction.type == "note" or _is_automatic(actor):
        return True
    if isinstance(actor, Customer):
        asks = bool(desk.policies) and not awaits_answer(ticket.targets)
        return not _reopens(ticket, actor) and not (asks and _may_owe(ticket, desk))
    return ticket.answered_at is not None and not awaits_answer(ticket.targets)


def _may_owe(ticket: Ticket, desk: Desk) -> bool:
    """Whether a question may begin a clock: a next response is promised, or a first one not yet given."""
    return desk.promises_next_response or ticket.answered_at is None


def _decide_draft(ticket: Ticket, actor: Actor, generation: int, *, note: bool) -> int:
    """The generation of the draft that begins as this one is sent: of two who send it, one does."""
    rights.check(actor, Action.WRITE_DRAFT, ticket.scope)
    if note:
        raise Invalid("Notes are not drafted together", pointer="/draft")
    if generation != ticket.draft_generation:
        raise DraftSent
    return generation + 1


def _decide_status(ticket: Ticket, status: Status, reason_id: UUID | None, desk: Desk) -> list[Event]:
    if (status, reason_id) == (ticket.status, ticket.status_reason_id):
        return []
    if reason_id is not None and (status not in WAITING or reason_id not in desk.reasons):
        raise Invalid("There is no such reason for this status", pointer="/reason_id")
    if status == "new" and ticket.status != "new":
        raise Invalid("A ticket is new only until somebody touches it", pointer="/status")
    return [StatusChanged(status, ticket.status, reason_id)]


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


def _decide_change(ticket: Ticket, command: ChangeTicket, desk: Desk) -> list[Event]:
    events: list[Event] = []
    if command.subject is not None:
        events.append(SubjectChanged())
    if command.priority is not None and command.priority != ticket.priority:
        events.append(PriorityChanged(command.priority, ticket.priority))
    if command.tag_ids is not None:
        if unknown := command.tag_ids - desk.tags.keys() - set(ticket.tag_ids):
            raise Invalid(f"There is no tag {min(unknown)}", pointer="/tags")
        events += [TagRemoved(tag) for tag in ticket.tag_ids if tag not in command.tag_ids]
        events += [TagAdded(tag) for tag in sorted(command.tag_ids - set(ticket.tag_ids))]
    return events
