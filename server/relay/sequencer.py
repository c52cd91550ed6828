"""The sequencer: gives every committed event its place in the log.

Of all processes one is elected by an advisory lock. It is woken by the writer of its own process and
polls for what others wrote. It never decides an order between tickets; within a ticket the order is
that of `seq`, which the database function keeps (migration 0003).
"""

from __future__ import annotations

from collections.abc import Callable

import anyio
import structlog
from prometheus_client import Counter, Gauge

from server.store import log
from server.store.bell import Bell, heard
from server.store.lease import AWAY, held
from server.store.pace import Backoff
from server.store.pool import Connection, Store

_POLL_SECONDS = 0.1
# A turn costs a commit, whether it numbers one batch or hundreds, and each turn wakes all who read the log:
# at once after a pause, but at most fifty times a second.
_TURN_SECONDS = 0.02
_MAX_BATCHES = 500

_numbered = Counter("parley_log_numbered_events_total", "Events that got their place in the log.")
_leading = Gauge("parley_log_sequencer_leading", "1 where this process numbers the log.")

_logger = structlog.get_logger(__name__)


class Sequencer:
    """Numbers the log while `run` runs and this process is the elected one; rings `bell` when it grew, and
    calls `grew` to tell other processes."""

    def __init__(self, store: Store, bell: Bell, grew: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._bell = bell
        self._grew = grew
        self._work = Bell()
        self._ready = False

    @property
    def ready(self) -> bool:
        """Whether the log is being numbered, here or by the process for which this one stands by."""
        return self._ready

    def wake(self) -> None:
        """The writer of this process has committed something: look now instead of at the next poll."""
        self._work.ring()

    async def run(self) -> None:
        """Stand for election and number, again after every outage, until cancelled."""
        backoff = Backoff()
        while True:
            try:
                async with held(self._store, "sequencer", self._stand_by) as db:
                    self._ready = True
                    self._lead(True)
                    backoff.reset()
                    await self._number(db)
            except AWAY as error:
                self._ready = False
                _logger.warning("sequencer_interrupted", error=repr(error))
                await anyio.sleep(backoff.next_seconds())
            finally:
                self._lead(False)

    def _stand_by(self) -> None:
        self._ready = True

    def _lead(self, leading: bool) -> None:
        _leading.set(leading)
        self._bell.is_rung_here = leading

    async def _number(self, db: Connection) -> None:
        while True:
            ring = self._work.listen()
            batches, events = await log.number(db, _MAX_BATCHES)
            if events:
                _numbered.inc(events)
                self._bell.ring()
                self._grew()
            if batches < _MAX_BATCHES:
                await anyio.sleep(_TURN_SECONDS)
                await heard(ring, _POLL_SECONDS)
