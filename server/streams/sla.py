"""The SLA clocks: a Faust agent that hears what changes a clock, and the clocks that ring on time.

At a start they are set from the due column, in due order, overdue ones first; from then on by the topic
`ticket-clocks`. What rings is proposed to the writer. One process at a time does this; any other stands
by. Nothing here has to survive, or to be exact: the transaction decides.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

import anyio
import anyio.lowlevel
import msgspec
import structlog
from faust.types import EventT

from server.domain.commands import Envelope
from server.domain.errors import Unavailable
from server.handle import Outcome
from server.store import log
from server.store.armed import pages_of_armed
from server.store.bell import Bell
from server.store.lease import AWAY, held
from server.store.log import Place
from server.store.pace import Backoff
from server.store.pool import Connection, Store
from server.store.stream_record import CLOCKS, decode_clock_record
from server.streams.alarms import Alarms, arm_row, hear
from server.streams.app import LogApp, StreamApp
from server.streams.clock_topic import ClockTopic
from server.streams.clocks import Clocks
from server.streams.proposals import Proposals
from server.streams.stream import Stream
from server.streams.watchdog import watch

CONSUMER = "sla-clocks"
_MEASURE_SECONDS = 5.0
_MAX_LAG = 200  # a partition

_logger = structlog.get_logger(__name__)


class Writer(Protocol):
    """The one writer of tickets, as far as a clock needs it."""

    async def submit(self, envelope: Envelope) -> Outcome:
        """Do a command and return what became of it."""


class SlaStream:
    """The SLA clocks of all workspaces, while `run` runs and this process is the elected one."""

    def __init__(self, store: Store, bell: Bell, writer: Writer) -> None:
        self._store = store
        self._bell = bell
        self._writer = writer
        self._alarms: Alarms = Clocks()
        self._changed = Bell()
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
                async with held(self._store, CONSUMER, self._stand_by) as db:
                    self._standing_by = False
                    backoff.reset()
                    await self._keep(db)
            except* AWAY as group:
                _logger.warning("sla_clocks_interrupted", error=repr(group.exceptions[0]))
                self._standing_by = False
            await anyio.sleep(backoff.next_seconds())

    def _stand_by(self) -> None:
        self._standing_by = True

    async def _keep(self, db: Connection) -> None:
        self._alarms.clear()
        proposals = Proposals(self._alarms, self._changed, self._writer.submit)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(proposals.run)
            tasks.start_soon(self._stream.run)
            tasks.start_soon(self._measure)
            await watch(db, proposals, tasks)

    async def _prepare(self) -> None:
        """Set every clock from the due column, and let the stream begin where the log ended before."""
        async with self._store.across() as db:
            heads = await log.fetch_heads(db)
            count = 0
            async for page in pages_of_armed(db):
                for row in page:
                    arm_row(self._alarms, row)
                count += len(page)
                self._changed.ring()
                await anyio.lowlevel.checkpoint()  # others have their turn between two pages
            await log.commit(db, CONSUMER, heads)
        _logger.info("sla_clocks_armed", count=count)

    def _build(self) -> StreamApp:
        app = LogApp(f"parley-{CONSUMER}", [ClockTopic(self._store, self._bell, CONSUMER)])
        app.listen(CLOCKS, self._hear)
        return app

    async def _hear(self, event: EventT[bytes]) -> None:
        """Set the clock that a record is about; one that cannot be read is parked and passed over."""
        record = decode_clock_record(event.value)
        try:
            hear(self._alarms, record.workspace_id, record.ticket_id, record.event())
        except msgspec.ValidationError as error:
            at = event.message
            place = Place(at.partition, at.offset, record.workspace_id, record.ticket_id, record.seq)
            with suppress(Unavailable):  # it has been told, and the clocks are set anew after an outage
                await log.park(self._store, CONSUMER, place, error)
        self._changed.ring()

    async def _measure(self) -> None:
        """Show how far the stream is behind, up to a bound that means trouble anyway."""
        while True:
            async with self._store.across() as db:
                committed = await log.fetch_committed(db, CONSUMER)
                behind = await log.read(db, committed, _MAX_LAG, clocks_only=True)
            log.lag.labels(CONSUMER).set(len(behind))
            await anyio.sleep(_MEASURE_SECONDS)
