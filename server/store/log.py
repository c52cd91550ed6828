"""The log: every committed event in one dense order per partition, and who has read how far.

The writer leaves its events in `log_pending`; the sequencer calls `number`; readers call `read` with
the last offset they are done with. A position is such an offset, 0 before the first event. Every
function takes a connection without a workspace and sees all of them: what it returns never leaves
the process unjudged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter, Gauge

from server.domain.events import Event, decode_event
from server.domain.identity import ActorType
from server.domain.log import PARTITIONS
from server.store.pool import Store
from server.store.statements import statements

Positions = Mapping[int, int]
_SQL = statements("log")

lag = Gauge("parley_log_lag_events", "Events that a consumer has yet to be told.", ["consumer"])
_parked = Counter("parley_log_parked_events_total", "Events passed over.", ["consumer"])
_logger = structlog.get_logger(__name__)


class Place(NamedTuple):
    """Where an event is, in the log and in its ticket."""

    partition: int
    offset: int
    workspace_id: UUID
    ticket_id: UUID
    seq: int


class Entry(msgspec.Struct, frozen=True):
    """An event in its place in the log; `data` is the event as its row holds it."""

    partition: int
    offset: int
    workspace_id: UUID
    ticket_id: UUID
    seq: int
    public_seq: int | None
    type: str
    at: datetime
    actor_type: ActorType
    actor_id: UUID | None
    data: str

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.partition, self.offset, self.workspace_id, self.ticket_id, self.seq)

    def event(self) -> Event:
        """The event itself; raises msgspec.ValidationError for what this version does not know."""
        return decode_event(self.data)


async def number(db: asyncpg.Connection, max_batches: int) -> tuple[int, int]:
    """Give pending batches their offsets; returns how many batches and events that were."""
    row = await db.fetchrow(_SQL["number"], max_batches)
    return row["batches"], row["events"]


async def fetch_heads(db: asyncpg.Connection) -> dict[int, int]:
    """The newest offset of every partition."""
    return _by_partition(await db.fetch(_SQL["heads"]))


async def read(
    db: asyncpg.Connection, positions: Positions, limit: int, *, clocks_only: bool = False
) -> list[Entry]:
    """At most `limit` events above each position, ordered by partition and offset.

    With `clocks_only` those that change an SLA clock: their offsets have gaps.
    """
    rows = await db.fetch(
        _SQL["read_clocks" if clocks_only else "read"],
        list(positions.keys()),
        list(positions.values()),
        limit,
    )
    return [Entry(*row) for row in rows]


async def list_places(db: asyncpg.Connection, positions: Positions, limit: int) -> list[Place]:
    """Where `read` would find something, without what happened there: at a fraction of its cost."""
    rows = await db.fetch(_SQL["places"], list(positions.keys()), list(positions.values()), limit)
    return [Place(*row) for row in rows]


async def fetch_committed(
    db: asyncpg.Connection, consumer: str, partitions: int = PARTITIONS
) -> dict[int, int]:
    """The positions of a consumer, 0 in every partition that it has not been through yet."""
    committed = _by_partition(await db.fetch(_SQL["committed"], consumer))
    return {partition: committed.get(partition, 0) for partition in range(partitions)}


async def commit(db: asyncpg.Connection, consumer: str, positions: Positions) -> None:
    """Remember that a consumer is done with everything up to `positions`; repeating it is harmless."""
    await db.execute(_SQL["commit"], consumer, list(positions.keys()), list(positions.values()))


async def park(store: Store, consumer: str, place: Place, error: Exception) -> None:
    """Keep an event as one that `consumer` passes over, and tell; repeating it is harmless.

    Raises Unavailable.
    """
    _parked.labels(consumer).inc()
    _logger.error(
        "event_parked",
        consumer=consumer,
        workspace_id=str(place.workspace_id),
        ticket_id=str(place.ticket_id),
        seq=place.seq,
        exc_info=error,
    )
    async with store.write(place.workspace_id) as db:
        await db.execute(_SQL["park"], consumer, *place, repr(error)[:1000])


def ends(entries: Sequence[Entry] | Sequence[Place]) -> dict[int, int]:
    """The position in each partition after all of `entries`, which are in order."""
    return {entry.partition: entry.offset for entry in entries}


def _by_partition(rows: Sequence[asyncpg.Record]) -> dict[int, int]:
    return {row["partition"]: row["offset"] for row in rows}
