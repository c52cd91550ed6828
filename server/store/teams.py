"""Teams: named groups of agents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.domain import resources
from server.domain.errors import Conflict
from server.store.agents import check_agents
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("teams")
LISTING = Listing(
    SQL["select_teams"],
    "t.id",
    filters={"id": "t.id = {}"},
    sorts={"name": Sort("lower(t.name)", str), "created_at": Sort("t.created_at", datetime)},
)
_DOUBLED = {"teams_name": ("Another team has this name", "/name")}


def shape(row: Any) -> resources.Team:
    """The resource of a row."""
    return resources.Team(
        id=row["id"],
        name=row["name"],
        agent_ids=list(row["agent_ids"]),
        created_at=row["created_at"],
    )


async def list_teams(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of teams, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_team(db: Connection, workspace_id: UUID, team_id: UUID) -> resources.Team | None:
    """One team."""
    rows = await list_teams(db, workspace_id, {"id": team_id}, Slice("name", False, 1))
    return shape(rows[0]) if rows else None


async def lock_team(db: Connection, workspace_id: UUID, team_id: UUID) -> None:
    """Hold a team's row until commit."""
    await db.execute(SQL["lock_team"], workspace_id, team_id)


async def add_team(
    db: Connection, workspace_id: UUID, team_id: UUID, name: str, agent_ids: Sequence[UUID]
) -> None:
    """Keep a new team; Conflict when the name is taken, Invalid for an agent who is not there."""
    with refusing(_DOUBLED):
        await db.execute(SQL["add_team"], workspace_id, team_id, name)
    await set_members(db, workspace_id, team_id, agent_ids)


async def rename_team(db: Connection, workspace_id: UUID, team_id: UUID, name: str) -> None:
    """Give a team another name; Conflict when it is taken."""
    with refusing(_DOUBLED):
        await db.execute(SQL["rename_team"], workspace_id, team_id, name)


async def set_members(db: Connection, workspace_id: UUID, team_id: UUID, agent_ids: Sequence[UUID]) -> None:
    """Make these, and no others, its members."""
    await check_agents(db, workspace_id, agent_ids)
    await db.execute(SQL["set_members"], workspace_id, team_id, list(agent_ids))


async def delete_team(db: Connection, workspace_id: UUID, team_id: UUID) -> None:
    """End a team; Conflict while tickets that are not done are its own."""
    if await db.fetchval(SQL["has_open_tickets"], workspace_id, team_id):
        raise Conflict("Tickets are still assigned to this team")
    await db.execute(SQL["delete_team"], workspace_id, team_id)
