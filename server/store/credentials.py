"""Sessions, API tokens and visitors: what a secret that somebody shows us stands for.

Only digests are stored (SHA-256; the secrets are random, so no slow hash is needed).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from server.domain.identity import Agent, Customer
from server.store.pool import Connection, Store
from server.store.statements import statements

SQL = statements("credentials")


class Found(msgspec.Struct, frozen=True):
    """A session or API token that holds: whose it is, and the session's CSRF token."""

    workspace_id: UUID
    id: UUID
    agent_id: UUID
    csrf_token: str | None = None


class SignIn(msgspec.Struct, frozen=True):
    """An agent who may be the one who signs in, with the Argon2id hash of their password."""

    workspace_id: UUID
    agent_id: UUID
    password_hash: str | None


class Token(msgspec.Struct, frozen=True):
    """An API token as it is listed; the secret is shown once and not kept."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


async def find_session(store: Store, digest: bytes) -> Found | None:
    """The session of this digest, while it lasts."""
    return await _found(store, "find_session", digest)


async def find_api_token(store: Store, digest: bytes) -> Found | None:
    """The API token of this digest, unless it was revoked."""
    return await _found(store, "find_api_token", digest)


async def _found(store: Store, name: str, digest: bytes) -> Found | None:
    async with store.across() as db:
        row = await db.fetchrow(SQL[name], digest)
    if row is None:
        return None
    return Found(row["workspace_id"], row["id"], row["agent_id"], row["csrf_token"])


async def find_agent(db: Connection, workspace_id: UUID, agent_id: UUID) -> Agent | None:
    """An active agent with their rights as they are now."""
    row = await db.fetchrow(SQL["find_agent"], workspace_id, agent_id)
    if row is None:
        return None
    inbox_ids = frozenset(row["inbox_ids"])
    return Agent(workspace_id, agent_id, row["name"], row["role"], inbox_ids)


async def list_visitors(
    db: Connection, workspace_id: UUID, visitor_ids: Collection[UUID]
) -> dict[UUID, Customer]:
    """The customers behind those visitors who have not signed out, by the visitors' ids."""
    rows = await db.fetch(SQL["list_visitors"], workspace_id, list(visitor_ids))
    return {
        row["id"]: Customer(
            workspace_id,
            row["customer_id"],
            row["name"],
            visitor_id=row["id"],
            inbox_id=row["inbox_id"],
            verified=row["verified"],
        )
        for row in rows
    }


async def find_sign_ins(store: Store, email: str) -> list[SignIn]:
    """Who may sign in with an address: one agent in each workspace at most, eight in all."""
    async with store.across() as db:
        rows = await db.fetch(SQL["find_sign_ins"], email)
    return [SignIn(r["workspace_id"], r["agent_id"], r["password_hash"]) for r in rows]


async def open_session(
    db: Connection,
    workspace_id: UUID,
    session_id: UUID,
    agent_id: UUID,
    digest: bytes,
    csrf_token: str,
    lasts: timedelta,
) -> None:
    """Keep a new session."""
    await db.execute(SQL["open_session"], workspace_id, session_id, agent_id, digest, csrf_token, lasts)


async def end_session(db: Connection, workspace_id: UUID, session_id: UUID) -> None:
    """Sign out; harmless to repeat."""
    await db.execute(SQL["end_session"], workspace_id, session_id)


async def end_sessions_of(
    db: Connection, workspace_id: UUID, agent_id: UUID, *, spare: UUID | None = None
) -> None:
    """Sign an agent out everywhere, but for the session `spare`."""
    await db.execute(SQL["end_sessions_of"], workspace_id, agent_id, spare)


async def find_password(db: Connection, workspace_id: UUID, agent_id: UUID) -> str | None:
    """The Argon2id hash of an active agent's password, when one is set."""
    found: str | None = await db.fetchval(SQL["find_password"], workspace_id, agent_id)
    return found


async def set_password(db: Connection, workspace_id: UUID, agent_id: UUID, password_hash: str) -> bool:
    """Replace a password's hash; False when there is no such agent."""
    done: str = await db.execute(SQL["set_password"], workspace_id, agent_id, password_hash)
    return done != "UPDATE 0"


async def list_tokens(db: Connection, workspace_id: UUID, agent_id: UUID) -> Sequence[Token]:
    """The tokens of an agent, oldest first, a hundred at most."""
    rows = await db.fetch(SQL["list_tokens"], workspace_id, agent_id)
    return [Token(**row) for row in rows]


async def add_token(
    db: Connection, workspace_id: UUID, token_id: UUID, agent_id: UUID, name: str, digest: bytes
) -> Token:
    """Keep a new token's digest."""
    row = await db.fetchrow(SQL["add_token"], workspace_id, token_id, agent_id, name, digest)
    return Token(**row)


async def revoke_token(db: Connection, workspace_id: UUID, agent_id: UUID, token_id: UUID) -> bool:
    """End a token; False when the agent has no such token."""
    revoked = await db.fetchval(SQL["revoke_token"], workspace_id, agent_id, token_id)
    return revoked is not None


async def revoke_tokens_of(db: Connection, workspace_id: UUID, agent_id: UUID) -> None:
    """End all tokens of an agent."""
    await db.execute(SQL["revoke_tokens_of"], workspace_id, agent_id)


async def touch_token(db: Connection, workspace_id: UUID, token_id: UUID) -> None:
    """Note that a token is in use, to the minute."""
    await db.execute(SQL["touch_token"], workspace_id, token_id)


async def sweep_sessions(db: Connection, workspace_id: UUID) -> None:
    """Forget sessions that ended or expired a day ago."""
    await db.execute(SQL["sweep_sessions"], workspace_id)
