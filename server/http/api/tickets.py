"""Tickets: lists, opening, and every change that an agent makes."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.clock import new_id
from server.domain import identity, rights
from server.domain.commands import AssignTicket, ChangeStatus, ChangeTicket, NewInteraction, OpenTicket
from server.domain.errors import Invalid, NotFound
from server.domain.events import Channel, Priority, Status
from server.domain.ids import parse_id
from server.domain.resources import Page, Ticket, TicketDetail
from server.domain.rights import Action, Scope
from server.http.call import Call
from server.http.inputs import ById, Content, Email, Id, Line, ShortName, Subject, Words
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.http.preconditions import expected_seq
from server.queries import tickets
from server.store import customers, inboxes, mail_people, tags
from server.store.customers import Known
from server.store.mail_people import MAX_PARTICIPANTS
from server.store.pool import Connection

_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
AgentOrWord = Annotated[str, Meta(pattern=f"^(me|none|{_UUID})$", description="an id, me or none")]
TeamOrWord = Annotated[str, Meta(pattern=f"^(none|{_UUID})$", description="an id, or none")]
TagNames = Annotated[list[ShortName], Meta(max_length=50)]
Order = Literal[
    "updated_at", "-updated_at", "created_at", "-created_at", "number", "-number",
    "priority", "-priority", "status", "-status", "due_at", "-due_at", "subject", "-subject",
]  # fmt: skip


class TicketsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which tickets, in which order. `status` and `priority` take several: `new,open`."""

    sort: Order = "-updated_at"
    status: tuple[Status, ...] | None = None
    priority: tuple[Priority, ...] | None = None
    assignee_id: AgentOrWord | None = None
    team_id: TeamOrWord | None = None
    inbox_id: Id | None = None
    customer_id: Id | None = None
    tag: ShortName | None = None
    channel_source: Channel | None = None
    breached: bool | None = None
    q: Words | None = None


class MineQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which of one's own tickets, in which order."""

    sort: Order = "-updated_at"
    status: tuple[Status, ...] | None = None


class Asker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose ticket it is: the customer of this address, made when there is none."""

    email: Email
    name: Line = ""


class NewTicket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ticket to be. Its description is the customer's first message.

    Without `customer` or `customer_id` the asking agent is the customer; without `inbox_id` it
    goes to the oldest api inbox that they see, else mail, else chat.
    """

    subject: Subject
    description: Content
    priority: Priority = "normal"
    customer: Asker | None = None
    customer_id: Id | None = None
    tags: TagNames = []
    inbox_id: Id | None = None


class TicketChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. `tags` is the whole new set."""

    subject: Subject | None = None
    priority: Priority | None = None
    tags: TagNames | None = None


class NewParticipants(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes part beside the customer: the whole new list."""

    emails: Annotated[list[Email], Meta(max_length=MAX_PARTICIPANTS)]


class NewStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The status to be in, and for pending and on_hold perhaps why."""

    status: Status
    reason_id: Id | None = None


class Assignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom; what is left out stays, null clears."""

    agent_id: Id | None | UnsetType = UNSET
    team_id: Id | None | UnsetType = UNSET


@operation("GET", "/tickets", Action.READ_TICKET_INTERNALS, {200: Page[Ticket]})
async def list_tickets(call: Call, db: Connection, query: TicketsQuery) -> Page[Ticket]:
    """List tickets of the asking agent's inboxes.

    `q` searches subjects, messages and numbers.
    """
    filters: dict[str, object] = {
        "status": query.status,
        "priority": query.priority,
        "inbox_id": query.inbox_id,
        "customer_id": query.customer_id,
        "tag": query.tag,
        "channel_source": query.channel_source,
        "breached": query.breached,
        "q": query.q,
        **_people(call, query),
    }
    part = slice_of(query, tickets.LISTING.sorts, query.sort)
    rows = await tickets.list_tickets(db, call.agent, filters, part)
    return page_of(rows, part, tickets.shape, call.path, call.query_string)


def _people(call: Call, query: TicketsQuery) -> dict[str, object]:
    filters: dict[str, object] = {}
    match query.assignee_id:
        case None:
            pass
        case "none":
            filters["unassigned"] = True
        case "me":
            filters["assignee_id"] = call.agent.id
        case text:
            filters["assignee_id"] = parse_id(text)
    if query.team_id == "none":
        filters["no_team"] = True
    elif query.team_id is not None:
        filters["team_id"] = parse_id(query.team_id)
    return filters


@operation("GET", "/agents/me/tickets", Action.READ_TICKET_INTERNALS, {200: Page[Ticket]})
async def list_mine(call: Call, db: Connection, query: MineQuery) -> Page[Ticket]:
    """List the tickets that are assigned to the agent who asks."""
    part = slice_of(query, tickets.LISTING.sorts, query.sort)
    filters = {"assignee_id": call.agent.id, "status": query.status}
    rows = await tickets.list_tickets(db, call.agent, filters, part)
    return page_of(rows, part, tickets.shape, call.path, call.query_string)


@operation("POST", "/tickets", Action.OPEN_TICKET, {201: Ticket}, tagged=True)
async def open_ticket(call: Call, body: NewTicket) -> Ticket:
    """Open a ticket."""
    agent = call.agent
    inbox_id = body.inbox_id or await _default_inbox(call)
    rights.check(agent, Action.OPEN_TICKET, Scope(agent.workspace_id, inbox_id))
    asker = await _customer(call, body)
    tag_ids = await _tag_ids(call, body.tags)
    said = NewInteraction(new_id(), "message", body.description)
    outcome = await call.submit(
        OpenTicket(
            new_id(),
            inbox_id,
            "api",
            asker.id,
            body.subject,
            said,
            priority=body.priority,
            tag_ids=tag_ids,
            customer_name=asker.name,
        ),
        actor=identity.Customer(agent.workspace_id, asker.id, asker.name),
    )
    if outcome.repeated:
        return await _fetch(call, outcome.ticket.id)
    names = call.state.handle.desks[agent.workspace_id].tags
    return tickets.opened(outcome.ticket, asker, body.subject, body.description, names)


async def _default_inbox(call: Call) -> UUID:
    """Where a ticket goes that names no inbox, by what the writer knows, or else by asking."""
    agent = call.agent
    desk = call.state.handle.desks.get(agent.workspace_id)
    if desk is not None:
        rank = {"api": 0, "email": 1, "chat": 2, "portal": 3}
        seen = [box for box in desk.inboxes.values() if rights.sees_inbox(agent, box.id)]
        if seen:
            return min(seen, key=lambda box: (rank[box.channel], box.id)).id
    async with call.state.store.read(agent.workspace_id) as db:
        found = await inboxes.find_default(db, agent.workspace_id, tickets.visible_to(agent))
    if found is None:
        raise Invalid("There is no inbox for it", pointer="/inbox_id")
    return found


async def _customer(call: Call, body: NewTicket) -> Known:
    agent = call.agent
    if body.customer_id is not None:
        async with call.state.store.read(agent.workspace_id) as db:
            known = await customers.find_known(db, agent.workspace_id, body.customer_id)
        if known is None:
            raise Invalid("There is no such customer", pointer="/customer_id")
        return known
    if body.customer is not None:
        return await call.state.askers.find(agent.workspace_id, body.customer.email, body.customer.name)
    async with call.state.store.read(agent.workspace_id) as db:
        me = await customers.find_agent_address(db, agent.workspace_id, agent.id)
    return await call.state.askers.find(agent.workspace_id, me, agent.name)


async def _tag_ids(call: Call, names: list[str]) -> tuple[UUID, ...]:
    if not names:
        return ()
    async with call.state.store.write(call.workspace_id) as db:
        found = await tags.find_or_add_tags(db, call.workspace_id, names)
    return tuple(found.values())


@operation("GET", "/tickets/{id}", Action.READ_TICKET_INTERNALS, {200: TicketDetail}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> TicketDetail:
    """Read a ticket, with who takes part in it by mail."""
    found = await tickets.find_detail(db, call.agent, path.id)
    if found is None:
        raise NotFound
    return found


@operation("PATCH", "/tickets/{id}", Action.CHANGE_TICKET, {200: Ticket}, tagged=True)
async def change(call: Call, path: ById, body: TicketChange) -> Ticket:
    """Change a ticket's subject, priority or tags.

    Tags that are not there yet are made.
    """
    await _fetch(call, path.id)
    tag_ids = None if body.tags is None else frozenset(await _tag_ids(call, body.tags))
    command = ChangeTicket(path.id, body.subject, body.priority, tag_ids)
    await call.submit(command, expected_seq=expected_seq(call.header(b"if-match")))
    return await _fetch(call, path.id)


@operation("PUT", "/tickets/{id}/status", Action.CHANGE_TICKET, {200: Ticket}, tagged=True)
async def change_status(call: Call, path: ById, body: NewStatus) -> Ticket:
    """Move a ticket to a status; asking for the one that it has, for the same reason, changes nothing."""
    seq = expected_seq(call.header(b"if-match"))
    await call.submit(ChangeStatus(path.id, body.status, body.reason_id), expected_seq=seq)
    return await _fetch(call, path.id)


@operation("PUT", "/tickets/{id}/assign", Action.CHANGE_TICKET, {200: Ticket}, tagged=True)
async def assign(call: Call, path: ById, body: Assignment) -> Ticket:
    """Give a ticket to an agent, a team or both."""
    seq = expected_seq(call.header(b"if-match"))
    await call.submit(AssignTicket(path.id, body.agent_id, body.team_id), expected_seq=seq)
    return await _fetch(call, path.id)


@operation("PUT", "/tickets/{id}/participants", Action.CHANGE_TICKET, {200: TicketDetail})
async def set_participants(call: Call, db: Connection, path: ById, body: NewParticipants) -> TicketDetail:
    """Say who takes part in a ticket by mail beside its customer: they get every answer.

    Whoever is new becomes a customer.
    """
    scope = await tickets.find_scope(db, call.workspace_id, path.id)
    if scope is None:
        raise NotFound
    rights.check(call.actor, Action.CHANGE_TICKET, scope)
    asked = {email.lower(): "" for email in sorted(body.emails)}
    known = await customers.find_or_add_customers(db, call.workspace_id, asked) if asked else {}
    ids = [known[email.lower()].id for email in body.emails]
    await mail_people.set_participants(
        db, call.workspace_id, path.id, list(dict.fromkeys(ids)), call.agent.id
    )
    found = await tickets.find_detail(db, call.agent, path.id)
    if found is None:
        raise NotFound
    return found


async def _fetch(call: Call, ticket_id: Id) -> Ticket:
    async with call.state.store.read(call.workspace_id) as db:
        found = await tickets.find_ticket(db, call.agent, ticket_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (open_ticket, list_tickets, read, change, change_status, assign, set_participants, list_mine)
