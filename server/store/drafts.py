"""Shared drafts in Postgres: updates that are added, read by whoever lacks them, and taken together."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import asyncpg
import msgspec

from server.domain.errors import NotFound
from server.store.statements import statements

_SQL = statements("drafts")


class Update(msgspec.Struct, frozen=True):
    """Some of a draft's edits, in one Yjs update."""

    id: UUID
    data: bytes


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a draft, in no order."""

    generation: int
    updates: list[Update]


async def list_updates(
    db: asyncpg.Connection, workspace_id: UUID, ticket_id: UUID, known: Collection[UUID]
) -> Kept:
    """A ticket's draft, without the updates that are `known`. Raises NotFound where there is no ticket."""
    rows = await db.fetch(_SQL["list_updates"], workspace_id, ticket_id, list(known))
    if not rows:
        raise NotFound
    updates = [Update(row["id"], row["data"]) for row in rows if row["id"] is not None]
    return Kept(rows[0]["draft_generation"], updates)


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
