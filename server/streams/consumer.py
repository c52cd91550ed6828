"""Faust's consumer over topics that lie in Postgres.

Faust speaks of the next offset to read, our topics of the last one that was: the difference of one is
bridged here and nowhere else. Offsets may have gaps (a topic may be a part of the log), so what may be
committed is kept as the queue of delivered offsets instead of Faust's search for neighbours.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

import structlog
from faust.transport.consumer import Consumer
from faust.types import TP, ConsumerMessage

from server.domain.errors import Unavailable
from server.streams.stored_topic import Topics
from server.streams.topic import Record, Topic

_AWAY_SECONDS = 0.5
_GATHER_SECONDS = 0.05  # most of what grows the log sets no clock: twenty looks a second are enough
_MAX_RECORDS = 200
_CREATE_TIME = 0  # the record's timestamp is that of the event, not of its arrival here

_logger = structlog.get_logger(__name__)


class LogConsumer(Consumer):
    """Reads every partition of the subscribed topics; at-least-once, in each partition's order."""

    logger = Consumer.logger

    def __init__(self, *args: Any, topics: Topics, **kwargs: Any) -> None:
        self._topics = topics
        super().__init__(*args, **kwargs)

    def on_init(self) -> None:
        self._assigned: set[TP] = set()
        self._positions: dict[TP, int] = {}
        self._heads: dict[TP, int] = {}
        self._delivered: defaultdict[TP, deque[int]] = defaultdict(deque)
        self.polled_at = monotonic()

    # Subscribing and assignment.

    async def create_topic(
        self, topic: str, partitions: int, replication: int, *, compacting: bool | None = None, **_: Any
    ) -> None:
        await self._topics.open(topic, partitions, compacted=bool(compacting))

    async def subscribe(self, topics: Iterable[str]) -> None:
        wanted = {TP(name, n) for name in topics for n in range(self._topic(name).partitions)}
        if wanted != self._assigned:
            # In a task of its own: assigning waits for this very call to return.
            self.add_future(self._assign(wanted))

    async def _assign(self, wanted: set[TP]) -> None:
        self.app.on_rebalance_start()
        self.app.consumer_generation_id += 1
        if self._assigned:
            await self.on_partitions_revoked(set(self._assigned))
        self._assigned = wanted
        self.app.assignor.assigned = set(wanted)  # type: ignore[attr-defined]  # SoleAssignor
        await self.on_partitions_assigned(set(wanted), self.app.consumer_generation_id)

    def assignment(self) -> set[TP]:
        return set(self._assigned)

    # Reading.

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Record]]:
        self.polled_at = monotonic()
        wanted = self._assigned if active_partitions is None else active_partitions & self._assigned
        bells = {self._topic(tp.topic).bell for tp in wanted}
        rings = [(bell, bell.listen()) for bell in bells]
        try:
            records = await self._read(wanted)
        except Unavailable as error:
            _logger.warning("stream_waits", app=self.app.conf.id, error=repr(error))
            await asyncio.sleep(_AWAY_SECONDS)
            return {}
        if not records:
            for bell, ring in rings:
                await bell.wait(ring)
            await asyncio.sleep(_GATHER_SECONDS)
        return records

    async def _read(self, wanted: set[TP]) -> dict[TP, list[Record]]:
        found: dict[TP, list[Record]] = {}
        for name in {tp.topic for tp in wanted}:
            positions = {tp.partition: self._positions[tp] for tp in wanted if tp.topic == name}
            for record in await self._topic(name).read(positions, _MAX_RECORDS):
                found.setdefault(TP(name, record.partition), []).append(record)
        for tp, records in found.items():
            self._positions[tp] = records[-1].offset
            self._heads[tp] = max(records[-1].offset, self._heads.get(tp, 0))
        return found

    def _to_message(self, tp: TP, record: Record) -> ConsumerMessage:
        self._delivered[tp].append(record.offset)
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.offset,
            record.at,
            _CREATE_TIME,
            [],
            record.key,
            record.value,
            None,
            len(record.key),
            len(record.value or b""),
            tp=tp,
            # Unstamped, it would be taken for a left-over of an older assignment and skipped.
            generation_id=self.app.consumer_generation_id,
        )

    # Positions.

    async def seek_to_committed(self) -> dict[TP, int]:
        for name in {tp.topic for tp in self._assigned}:
            committed = await self._topic(name).fetch_committed()
            heads = await self._topic(name).fetch_heads()
            for partition, offset in committed.items():
                self._positions[TP(name, partition)] = offset
                self._heads[TP(name, partition)] = heads[partition]
        self._delivered.clear()
        return {tp: self._positions[tp] + 1 for tp in self._assigned}

    async def _seek(self, partition: TP, offset: int) -> None:
        self._positions[partition] = offset - 1
        self._delivered.pop(partition, None)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        for tp, offset in partitions.items():
            await self.seek(tp, offset)

    async def position(self, tp: TP) -> int | None:
        return self._positions.get(tp, 0) + 1

    def highwater(self, tp: TP) -> int:
        return self._heads.get(tp, 0) + 1

    async def highwaters(self, *partitions: TP) -> dict[TP, int]:
        heads = {name: await self._topic(name).fetch_heads() for name, _ in partitions}
        return {tp: heads[tp.topic][tp.partition] + 1 for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> dict[TP, int]:
        return dict.fromkeys(partitions, 1)

    # Committing.

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: a gap holds no records, and what was delivered is known without it."""

    def _new_offset(self, tp: TP) -> int | None:
        """The offset after the longest run, from the oldest delivered record on, that is acknowledged."""
        delivered, acked = self._delivered[tp], self._acked_index[tp]
        done = (self._committed_offset[tp] or 0) - 1
        newest: int | None = None
        while delivered and (delivered[0] in acked or delivered[0] <= done):
            newest = delivered.popleft()
            acked.discard(newest)
        self._acked[tp].clear()
        return None if newest is None else newest + 1

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        try:
            for name in {tp.topic for tp in offsets}:
                positions = {tp.partition: offsets[tp] - 1 for tp in offsets if tp.topic == name}
                await self._topic(name).commit(positions)
        except Unavailable as error:
            _logger.warning("stream_commit_waits", app=self.app.conf.id, error=repr(error))
            return False
        return True

    # What Faust asks besides.

    def _topic(self, name: str) -> Topic:
        return self._topics[name]

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    def topic_partitions(self, topic: str) -> int | None:
        return self._topic(topic).partitions

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        return partition

    def verify_recovery_event_path(self, now: float, tp: TP) -> None:
        """Nothing: a stalled reader is noticed by `polled_at`, see server/streams/sla.py."""
