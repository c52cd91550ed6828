"""Agents: who works here, in which teams and inboxes. Credentials are in `credentials`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.domain import resources
from server.domain.errors import Conflict, Invalid
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("agents")
LISTING = Listing(
    SQL["select_agents"],
    "a.id",
    filters={
        "id": "a.id = {}",
        "active": "a.active = {}",
        "role": "a.role = {}",
        "team_id": "EXISTS (SELECT FROM team_members m WHERE m.workspace_id = a.workspace_id"
        " AND m.agent_id = a.id AND m.team_id = {})",
    },
    sorts={
        "name": Sort("lower(a.name)", str),
        "email": Sort("lower(a.email)", str),
        "created_at": Sort("a.created_at", datetime),
    },
)
_DOUBLED = {"agents_email": ("Another agent has this address", "/email")}


def shape(row: Any) -> resources.Agent:
    """The resource of a row."""
    return resources.Agent(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        roles=[row["role"]],
        status=row["status"],
        team_ids=list(row["team_ids"]),
        inbox_ids=list(row["inbox_ids"]),
        active=row["active"],
        last_active_at=row["last_active_at"],
        created_at=row["created_at"],
    )


async def list_agents(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of agents, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_agent(db: Connection, workspace_id: UUID, agent_id: UUID) -> resources.Agent | None:
    """One agent, active or not."""
    rows = await list_agents(db, workspace_id, {"id": agent_id}, Slice("name", False, 1))
    return shape(rows[0]) if rows else None


async def lock_agent(db: Connection, workspace_id: UUID, agent_id: UUID) -> None:
    """Hold an agent's row until commit."""
    await db.execute(SQL["lock_agent"], workspace_id, agent_id)


async def add_agent(
    db: Connection,
    workspace_id: UUID,
    agent_id: UUID,
    name: str,
    email: str,
    role: str,
    password_hash: str | None,
) -> None:
    """Keep a new agent; Conflict when the address is taken."""
    with refusing(_DOUBLED):
        await db.execute(SQL["add_agent"], workspace_id, agent_id, name, email, role, password_hash)


async def change_agent(
    db: Connection,
    workspace_id: UUID,
    agent_id: UUID,
    *,
    name: str | None = None,
    email: str | None = None,
    role: str | None = None,
    active: bool | None = None,
) -> None:
    """Change what is given. Conflict when the address is taken, or the last admin would be gone."""
    if (role is not None and role != "admin") or active is False:
        admins = await db.fetch(SQL["lock_admins"], workspace_id)
        if [row["id"] for row in admins] == [agent_id]:
            raise Conflict("A desk needs an admin: make another one first")
    with refusing(_DOUBLED):
        await db.execute(SQL["change_agent"], workspace_id, agent_id, name, email, role, active)


async def set_teams(db: Connection, workspace_id: UUID, agent_id: UUID, team_ids: Sequence[UUID]) -> None:
    """Make these, and no others, the agent's teams; Invalid when one is not there."""
    await check_ids(db, "count_teams", workspace_id, team_ids, "/team_ids")
    await db.execute(SQL["set_teams"], workspace_id, agent_id, list(team_ids))


async def set_inboxes(db: Connection, workspace_id: UUID, agent_id: UUID, inbox_ids: Sequence[UUID]) -> None:
    """Make these, and no others, the agent's inboxes; Invalid when one is not there."""
    await check_ids(db, "count_inboxes", workspace_id, inbox_ids, "/inbox_ids")
    await db.execute(SQL["set_inboxes"], workspace_id, agent_id, list(inbox_ids))


async def check_agents(db: Connection, workspace_id: UUID, agent_ids: Sequence[UUID]) -> None:
    """Raise Invalid unless all of these are agents of the workspace."""
    await check_ids(db, "count_agents", workspace_id, agent_ids, "/agent_ids")


async def check_ids(
    db: Connection, count: str, workspace_id: UUID, ids: Sequence[UUID], pointer: str
) -> None:
    """Raise Invalid unless the counting statement finds every one of `ids`."""
    if ids and await db.fetchval(SQL[count], workspace_id, list(ids)) != len(set(ids)):
        raise Invalid("One of these is not there", pointer=pointer)
