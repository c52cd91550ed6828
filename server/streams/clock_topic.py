"""The topic `ticket-clocks`: the part of the log that changes an SLA clock, as stream records."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from server.domain.events import SlaEvent
from server.domain.log import PARTITIONS
from server.store import log
from server.store.bell import Bell
from server.store.log import Entry
from server.store.pool import Store
from server.streams.topic import Record

NAME = "ticket-clocks"


class ClockRecord(msgspec.Struct, frozen=True):
    """An event that changes a clock, with whose it is: all that the alarm clocks need.

    The event stays as its row holds it, so that one that this version does not know has a place still.
    """

    workspace_id: UUID
    ticket_id: UUID
    seq: int
    written: msgspec.Raw

    def event(self) -> SlaEvent:
        """The event itself; raises msgspec.ValidationError for what this version does not know."""
        return _event_decoder.decode(self.written)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ClockRecord)
_event_decoder: msgspec.json.Decoder[SlaEvent] = msgspec.json.Decoder(SlaEvent)


def decode_record(value: bytes) -> ClockRecord:
    """The record of a stream value."""
    return _decoder.decode(value)


def _record(entry: Entry) -> Record:
    written = msgspec.Raw(entry.data.encode())
    value = _encoder.encode(ClockRecord(entry.workspace_id, entry.ticket_id, entry.seq, written))
    at = entry.at.timestamp()
    return Record(entry.partition, entry.offset, at, entry.ticket_id.bytes, value)


class ClockTopic:
    """Reads the log straight; its positions are those of the consumer of this name."""

    name = NAME
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
