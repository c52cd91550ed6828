"""The SLA clocks over the log in Postgres: one process keeps them all, any other stands by."""

from __future__ import annotations

import anyio
import structlog

from server.domain.log import PARTITIONS
from server.store import log
from server.store.bell import Bell
from server.store.lease import AWAY, held
from server.store.pace import Backoff
from server.store.pool import Connection, Store
from server.store.stream_record import CLOCKS
from server.streams.app import LogApp, StreamApp
from server.streams.clock_topic import ClockTopic
from server.streams.proposals import Writer
from server.streams.sla import CONSUMER, SlaStream
from server.streams.stream import Stream
from server.streams.watchdog import watch

_MEASURE_SECONDS = 5.0
_MAX_LAG = 200  # a partition

_logger = structlog.get_logger(__name__)


class SlaOnLog(SlaStream):
    """All clocks, while this process is the elected one."""

    def __init__(self, store: Store, bell: Bell, writer: Writer) -> None:
        super().__init__(store, writer)
        self._bell = bell
        self._stream = Stream(CONSUMER, self._build, self._prepare)
        self._standing_by = False

    @property
    def ready(self) -> bool:
        """Whether the clocks run here, or this process stands by for the one where they do."""
        return self._stream.running or self._standing_by

    async def run(self) -> None:
        """Stand for election and keep the clocks, again after every outage, until cancelled."""
        backoff = Backoff()
        while True:
            try:
                async with held(self.store, CONSUMER, self._stand_by) as db:
                    self._standing_by = False
                    backoff.reset()
                    await self._keep(db)
            except* AWAY as group:
                _logger.warning("sla_clocks_interrupted", error=repr(group.exceptions[0]))
                self._standing_by = False
            self.alarms.keep(())  # they are others' now; at another election they would be old
            await anyio.sleep(backoff.next_seconds())

    def _stand_by(self) -> None:
        self._standing_by = True

    async def _keep(self, db: Connection) -> None:
        self.alarms.keep(range(PARTITIONS))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.proposals.run)
            tasks.start_soon(self._stream.run)
            tasks.start_soon(self._measure)
            await watch(db, self.proposals)

    async def _prepare(self) -> None:
        """Set every clock from the due column, and let the stream begin where the log ended before."""
        async with self.store.across() as db:
            heads = await log.fetch_heads(db)
        await self.arm()
        async with self.store.across() as db:
            await log.commit(db, CONSUMER, heads)

    def _build(self) -> StreamApp:
        app = LogApp(f"parley-{CONSUMER}", [ClockTopic(self.store, self._bell, CONSUMER)])
        app.listen(CLOCKS, self.hear)
        return app

    async def _measure(self) -> None:
        """Show how far the stream is behind, up to a bound that means trouble anyway."""
        while True:
            async with self.store.across() as db:
                committed = await log.fetch_committed(db, CONSUMER)
                behind = await log.read(db, committed, _MAX_LAG, clocks_only=True)
            log.lag.labels(CONSUMER).set(len(behind))
            await anyio.sleep(_MEASURE_SECONDS)
