"""Reads a workspace's configuration as one snapshot."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec

from server.domain.desk import Desk, Inbox
from server.domain.identity import Agent
from server.domain.sla import Policy
from server.store.statements import statements

_SQL = statements("tickets")


async def fetch_desk(db: asyncpg.Connection, workspace_id: UUID) -> Desk:
    """The desk as the running transaction sees it."""
    row = await db.fetchrow(_SQL["fetch_desk"], workspace_id)
    agents = msgspec.json.decode(row["agents"], type=list[Agent])
    inboxes = msgspec.json.decode(row["inboxes"], type=list[Inbox])
    return Desk(
        workspace_id,
        row["version"] or 0,
        {agent.id: agent for agent in agents},
        msgspec.json.decode(row["teams"], type=dict[UUID, str]),
        {inbox.id: inbox for inbox in inboxes},
        msgspec.json.decode(row["tags"], type=dict[UUID, str]),
        {row["priority_level"]: _policy(row) for row in await db.fetch(_SQL["fetch_policies"], workspace_id)},
    )


async def fetch_version(db: asyncpg.Connection, workspace_id: UUID) -> int:
    """The version of the desk, raised by every change of it."""
    version: int = await db.fetchval(_SQL["fetch_version"], workspace_id)
    return version


def _policy(row: asyncpg.Record) -> Policy:
    minutes, hours = row["first_response_time_minutes"], row["resolution_time_hours"]
    return Policy(
        row["id"],
        row["priority_level"],
        None if minutes is None else timedelta(minutes=minutes),
        None if hours is None else timedelta(hours=hours),
        row["warning_percent"],
    )
