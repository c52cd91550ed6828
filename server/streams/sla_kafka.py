"""The SLA clocks over Kafka: every process that streams is in one consumer group, and keeps what it is given.

When partitions change hands, a process sets the alarms of those that it has now by the due column, and
forgets those of others; until it hears what it has, it keeps on ringing what it had. A clock that two
processes ring is refused once. A Kafka that is away takes no alarm away: what it would have told is found by
the watchdog, which is one for all processes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import anyio
import structlog
from faust.types import TP

from server.clock import now
from server.kafka_access import KafkaAccess
from server.store import log
from server.store.bell import Bell, heard
from server.store.lease import AWAY, held
from server.store.pace import Backoff
from server.store.pool import Store
from server.streams.app import KafkaApp, StreamApp
from server.streams.proposals import Writer
from server.streams.sla import CONSUMER, SlaStream
from server.streams.stream import Stream
from server.streams.watchdog import watch

_LOOK_SECONDS = 0.2
_MEASURE_SECONDS = 5.0
# A transaction ends within this, and the clocks of two machines agree within this.
_CERTAINLY = timedelta(seconds=60)

_logger = structlog.get_logger(__name__)


class Kafka(Protocol):
    """What a process knows of Kafka."""

    @property
    def access(self) -> KafkaAccess:
        """Where it is, and the way in."""

    @property
    def prefix(self) -> str:
        """What all names of this desk begin with."""

    @property
    def clocks(self) -> str:
        """The topic of what changes a clock."""

    @property
    def ready(self) -> bool:
        """Whether it answers, and the topic is there."""


class SlaOnKafka(SlaStream):
    """The clocks of those partitions that the group gives to this process."""

    def __init__(self, store: Store, writer: Writer, kafka: Kafka) -> None:
        super().__init__(store, writer)
        self._kafka = kafka
        self._stream = Stream(CONSUMER, self._build, self._prepare)
        self._given = Bell()
        self._assignments = self._armed = 0  # how many there were, and which of them the alarms are set for

    @property
    def ready(self) -> bool:
        """Whether it is in the group, and knows the clocks that it was given."""
        return self._stream.running and self._armed == self._assignments

    async def run(self) -> None:
        """Keep the clocks that are given to this process until cancelled."""
        async with anyio.create_task_group() as tasks:
            for part in (self.proposals.run, self._stream.run, self._follow, self._measure):
                tasks.start_soon(part)
            await self._watch()

    async def _prepare(self) -> None:
        while not self._kafka.ready:  # noqa: ASYNC110 (it tells nobody)
            await anyio.sleep(_LOOK_SECONDS)

    def _build(self) -> StreamApp:
        kafka = self._kafka
        app = KafkaApp(f"{kafka.prefix}parley-{CONSUMER}", kafka.access, is_reachable=lambda: kafka.ready)
        app.listen(kafka.clocks, self.hear)
        app.on_partitions_assigned.connect(self._assigned)
        return app

    async def _assigned(self, *given: Any, **_: object) -> None:
        assigned: set[TP] = given[-1]
        self.heard_before = now() - _CERTAINLY
        self.alarms.keep({tp.partition for tp in assigned if tp.topic == self._kafka.clocks})
        self._assignments += 1
        self._given.ring()

    async def _follow(self) -> None:
        """Set the alarms anew after each assignment; records are heard meanwhile."""
        backoff = Backoff()
        while True:
            ring, assignment = self._given.listen(), self._assignments
            try:
                if self._armed != assignment:
                    await self.arm()
                    self._armed = assignment
                    backoff.reset()
            except AWAY as error:
                _logger.warning("sla_clocks_wait", error=repr(error))
                await anyio.sleep(backoff.next_seconds())
            await heard(ring, _LOOK_SECONDS)

    async def _watch(self) -> None:
        """Be the watchdog of all processes while elected, again after every outage."""
        backoff = Backoff()
        while True:
            try:
                async with held(self.store, "sla-watchdog", lambda: None) as db:
                    backoff.reset()
                    await watch(db, self.proposals)
            except AWAY as error:
                _logger.warning("sla_watchdog_interrupted", error=repr(error))
            await anyio.sleep(backoff.next_seconds())

    async def _measure(self) -> None:
        """Show how far this process is behind in its partitions."""
        while True:
            app = self._stream.app
            if isinstance(app, KafkaApp) and self._stream.running:
                log.lag.labels(CONSUMER).set(app.lag())
            await anyio.sleep(_MEASURE_SECONDS)
