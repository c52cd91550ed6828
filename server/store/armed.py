"""The armed SLA clocks of all workspaces, in the order in which they ring: what alarms are set by at a start.

The column is the truth and the alarms only ring; nothing is written here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from typing import NamedTuple, get_args
from uuid import UUID

from server.domain.events import TargetName
from server.store.pool import Connection
from server.store.statements import statements

_SQL = statements("armed")
_PAGE = 5000
_NAMES: dict[str, TargetName] = {name: name for name in get_args(TargetName)}


class Armed(NamedTuple):
    """A target whose clock will ring at `next_at`."""

    workspace_id: UUID
    ticket_id: UUID
    target: TargetName
    next_at: datetime


_START = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0), UUID(int=0), "")


async def pages_of_armed(
    db: Connection, partitions: Collection[int], page: int = _PAGE
) -> AsyncIterator[list[Armed]]:
    """All whose tickets are in some partitions, in the order in which they ring, at most `page` at a time."""
    places = list(partitions)
    after: tuple[datetime, UUID, UUID, str] = _START
    workspaces: dict[UUID, UUID] = {}  # one object for all clocks of a workspace: a million are kept
    while True:
        rows = await db.fetch(_SQL["list_armed"], places, *after, page)
        if not rows:
            return
        found = [
            Armed(workspaces.setdefault(workspace_id, workspace_id), ticket_id, _NAMES[target], next_at)
            for workspace_id, ticket_id, target, next_at in rows
        ]
        yield found
        after = (found[-1].next_at, found[-1].workspace_id, found[-1].ticket_id, found[-1].target)


async def list_armed_of(db: Connection, workspace_id: UUID, ticket_id: UUID) -> list[Armed]:
    """Those of a ticket; `db` is of its workspace."""
    return [Armed(*row) for row in await db.fetch(_SQL["list_armed_of"], workspace_id, ticket_id)]


async def list_overdue(db: Connection, before: datetime, limit: int) -> list[Armed]:
    """At most `limit` that should have rung before an instant and did not, earliest first."""
    return [Armed(*row) for row in await db.fetch(_SQL["list_overdue"], *_START, before, limit)]
