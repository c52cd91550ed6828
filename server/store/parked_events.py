"""Events that a consumer of the log passed over: listed for admins, and told to it once more.

`claim` takes a connection without a workspace and goes through a function of parley_definer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.domain.parked_resources import Obstacle, ParkedEvent
from server.store.listing import Listing, Slice, Sort
from server.store.log import Entry
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("parked_events")
_SHOWN = tuple(name for name in ParkedEvent.__struct_fields__ if name != "obstacle")
LISTING = Listing(
    SQL["select_parked"],
    "p.id",
    filters={"id": "p.id = {}", "consumer": "p.consumer = {}"},
    sorts={"at": Sort("p.parked_at", datetime)},
)


class Claimed(msgspec.Struct, frozen=True):
    """A parked event that is to be told again."""

    id: UUID
    consumer: str
    entry: Entry


def shape(row: Any, consumers: Collection[str]) -> ParkedEvent:
    """The resource of a row, in a desk where these consumers run."""
    obstacle: Obstacle | None = None if row["kept"] else "event_gone"
    if row["consumer"] not in consumers:
        obstacle = "consumer_off"
    return ParkedEvent(**{name: row[name] for name in _SHOWN}, obstacle=obstacle)


async def list_parked(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of parked events, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_parked(
    db: Connection, workspace_id: UUID, parked_id: UUID, consumers: Collection[str]
) -> ParkedEvent | None:
    """One parked event, in a desk where these consumers run."""
    rows = await list_parked(db, workspace_id, {"id": parked_id}, Slice("at", True, 1))
    return shape(rows[0], consumers) if rows else None


async def ask(db: Connection, workspace_id: UUID, parked_id: UUID) -> None:
    """Let a parked event be told again; harmless when it is not there."""
    await db.execute(SQL["ask"], workspace_id, parked_id)


async def claim(
    db: Connection,
    consumers: Collection[str],
    partitions: Collection[int],
    max_events: int,
    lease: timedelta,
) -> list[Claimed]:
    """Take events of some partitions, to be told to these consumers again.

    Those that are not settled come back after `lease`.
    """
    rows = await db.fetch(SQL["claim"], list(consumers), list(partitions), max_events, lease)
    return [Claimed(row[0], row[1], Entry(*row[2:])) for row in map(tuple, rows)]


async def settle(db: Connection, workspace_id: UUID, parked_id: UUID) -> None:
    """It was digested."""
    await db.execute(SQL["settle"], workspace_id, parked_id)


async def park_again(db: Connection, workspace_id: UUID, parked_id: UUID, error: Exception) -> None:
    """It was not digested this time either."""
    await db.execute(SQL["park_again"], workspace_id, parked_id, repr(error)[:1000])
