"""The log, told to Kafka: each event at least once, keyed by its ticket, in its partition, in ticket order.

A handler for a Consumer: what it has returned from is acknowledged by the brokers, and only then does the
consumer's position move. So the window of what is on its way is one batch, and a Kafka that is away only lets
the position stand still: the log holds everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import anyio
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, UnknownError, UnsupportedVersionError

from server.domain.errors import Unavailable
from server.relay.kafka_topics import CLIENT_SECONDS, KAFKA_AWAY, KafkaTopics
from server.store.log import Entry
from server.store.stream_record import changes_clock, encode_clock_record, encode_event_record

CONSUMER = "kafka"
PATIENCE_SECONDS = 1.0  # the longest pause before Kafka is tried again
_ACK_SECONDS = 15.0
_LINGER_MS = 5

_logger = structlog.get_logger(__name__)


class KafkaPublisher:
    """Publishes what it is handed; `close` when nothing more will come."""

    def __init__(self, topics: KafkaTopics) -> None:
        self._topics = topics
        self._producer: AIOKafkaProducer | None = None
        self._idempotent = True

    async def handle(self, entries: Sequence[Entry]) -> None:
        """Publish and wait for the brokers' word. Raises Unavailable; repeating it doubles records."""
        await self._publish(entries, clocks=True)

    async def _publish(self, entries: Sequence[Entry], *, clocks: bool) -> None:
        if not self._topics.ready:
            raise Unavailable("Kafka is away")
        try:
            with anyio.fail_after(_ACK_SECONDS):
                producer = await self._open()
                sent = [
                    await producer.send(topic, value, key=key, partition=partition, timestamp_ms=at)
                    for topic, partition, key, value, at in self._records(entries, clocks)
                ]
                await asyncio.gather(*sent)
        except MessageSizeTooLargeError:
            raise  # that event's own fault
        except KAFKA_AWAY as error:
            # Of what was sent after a failure some may have arrived: a fresh producer begins at the failure.
            await self.close()
            raise Unavailable("Kafka is away") from error

    async def handle_again(self, entries: Sequence[Entry]) -> None:
        """Publish what was parked, for those who read all events; the same otherwise.

        The clocks know it from the due column since, and would take its place out of order for news.
        """
        await self._publish(entries, clocks=False)

    async def close(self) -> None:
        """Let go of the connections; what was not acknowledged is published again later."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                await producer.stop()

    def _records(
        self, entries: Sequence[Entry], clocks: bool
    ) -> Iterator[tuple[str, int, bytes, bytes, int]]:
        for entry in entries:
            key, at = str(entry.ticket_id).encode(), int(entry.at.timestamp() * 1000)
            yield self._topics.events, entry.partition, key, encode_event_record(entry), at
            if clocks and changes_clock(entry):
                yield self._topics.clocks, entry.partition, key, encode_clock_record(entry), at

    async def _open(self) -> AIOKafkaProducer:
        if self._producer is None:
            try:
                self._producer = await self._start()
            except (UnknownError, UnsupportedVersionError):
                if not self._idempotent:
                    raise
                # Order holds all the same (one request a partition is on its way at a time); what changes is
                # that a lost answer doubles a record, which readers of a topic have to bear anyway.
                _logger.warning("kafka_without_idempotence")
                self._idempotent = False
                self._producer = await self._start()
        return self._producer

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=list(self._topics.access.brokers),
            acks="all",
            enable_idempotence=self._idempotent,
            linger_ms=_LINGER_MS,
            request_timeout_ms=int(CLIENT_SECONDS * 1000),
            **self._topics.access.options(),
        )
        try:
            await producer.start()
        except BaseException:
            with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                await producer.stop()
            raise
        return producer
