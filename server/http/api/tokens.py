"""API tokens: a machine acts as the agent whose token it has."""

import secrets

import msgspec

from server.clock import new_id
from server.domain.errors import NotFound, NotPermitted
from server.domain.resources import ApiToken, NewApiToken, Page
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, Id, Name
from server.http.operation import operation
from server.http.page import whole
from server.queries.credentials import TOKEN_PREFIX, digest_of
from server.store import agents, credentials
from server.store.pool import Connection


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token is for."""

    name: Name


class TokenPath(msgspec.Struct, frozen=True):
    """The path of a token."""

    id: Id
    token_id: Id


async def _owner(call: Call, db: Connection, agent_id: Id) -> None:
    """Raise unless the asking agent may see this one's tokens: their own, or as an admin."""
    if await agents.find_agent(db, call.workspace_id, agent_id) is None:
        raise NotFound
    if agent_id != call.agent.id and call.agent.role != "admin":
        raise NotPermitted("Only an admin sees the tokens of others")


@operation("GET", "/agents/{id}/tokens", Action.OWN_ACCOUNT, {200: Page[ApiToken]})
async def list_tokens(call: Call, db: Connection, path: ById) -> Page[ApiToken]:
    """List an agent's tokens, oldest first, a hundred at most."""
    await _owner(call, db, path.id)
    rows = await credentials.list_tokens(db, call.workspace_id, path.id)
    return whole([_shape(row) for row in rows])


@operation("POST", "/agents/{id}/tokens", Action.OWN_ACCOUNT, {201: NewApiToken})
async def make(call: Call, db: Connection, path: ById, body: NewToken) -> NewApiToken:
    """Make a token; its secret is shown this once.

    Only the agent themselves may: a token acts in their name.
    """
    await _owner(call, db, path.id)
    if path.id != call.agent.id:
        raise NotPermitted("A token acts as its agent, so only they make one")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    made = await credentials.add_token(db, call.workspace_id, new_id(), path.id, body.name, digest_of(secret))
    return NewApiToken(
        id=made.id,
        name=made.name,
        created_at=made.created_at,
        last_used_at=made.last_used_at,
        token=secret,
    )


@operation("DELETE", "/agents/{id}/tokens/{token_id}", Action.OWN_ACCOUNT, {204: None})
async def revoke(call: Call, db: Connection, path: TokenPath) -> None:
    """End a token; what it had open ends within five seconds."""
    await _owner(call, db, path.id)
    if not await credentials.revoke_token(db, call.workspace_id, path.id, path.token_id):
        raise NotFound
    call.state.credentials.forget()


def _shape(token: credentials.Token) -> ApiToken:
    return ApiToken(
        id=token.id,
        name=token.name,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
    )


OPERATIONS = (list_tokens, make, revoke)
