"""Faust's producer over topics that lie in Postgres: there is nothing it may write.

What a stream finds goes through the one writer of tickets, and the log is written by the sequencer;
so the producer is a mute service that Faust wants to start, and refuses every record.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, NoReturn

from faust.transport.producer import Producer
from faust.types import TP, RecordMetadata


class TopicNotWritable(Exception):
    """A stream tried to write to a topic; it has to propose to the writer instead."""


class LogProducer(Producer):
    """Accepts nothing."""

    async def create_topic(self, topic: str, partitions: int, replication: int, **_: Any) -> None:
        """Nothing to create: see the consumer."""

    async def send(self, topic: str, *_: Any, **__: Any) -> Awaitable[RecordMetadata]:
        return self._refuse(topic)

    async def send_and_wait(self, topic: str, *_: Any, **__: Any) -> RecordMetadata:
        return self._refuse(topic)

    def key_partition(self, topic: str, key: bytes) -> TP:
        return self._refuse(topic)

    async def flush(self) -> None:
        """Nothing is ever in flight."""

    def _refuse(self, topic: str) -> NoReturn:
        raise TopicNotWritable(topic)
