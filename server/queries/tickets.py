"""Tickets in the shape that agents see: lists by any filter and order, or one of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.domain import resources
from server.domain import ticket as domain
from server.domain.identity import Agent
from server.domain.rights import Scope
from server.domain.sla.target import Target
from server.domain.widget_resources import WidgetRoom
from server.store import search
from server.store.customers import Known
from server.store.listing import Listing, Slice, Sort
from server.store.mail_people import list_participants
from server.store.pool import Connection
from server.store.statements import statements
from server.store.visitors import Visitor

SQL = statements("ticket_pages")
_PRIORITY = "array_position('{low,normal,high,urgent}'::text[], t.priority)"
_STATUS = "array_position('{new,open,pending,on_hold,resolved,closed}'::text[], t.status)"
_TAGGED = (
    "(t.tag_ids <> '{{}}' AND t.tag_ids && ARRAY(SELECT g.id FROM tags g"
    " WHERE g.workspace_id = t.workspace_id AND lower(g.name) = lower({})))"
)
LISTING = Listing(
    SQL["select_tickets"],
    "t.id",
    filters={
        "ids": "t.id = ANY ({}::uuid[])",
        "inbox_ids": "t.inbox_id = ANY ({}::uuid[])",
        "status": "t.status = ANY ({}::text[])",
        "priority": "t.priority = ANY ({}::text[])",
        "assignee_id": "t.assignee_id = {}",
        "unassigned": "(t.assignee_id IS NULL) = {}",
        "team_id": "t.team_id = {}",
        "no_team": "(t.team_id IS NULL) = {}",
        "inbox_id": "t.inbox_id = {}",
        "customer_id": "t.customer_id = {}",
        "tag": _TAGGED,
        "channel_source": "t.channel_source = {}",
        "breached": "t.breached = {}",
    },
    sorts={
        "updated_at": Sort("t.updated_at", datetime),
        "created_at": Sort("t.created_at", datetime),
        "number": Sort("t.number", int),
        "priority": Sort(_PRIORITY, int),
        "status": Sort(_STATUS, int),
        "due_at": Sort("coalesce(t.next_due_at, timestamptz '9000-01-01 00:00+00')", datetime),
        "subject": Sort("lower(t.subject)", str),
    },
)


def visible_to(agent: Agent) -> list[UUID] | None:
    """The inboxes whose tickets an agent sees; None is all of them."""
    return None if agent.role == "admin" else list(agent.inbox_ids)


async def list_tickets(
    db: Connection, agent: Agent, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of tickets that `agent` may see, one more than the page.

    A filter `q` is words for the search index, which finds five hundred at most.
    """
    chosen = {**filters, "inbox_ids": visible_to(agent)}
    words = chosen.pop("q", None)
    if words is not None:
        chosen["ids"] = await search.find_tickets(db, str(words), visible_to(agent))
    sql, values = LISTING.statement(agent.workspace_id, chosen, part, agent.id)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_ticket(db: Connection, agent: Agent, ticket_id: UUID) -> resources.Ticket | None:
    """One ticket, unless the agent may not see it."""
    rows = await list_tickets(db, agent, {"ids": [ticket_id]}, Slice("number", False, 1))
    return shape(rows[0]) if rows else None


async def find_detail(db: Connection, agent: Agent, ticket_id: UUID) -> resources.TicketDetail | None:
    """One ticket with its participants, unless the agent may not see it."""
    found = await find_ticket(db, agent, ticket_id)
    if found is None:
        return None
    people = await list_participants(db, agent.workspace_id, ticket_id)
    return resources.TicketDetail(**msgspec.structs.asdict(found), participants=people)


async def find_tickets(
    db: Connection, workspace_id: UUID, ticket_ids: Sequence[UUID], reader_id: UUID | None = None
) -> dict[UUID, resources.Ticket]:
    """Tickets by id whoever may see them; `unread` is about `reader_id`."""
    part = Slice("number", False, len(ticket_ids))
    sql, values = LISTING.statement(workspace_id, {"ids": list(ticket_ids)}, part, reader_id)
    return {row["id"]: shape(row) for row in await db.fetch(sql, *values)}


async def find_scope(db: Connection, workspace_id: UUID, ticket_id: UUID) -> Scope | None:
    """What rights on a ticket depend on."""
    row = await db.fetchrow(SQL["find_scope"], workspace_id, ticket_id)
    if row is None:
        return None
    return Scope(
        workspace_id,
        row["inbox_id"],
        row["customer_id"],
        row["visitor_id"],
        row["channel_source"],
    )


def shape(row: Any) -> resources.Ticket:
    """The resource of a row."""
    return resources.Ticket(
        id=row["id"],
        number=row["number"],
        subject=row["subject"],
        description=row["description"],
        status=row["status"],
        status_reason_id=row["status_reason_id"],
        status_reason=row["status_reason"],
        priority=row["priority"],
        assignee_id=row["assignee_id"],
        team_id=row["team_id"],
        customer_id=row["customer_id"],
        customer=resources.CustomerBrief(
            id=row["customer_id"], name=row["customer_name"], email=row["customer_email"]
        ),
        inbox_id=row["inbox_id"],
        channel_source=row["channel_source"],
        tags=list(row["tags"]),
        sla=[_target(*target) for target in row["sla"]],
        seq=row["seq"],
        last_message=last_message(row),
        unread=row["unread"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def opened(
    ticket: domain.Ticket, asker: Known, subject: str, description: str, tags: Mapping[UUID, str]
) -> resources.Ticket:
    """The resource of a ticket that its customer has just opened, without reading it back."""
    names = [tags[tag_id] for tag_id in ticket.tag_ids if tag_id in tags]
    return resources.Ticket(
        id=ticket.id,
        number=ticket.number,
        subject=subject,
        description=description,
        status=ticket.status,
        status_reason_id=None,
        status_reason=None,
        priority=ticket.priority,
        assignee_id=ticket.assignee_id,
        team_id=ticket.team_id,
        customer_id=ticket.customer_id,
        customer=resources.CustomerBrief(id=asker.id, name=asker.name, email=asker.email),
        inbox_id=ticket.inbox_id,
        channel_source=ticket.channel,
        tags=sorted(names, key=str.lower),
        sla=[_opened_target(target) for target in sorted(ticket.targets, key=_by_due)],
        seq=ticket.seq,
        last_message=resources.LastMessage(
            content=description[:200], author_type="customer", created_at=ticket.created_at
        ),
        unread=True,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
    )


def _by_due(target: Target) -> tuple[datetime, str]:
    return target.due_at, target.target


def _opened_target(target: Target) -> resources.SlaTarget:
    return _target(
        target.target,
        target.policy_id,
        target.started_at,
        target.due_at,
        target.warned_at,
        target.met_at,
        target.breached_at,
        target.paused_at is not None,
    )


def _target(
    target: Any,
    policy_id: UUID,
    started_at: datetime,
    due_at: datetime,
    warned_at: datetime | None,
    met_at: datetime | None,
    breached_at: datetime | None,
    paused: bool,
) -> resources.SlaTarget:
    return resources.SlaTarget(
        target=target,
        policy_id=policy_id,
        started_at=started_at,
        due_at=due_at,
        warned_at=warned_at,
        met_at=met_at,
        breached_at=breached_at,
        paused=paused,
    )


def last_message(row: Any) -> resources.LastMessage | None:
    """The beginning of what was said last, of a row that has the `last_…` columns."""
    if row["last_created_at"] is None:
        return None
    return resources.LastMessage(
        content=row["last_content"],
        author_type=row["last_author_type"],
        created_at=row["last_created_at"],
    )


async def list_rooms(
    db: Connection, workspace_id: UUID, visitor: Visitor, inbox_id: UUID
) -> list[WidgetRoom]:
    """A visitor's conversations, newest first, twenty at most; when verified, all theirs in the inbox."""
    who = (visitor.id, visitor.customer_id, visitor.verified)
    rows = await db.fetch(SQL["list_rooms_of_visitor"], workspace_id, *who, inbox_id)
    return [
        WidgetRoom(
            room=f"ticket:{row['id']}",
            subject=row["subject"],
            status=row["status"],
            public_seq=row["public_seq"],
            last_message=last_message(row),
        )
        for row in rows
    ]
