"""Topics that streams write: appended, read by position, compacted by key or trimmed when read.

Every function takes a connection without a workspace. A position is the last offset that was read, 0 before
the first record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from server.store.pool import Connection
from server.store.statements import statements

MAX_RECORDS = 100_000
"""That wait in a partition of a queue; what is more is refused."""
_SQL = statements("stream_records")


class Unwritten(NamedTuple):
    """A record to append; `at` in Unix seconds, no value to take the key away."""

    partition: int
    at: float
    key: bytes
    value: bytes | None


class Stored(NamedTuple):
    """A record of a topic; `at` in Unix seconds."""

    partition: int
    offset: int
    at: float
    key: bytes
    value: bytes | None


class TopicMismatch(Exception):
    """A topic is there already, with other partitions or another way to forget."""


class TopicFull(Exception):
    """Nobody reads a queue: what is written to it is refused."""


async def declare(db: Connection, topic: str, partitions: int, *, compacted: bool) -> None:
    """Make a topic that is missing; repeating it is harmless. Raises TopicMismatch."""
    row = await db.fetchrow(_SQL["declare"], topic, partitions, compacted)
    if tuple(row) != (partitions, compacted):
        raise TopicMismatch(f"{topic} has {row['partitions']} partitions, compacted: {row['compacted']}")


async def append(
    db: Connection, topic: str, records: Sequence[Unwritten], max_records: int = MAX_RECORDS
) -> list[int]:
    """Append records in one transaction; the offset of each. Raises TopicFull."""
    partitions, ats, keys, values = (list(column) for column in zip(*records, strict=True))
    times = [datetime.fromtimestamp(at, UTC) for at in ats]
    rows = await db.fetch(_SQL["append"], topic, partitions, times, keys, values, max_records)
    if not rows:
        raise TopicFull(topic)
    return [row["given"] for row in rows]


async def read(db: Connection, topic: str, positions: Mapping[int, int], limit: int) -> list[Stored]:
    """At most `limit` records above each position, ordered by partition and offset."""
    rows = await db.fetch(_SQL["read"], topic, list(positions.keys()), list(positions.values()), limit)
    return [
        Stored(row["partition"], row["offset"], row["at"].timestamp(), row["key"], row["value"])
        for row in rows
    ]


async def fetch_heads(db: Connection, topic: str) -> dict[int, int]:
    """The newest offset of every partition."""
    return {row["partition"]: row["offset"] for row in await db.fetch(_SQL["heads"], topic)}


async def trim(db: Connection, topic: str, positions: Mapping[int, int]) -> None:
    """Forget what was read of a queue; nothing of a compacted topic."""
    await db.execute(_SQL["trim"], topic, list(positions.keys()), list(positions.values()))
