"""Faust apps that run inside our own loop: no worker, no web server, no folders.

Agents know topics and records, not where these lie: the same agent runs on a LogApp, whose topics lie in
Postgres, and on a KafkaApp.
"""

from __future__ import annotations

import contextlib
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic, time
from typing import Any

import faust
from faust.auth import Credentials, SASLCredentials, SSLCredentials
from faust.types import EventT, StreamT
from mode.threads import WorkerThread

from server.domain.log import PARTITIONS
from server.kafka_access import KafkaAccess
from server.streams.assignor import SoleAssignor
from server.streams.consumer import LogConsumer
from server.streams.stored_topic import Shelf, Topics
from server.streams.topic import Topic
from server.streams.transport import LogTransport

_COMMIT_SECONDS = 1.0
SESSION_SECONDS, _HEARTBEAT_SECONDS = 6.0, 1.5
_REQUEST_SECONDS = 9.0  # Faust wants it above the session's


class StreamApp(faust.App):
    """What both have in common; `name` also names the group that commits, and the app in what Faust logs."""

    stalled_seconds = 10.0

    def __init__(self, name: str, broker: Sequence[str], **options: Any) -> None:
        for library in ("faust", "mode", "aiokafka"):
            logging.getLogger(library).setLevel(logging.CRITICAL)  # what is wrong is said by `fault`, once
        super().__init__(
            name,
            broker=list(broker),
            store="memory://",
            autodiscover=False,
            web_enabled=False,
            topic_disable_leader=True,
            reply_create_topic=False,
            broker_commit_interval=_COMMIT_SECONDS,
            stream_wait_empty=False,
            **options,
        )

    def listen(self, topic: str, hear: Callable[[EventT[bytes]], Awaitable[None]]) -> None:
        """Have each record of a topic heard, and acknowledge it then; one that raises ends the app."""
        channel = self.topic(topic, key_type=bytes, value_type=bytes, value_serializer="raw")

        @self.agent(channel, name=f"{self._name}-{topic}")
        async def agent(stream: StreamT[bytes]) -> None:
            # Faust itself also acknowledges a record whose agent raised or was stopped in its midst.
            async for event in stream.noack().events():  # type: ignore[attr-defined]
                try:
                    await hear(event)
                except Exception as error:
                    await self.crash(error)  # instead of going on with the next record
                    raise
                event.ack()

    def fault(self) -> str | None:
        """What is wrong with the app since it was started, or None while it is sound."""
        if self.crashed:
            return repr(self.crash_reason)
        if self.should_stop:
            return "stopped by itself"
        if monotonic() - self.polled_at() > self.stalled_seconds:
            return "no longer reading"
        return None

    @abstractmethod
    def polled_at(self) -> float:
        """When it has last asked for records, by the monotonic clock."""

    @property
    def _name(self) -> str:
        return str(self._default_options[0])

    def _create_directories(self) -> None:
        """None: nothing of it lies in files."""


class LogApp(StreamApp):
    """An app over topics that lie in Postgres. It is alone: whoever starts it has seen to that.

    It reads `topics`. With a shelf it may have tables, and topics of its own; the shelf carries its name.
    """

    def __init__(self, name: str, topics: Sequence[Topic], shelf: Shelf | None = None) -> None:
        self._stored_topics = Topics(topics, shelf)
        super().__init__(
            name,
            ["parley-log://postgres"],
            topic_partitions=max((topic.partitions for topic in topics), default=PARTITIONS),
            topic_allow_declare=shelf is not None,
            PartitionAssignor=SoleAssignor,
        )

    def _new_transport(self) -> LogTransport:
        return LogTransport(self, self._stored_topics)

    def _new_producer_transport(self) -> LogTransport:
        return self._new_transport()

    def polled_at(self) -> float:
        consumer = self.consumer
        assert isinstance(consumer, LogConsumer)
        return consumer.polled_at


class _LooseThread(WorkerThread):
    """The thread of a Kafka client. It dies with the process: with its Kafka away, it would take a minute."""

    def __init__(self, service: Any, **options: Any) -> None:
        super().__init__(service, **options)
        self.daemon = True

    def run(self) -> None:
        """Tell whoever waits for its end however it ends: a client that is cancelled ends by that itself."""
        try:
            super().run()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                self.service.set_shutdown()


def _credentials(access: KafkaAccess) -> Credentials | None:
    """The way in, as Faust wants it."""
    if access.login is None:
        return None if access.tls is None else SSLCredentials(access.tls)
    return SASLCredentials(
        username=access.login.user,
        password=access.login.password.get_secret_value(),
        ssl_context=access.tls,
        mechanism=access.login.mechanism,
    )


class KafkaApp(StreamApp):
    """An app over topics of Kafka, beside others of its name: Kafka gives each some of the partitions.

    Topics, changelogs included, have to be there before it is started; `is_reachable` says whether Kafka is.
    A Kafka that goes away later is no fault of the app, which finds back by itself.
    """

    stalled_seconds = 30.0  # who is not back from a rebalance by then never will be

    def __init__(
        self,
        name: str,
        access: KafkaAccess,
        partitions: int = PARTITIONS,
        is_reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        self._is_reachable = is_reachable
        self._excused_until = monotonic()
        super().__init__(
            name,
            [f"kafka://{broker}" for broker in access.brokers],
            broker_credentials=_credentials(access),
            topic_partitions=partitions,
            topic_allow_declare=False,
            broker_session_timeout=SESSION_SECONDS,
            broker_heartbeat_interval=_HEARTBEAT_SECONDS,
            broker_rebalance_timeout=SESSION_SECONDS,
            broker_request_timeout=_REQUEST_SECONDS,
            producer_request_timeout=_REQUEST_SECONDS,
        )
        self.on_partitions_assigned.connect(self._excuse)

    def _new_consumer(self) -> Any:
        consumer = super()._new_consumer()
        consumer._thread.Worker = _LooseThread  # type: ignore[attr-defined]
        return consumer

    async def _excuse(self, *_: Any, **__: Any) -> None:
        self._excused_until = monotonic()  # in a rebalance nobody reads

    def polled_at(self) -> float:
        """The longest ago of all its partitions; who has none, or cannot be answered, is excused."""
        now = monotonic()
        polled = self._partitions_polled_at()
        if not self._is_reachable() or not polled:
            self._excused_until = now
        return max(self._excused_until, min(polled, default=now))

    def lag(self) -> int:
        """How many records of its partitions it has yet to be done with."""
        reading = self._reading()
        if reading is None:
            return 0
        done = self.consumer._committed_offset  # type: ignore[attr-defined]
        heads = {tp: reading.highwater(tp) for tp in reading.assignment()}
        return sum(max(0, head - (done.get(tp) or head)) for tp, head in heads.items() if head)

    def _reading(self) -> Any:
        """The client underneath, which runs in a thread of its own; None before it is there."""
        return getattr(getattr(self.consumer, "_thread", None), "_consumer", None)

    def _partitions_polled_at(self) -> list[float]:
        reading = self._reading()
        if reading is None:
            return []
        ages = [time() - (reading.last_poll_timestamp(tp) or 0) / 1000 for tp in reading.assignment()]
        return [monotonic() - age for age in ages]
