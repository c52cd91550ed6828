"""Up to which moment roll-ups are complete, and what readers know them by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from server.store import rollups
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("reports")
FRESH = timedelta(seconds=5)


class Freshness(NamedTuple):
    """Everything that happened before `as_of` is counted; `version` names the state of sums and names.

    `time_zone` is whose days they are told by unless a reader says otherwise.
    """

    as_of: datetime
    lag_seconds: float
    version: str
    time_zone: str


async def fetch_freshness(db: Connection, workspace_id: UUID, now: datetime) -> Freshness:
    """How complete a workspace's roll-ups are."""
    row = await db.fetchrow(SQL["find_version"], workspace_id)
    as_of = await rollups.fetch_complete_until(db, workspace_id, now)
    lag = now - as_of
    stale = as_of.isoformat() if lag > FRESH else ""
    version = f"{row['config_version']}.{row['version']}.{stale}"
    return Freshness(as_of, lag.total_seconds(), version, row["time_zone"])
