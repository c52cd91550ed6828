"""Faust's producer over topics that lie in Postgres.

It writes only to topics that the app has made for itself (changelogs, queues). The log is written by the
sequencer alone, and what a stream finds about a ticket goes through the one writer.

Records are gathered while a transaction runs, and the next takes them all; `flush`, which Faust awaits before
it commits what was read, returns when everything is durable. So a table knows all that was committed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from time import time
from typing import Any
from zlib import crc32

import structlog
from faust.transport.producer import Producer
from faust.types import TP, RecordMetadata
from mode import Service

from server.domain.errors import Unavailable
from server.store.pace import Backoff
from server.store.stream_records import Unwritten
from server.streams.stored_topic import StoredTopic, Topics

_MAX_WAITING = 10_000
_MAX_BATCH = 1000
_FLUSH_SECONDS = 30.0

_logger = structlog.get_logger(__name__)


_Waiting = tuple[StoredTopic, Unwritten, asyncio.Future[RecordMetadata]]


class TopicNotWritable(Exception):
    """A stream tried to write to a topic that is not its own; it has to propose to the writer instead."""


class LogProducer(Producer):
    """Appends to the app's own topics, at least once and in the order of its calls."""

    def __init__(self, *args: Any, topics: Topics, **kwargs: Any) -> None:
        self._topics = topics
        super().__init__(*args, **kwargs)

    def __post_init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._busy = False
        self._changed = asyncio.Condition()

    async def create_topic(
        self, topic: str, partitions: int, replication: int, *, compacting: bool | None = None, **_: Any
    ) -> None:
        await self._topics.open(topic, partitions, compacted=bool(compacting))

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        *_: Any,
        **__: Any,
    ) -> Awaitable[RecordMetadata]:
        """Queue a record, once there is room; what is returned is done when it is durable."""
        stored = self._topic(topic)
        if partition is None:
            partition = self.key_partition(topic, key or b"").partition
        record = Unwritten(partition, timestamp or time(), key or b"", value)
        future: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._waiting) < _MAX_WAITING)
            self._waiting.append((stored, record, future))
            self._changed.notify_all()
        return future

    async def send_and_wait(self, topic: str, *args: Any, **kwargs: Any) -> RecordMetadata:
        return await (await self.send(topic, *args, **kwargs))

    def key_partition(self, topic: str, key: bytes) -> TP:
        return TP(topic, crc32(key) % self._topic(topic).partitions)

    async def flush(self) -> None:
        """Return when all that was sent is durable. Raises TimeoutError when Postgres stays away."""
        await self.buffer.flush()
        async with asyncio.timeout(_FLUSH_SECONDS), self._changed:
            await self._changed.wait_for(lambda: not self._waiting and not self._busy)

    @Service.task
    async def _write(self) -> None:
        backoff = Backoff(most=2.0)
        while not self.should_stop:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._waiting))
                batch = self._take()
                self._busy = True
            while not await self._append(batch):  # noqa: ASYNC110 (Postgres tells nobody that it is back)
                await asyncio.sleep(backoff.next_seconds())
            backoff.reset()
            async with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _take(self) -> list[_Waiting]:
        """The oldest that wait, all of one topic."""
        topic = self._waiting[0][0]
        batch: list[_Waiting] = []
        while self._waiting and self._waiting[0][0] is topic and len(batch) < _MAX_BATCH:
            batch.append(self._waiting.popleft())
        return batch

    async def _append(self, batch: list[_Waiting]) -> bool:
        """Write a batch and tell who waits; False when Postgres is away."""
        topic = batch[0][0]
        try:
            offsets = await topic.append([record for _, record, _ in batch])
        except Unavailable as error:
            _logger.warning("stream_write_waits", topic=topic.name, error=repr(error))
            return False
        except Exception as error:  # it is the record's fault: the app that wrote it begins anew
            for _, _, future in batch:
                future.cancel()
            await self.app.crash(error)
            raise
        for (_, record, future), offset in zip(batch, offsets, strict=True):
            if not future.done():
                place = TP(topic.name, record.partition)
                future.set_result(RecordMetadata(*place, place, offset, record.at, 0))
        return True

    def _topic(self, name: str) -> StoredTopic:
        topic = self._topics.get(name)
        if not isinstance(topic, StoredTopic):
            raise TopicNotWritable(name)
        return topic
