"""Teams of agents."""

from typing import Literal

import msgspec

from server.clock import new_id
from server.domain.errors import NotFound
from server.domain.resources import Page, Team
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, Id, Ids, Name
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import teams
from server.store.pool import Connection


class TeamsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which teams, in which order."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class NewTeam(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A team to be."""

    name: Name
    agent_ids: Ids = []


class TeamChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | None = None
    agent_ids: Ids | None = None


@operation("GET", "/teams", Action.READ_DESK, {200: Page[Team]})
async def list_teams(call: Call, db: Connection, query: TeamsQuery) -> Page[Team]:
    """List teams.

    Sorted by `name` or `created_at`.
    """
    part = slice_of(query, teams.LISTING.sorts, query.sort)
    rows = await teams.list_teams(db, call.workspace_id, {}, part)
    return page_of(rows, part, teams.shape, call.path, call.query_string)


@operation("POST", "/teams", Action.MANAGE_DESK, {201: Team}, tagged=True)
async def add(call: Call, db: Connection, body: NewTeam) -> Team:
    """Make a team."""
    team_id = new_id()
    await teams.add_team(db, call.workspace_id, team_id, body.name, body.agent_ids)
    return await _fetch(call, db, team_id)


@operation("GET", "/teams/{id}", Action.READ_DESK, {200: Team}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> Team:
    """Read a team."""
    return await _fetch(call, db, path.id)


@operation("PATCH", "/teams/{id}", Action.MANAGE_DESK, {200: Team}, tagged=True, refusals=("conflict",))
async def change(call: Call, db: Connection, path: ById, body: TeamChange) -> Team:
    """Change a team's name or members."""
    await teams.lock_team(db, call.workspace_id, path.id)
    call.require_match(await _fetch(call, db, path.id))
    if body.name is not None:
        await teams.rename_team(db, call.workspace_id, path.id, body.name)
    if body.agent_ids is not None:
        await teams.set_members(db, call.workspace_id, path.id, body.agent_ids)
    return await _fetch(call, db, path.id)


@operation("DELETE", "/teams/{id}", Action.MANAGE_DESK, {204: None}, tagged=True, refusals=("conflict",))
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End a team, unless open tickets are assigned to it."""
    await teams.lock_team(db, call.workspace_id, path.id)
    call.require_match(await _fetch(call, db, path.id))
    await teams.delete_team(db, call.workspace_id, path.id)


async def _fetch(call: Call, db: Connection, team_id: Id) -> Team:
    found = await teams.find_team(db, call.workspace_id, team_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (list_teams, add, read, change, remove)
