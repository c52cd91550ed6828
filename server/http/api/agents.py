"""Agents: who works here, and what an admin may change about them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.clock import new_id
from server.domain.errors import NotFound
from server.domain.identity import Role
from server.domain.resources import Agent, Page
from server.domain.rights import Action
from server.http.api.session import check_password
from server.http.call import Call
from server.http.inputs import ById, Email, Id, Ids, Name, Password
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import agents, credentials
from server.store.pool import Connection

Roles = Annotated[list[Role], Meta(min_length=1, max_length=1)]


def _just_agent() -> list[Role]:
    return ["agent"]


class AgentsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which agents."""

    sort: Literal["name", "-name", "email", "-email", "created_at", "-created_at"] = "name"
    active: bool | None = None
    role: Role | None = None
    team_id: Id | None = None


class NewAgent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agent to be; without a password they cannot sign in until an admin sets one."""

    name: Name
    email: Email
    roles: Roles = msgspec.field(default_factory=_just_agent)
    password: Password | None = None
    team_ids: Ids = []
    inbox_ids: Ids = []


class AgentChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | None = None
    email: Email | None = None
    roles: Roles | None = None
    team_ids: Ids | None = None
    inbox_ids: Ids | None = None
    active: bool | None = None


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A password that an admin sets."""

    password: Password


@operation("GET", "/agents", Action.READ_DESK, {200: Page[Agent]})
async def list_agents(call: Call, db: Connection, query: AgentsQuery) -> Page[Agent]:
    """List agents.

    Sorted by `name`, `email` or `created_at`.
    """
    part = slice_of(query, agents.LISTING.sorts, query.sort)
    filters = {"active": query.active, "role": query.role, "team_id": query.team_id}
    rows = await agents.list_agents(db, call.workspace_id, filters, part)
    return page_of(rows, part, agents.shape, call.path, call.query_string)


@operation("POST", "/agents", Action.MANAGE_DESK, {201: Agent}, tagged=True)
async def add(call: Call, db: Connection, body: NewAgent) -> Agent:
    """Add an agent."""
    hashed = None
    if body.password is not None:
        check_password(body.password)
        hashed = await call.state.passwords.hash(body.password)
    agent_id = new_id()
    await agents.add_agent(db, call.workspace_id, agent_id, body.name, body.email, body.roles[0], hashed)
    await agents.set_teams(db, call.workspace_id, agent_id, body.team_ids)
    await agents.set_inboxes(db, call.workspace_id, agent_id, body.inbox_ids)
    return await _fetch(call, db, agent_id)


@operation("GET", "/agents/me", Action.READ_DESK, {200: Agent}, tagged=True)
async def read_me(call: Call, db: Connection) -> Agent:
    """Read the agent who asks."""
    return await _fetch(call, db, call.agent.id)


@operation("GET", "/agents/{id}", Action.READ_DESK, {200: Agent}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> Agent:
    """Read an agent."""
    return await _fetch(call, db, path.id)


@operation("PATCH", "/agents/{id}", Action.MANAGE_DESK, {200: Agent}, tagged=True, refusals=("conflict",))
async def change(call: Call, db: Connection, path: ById, body: AgentChange) -> Agent:
    """Change an agent.

    Deactivating one ends their sessions and tokens; what they had open ends within five seconds.
    The last admin stays one.
    """
    await agents.lock_agent(db, call.workspace_id, path.id)
    call.require_match(await _fetch(call, db, path.id))
    await agents.change_agent(
        db,
        call.workspace_id,
        path.id,
        name=body.name,
        email=body.email,
        role=None if body.roles is None else body.roles[0],
        active=body.active,
    )
    if body.team_ids is not None:
        await agents.set_teams(db, call.workspace_id, path.id, body.team_ids)
    if body.inbox_ids is not None:
        await agents.set_inboxes(db, call.workspace_id, path.id, body.inbox_ids)
    if body.active is False:
        await credentials.end_sessions_of(db, call.workspace_id, path.id)
        await credentials.revoke_tokens_of(db, call.workspace_id, path.id)
    call.state.credentials.forget()
    return await _fetch(call, db, path.id)


@operation("PUT", "/agents/{id}/password", Action.MANAGE_DESK, {204: None})
async def set_password(call: Call, path: ById, body: NewPassword) -> None:
    """Set an agent's password.

    All their sessions end.
    """
    check_password(body.password)
    workspace_id = call.workspace_id
    hashed = await call.state.passwords.hash(body.password)
    async with call.state.store.write(workspace_id) as db:
        if not await credentials.set_password(db, workspace_id, path.id, hashed):
            raise NotFound
        await credentials.end_sessions_of(db, workspace_id, path.id)
    call.state.credentials.forget()


async def _fetch(call: Call, db: Connection, agent_id: Id) -> Agent:
    found = await agents.find_agent(db, call.workspace_id, agent_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (list_agents, add, read_me, read, change, set_password)
