"""The topic `ticket-clocks`: the part of the log that changes an SLA clock, as stream records."""

from __future__ import annotations

from collections.abc import Mapping

from server.domain.log import PARTITIONS
from server.store import log
from server.store.bell import Bell
from server.store.log import Entry
from server.store.pool import Store
from server.store.stream_record import CLOCKS, encode_clock_record
from server.streams.topic import Record


def _record(entry: Entry) -> Record:
    at, key = entry.at.timestamp(), str(entry.ticket_id).encode()
    return Record(entry.partition, entry.offset, at, key, encode_clock_record(entry))


class ClockTopic:
    """Reads the log straight; its positions are those of the consumer of this name."""

    name = CLOCKS
    partitions = PARTITIONS

    def __init__(self, store: Store, bell: Bell, consumer: str) -> None:
        self._store = store
        self._consumer = consumer
        self.bell = bell

    async def read(self, positions: Mapping[int, int], limit: int) -> list[Record]:
        async with self._store.across() as db:
            entries = await log.read(db, positions, limit, clocks_only=True)
        return [_record(entry) for entry in entries]

    async def fetch_heads(self) -> dict[int, int]:
        async with self._store.across() as db:
            return await log.fetch_heads(db)

    async def fetch_committed(self) -> dict[int, int]:
        async with self._store.across() as db:
            return await log.fetch_committed(db, self._consumer)

    async def commit(self, positions: Mapping[int, int]) -> None:
        async with self._store.across() as db:
            await log.commit(db, self._consumer, positions)
