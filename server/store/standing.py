"""Which credentials still hold, of many at once; and which agents are connected, to which processes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import asyncpg

from server.domain.resources import AgentStatus
from server.store.statements import statements

_SQL = statements("standing")


async def list_standing(
    db: asyncpg.Connection, workspace_id: UUID, ids: Collection[UUID]
) -> dict[UUID, UUID | None]:
    """Those of the sessions, API tokens and visitors `ids` that hold, a visitor with their customer."""
    rows = await db.fetch(_SQL["list_standing"], workspace_id, list(ids))
    return {row["id"]: row["customer_id"] for row in rows}


async def come_online(
    db: asyncpg.Connection, workspace_id: UUID, agent_id: UUID, process_id: UUID
) -> AgentStatus:
    """An agent has connected: who was offline is online, who was away stays so. Returns the status."""
    status: AgentStatus = await db.fetchval(_SQL["come_online"], workspace_id, agent_id, process_id)
    return status


async def disconnect(db: asyncpg.Connection, workspace_id: UUID, agent_id: UUID, process_id: UUID) -> bool:
    """An agent's last connection to a process is gone; returns whether that was the last anywhere."""
    await db.execute(_SQL["lock_presence"], workspace_id, agent_id)
    await db.execute(_SQL["disconnect"], workspace_id, agent_id, process_id)
    return await db.fetchval(_SQL["go_offline"], workspace_id, agent_id) is not None


async def vouch(
    db: asyncpg.Connection, workspace_id: UUID, agent_ids: Collection[UUID], process_id: UUID
) -> dict[UUID, AgentStatus]:
    """Say that these are still connected to a process; returns the statuses of those believed."""
    rows = await db.fetch(_SQL["vouch"], workspace_id, list(agent_ids), process_id)
    return {row["agent_id"]: row["status"] for row in rows}


async def leave_soon(db: asyncpg.Connection, workspace_id: UUID, process_id: UUID, age: timedelta) -> None:
    """Let a process's connections look as old as `age`: they are about to be reaped."""
    await db.execute(_SQL["leave_soon"], workspace_id, process_id, age)


async def reap(db: asyncpg.Connection, older_than: timedelta, most: int) -> list[tuple[UUID, UUID]]:
    """Forget connections that nobody has vouched for in so long; returns workspace and id of agents who are
    offline for that. Takes a connection without a workspace."""
    rows = await db.fetch(_SQL["reap"], older_than, most)
    return [(row["workspace_id"], row["agent_id"]) for row in rows]


async def set_status(db: asyncpg.Connection, workspace_id: UUID, agent_id: UUID, status: AgentStatus) -> None:
    """What an agent says of their availability."""
    await db.execute(_SQL["set_status"], workspace_id, agent_id, status)
