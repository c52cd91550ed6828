"""Shared drafts in Postgres: updates that are added, read by whoever lacks them, and taken together."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import asyncpg
import msgspec

from server.store.statements import statements

_SQL = statements("drafts")


class Update(msgspec.Struct, frozen=True):
    """Some of a draft's edits, in one Yjs update."""

    id: UUID
    data: bytes


class Head(msgspec.Struct, frozen=True):
    """Where a ticket's draft is: its generation, and the ids of what is kept of it."""

    generation: int
    ids: frozenset[UUID]


async def list_heads(
    db: asyncpg.Connection, workspace_id: UUID, ticket_ids: Collection[UUID]
) -> dict[UUID, Head]:
    """The drafts of those tickets that exist."""
    rows = await db.fetch(_SQL["list_heads"], workspace_id, list(ticket_ids))
    return {row["id"]: Head(row["draft_generation"], frozenset(row["ids"])) for row in rows}


async def fetch_updates(
    db: asyncpg.Connection, workspace_id: UUID, ticket_id: UUID, ids: Collection[UUID]
) -> list[Update]:
    """Updates of a draft, in no order; those that are gone meanwhile are left out."""
    rows = await db.fetch(_SQL["fetch_updates"], workspace_id, ticket_id, list(ids))
    return [Update(row["id"], row["data"]) for row in rows]


async def add_update(
    db: asyncpg.Connection, workspace_id: UUID, ticket_id: UUID, generation: int, update: Update
) -> bool:
    """Keep an update; False when its draft was sent."""
    done = await db.execute(_SQL["add_update"], workspace_id, ticket_id, generation, update.id, update.data)
    return bool(done == "INSERT 0 1")


async def delete_updates(
    db: asyncpg.Connection, workspace_id: UUID, ticket_id: UUID, ids: Collection[UUID]
) -> None:
    """Delete updates that an added one takes in; harmless to repeat."""
    await db.execute(_SQL["delete_updates"], workspace_id, ticket_id, list(ids))
