"""Which credentials still hold, of many at once."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import asyncpg

from server.store.statements import statements

_SQL = statements("standing")


async def list_standing(db: asyncpg.Connection, workspace_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of the sessions, API tokens and visitors `ids` that were not ended."""
    return {row["id"] for row in await db.fetch(_SQL["list_standing"], workspace_id, list(ids))}


async def come_online(db: asyncpg.Connection, workspace_id: UUID, agent_id: UUID) -> str:
    """An agent has connected: who was offline is online, who was away stays so. Returns the status."""
    status: str = await db.fetchval(_SQL["come_online"], workspace_id, agent_id)
    return status


async def set_status(db: asyncpg.Connection, workspace_id: UUID, agent_id: UUID, status: str) -> None:
    """What an agent says of their availability."""
    await db.execute(_SQL["set_status"], workspace_id, agent_id, status)
