"""A consumer: tells one handler the whole log, each event at least once, in ticket order.

Its position is its own, so that one that stalls delays no other. Of all processes one at a time runs
the consumer of a name. A handler that fails is asked again, later and later, when what it needs is
away (Unavailable, or Postgres); an event that fails otherwise is tried alone, then parked, told and
passed over, so that it blocks nothing behind it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

import anyio
import structlog
from prometheus_client import Counter

from server.domain.errors import Unavailable
from server.store import log
from server.store.bell import Bell
from server.store.lease import AWAY, held
from server.store.log import Entry
from server.store.pace import Backoff
from server.store.pool import Connection, Store

Handler = Callable[[Sequence[Entry]], Awaitable[None]]

_HANDLER_SECONDS = 60.0
_MAX_ATTEMPTS = 3
_PATIENCE_SECONDS = 10.0
# Who writes goes first: after a batch a consumer rests twice as long as it worked, and takes no more of a
# core of Postgres than a third; and long enough that events which follow one another come as a batch.
_REST = 2.0
_MIN_REST_SECONDS, _MAX_REST_SECONDS = 0.1, 0.5
_MEASURE_SECONDS = 2.0

_handled = Counter("parley_log_handled_events_total", "Events a consumer was told.", ["consumer"])

_logger = structlog.get_logger(__name__)


class HandlerTooSlow(Exception):
    """A handler did not finish in its time; unlike an outage, that is its own fault."""


class Consumer:
    """Reads the log for `handle` while `run` runs; `name` is what its position is remembered under.

    `handle` gets events of several tickets and workspaces, each ticket's in order, and may get one twice.
    """

    def __init__(
        self,
        store: Store,
        bell: Bell,
        name: str,
        handle: Handler,
        *,
        max_events: int = 100,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._store = store
        self._bell = bell
        self._name = name
        self._handle = handle
        self._max_events = max_events
        self._patience = patience  # the longest pause before what is away is asked again
        self._ready = False

    @property
    def ready(self) -> bool:
        """Whether it reads, or stands by while another process does."""
        return self._ready

    async def run(self) -> None:
        """Read and tell, again after every outage, until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._measure)
            tasks.start_soon(self._consume)

    async def _consume(self) -> None:
        backoff = Backoff()
        while True:
            try:
                async with held(self._store, f"consumer {self._name}", self._stand_by) as db:
                    self._ready = True
                    backoff.reset()
                    await self._follow(db)
            except AWAY as error:
                self._ready = False
                _logger.warning("consumer_interrupted", consumer=self._name, error=repr(error))
                await anyio.sleep(backoff.next_seconds())

    def _stand_by(self) -> None:
        self._ready = True

    async def _follow(self, db: Connection) -> None:
        positions = await log.fetch_committed(db, self._name)
        while True:
            ring = self._bell.listen()
            entries = await log.read(db, positions, self._max_events)
            if not entries:
                await self._bell.wait(ring)
                continue
            began = time.perf_counter()
            await self._tell(entries)
            positions |= log.ends(entries)
            await log.commit(db, self._name, log.ends(entries))
            _handled.labels(self._name).inc(len(entries))
            worked = time.perf_counter() - began
            await anyio.sleep(max(_MIN_REST_SECONDS, min(worked * _REST, _MAX_REST_SECONDS)))
            if len(entries) < self._max_events:
                await self._bell.wait(ring)  # what has come meanwhile has rung already

    async def _tell(self, entries: Sequence[Entry]) -> None:
        """Tell all at once, and when that fails one by one; returns when each is told or parked."""
        try:
            await self._attempt(entries)
        except Exception as error:  # noqa: BLE001 (whatever it is, the event that causes it is found next)
            _logger.warning("consumer_batch_failed", consumer=self._name, error=repr(error))
            for entry in entries:
                await self._tell_one(entry)

    async def _tell_one(self, entry: Entry) -> None:
        backoff = Backoff()
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            try:
                await self._attempt([entry])
                return
            except Exception as error:  # noqa: BLE001 (parked with its reason, below)
                if attempt == _MAX_ATTEMPTS:
                    await log.park(self._store, self._name, entry.place, error)
                else:
                    await anyio.sleep(backoff.next_seconds())

    async def _attempt(self, entries: Sequence[Entry]) -> None:
        """Tell once, waiting out whatever is away; raises what is wrong with the events."""
        backoff = Backoff(most=self._patience)
        while True:
            try:
                with anyio.move_on_after(_HANDLER_SECONDS):
                    return await self._handle(entries)
                raise HandlerTooSlow
            except AWAY as error:
                _logger.warning("consumer_waits", consumer=self._name, error=repr(error))
                await anyio.sleep(backoff.next_seconds())

    async def _measure(self) -> None:
        while True:
            try:
                async with self._store.across() as db:
                    heads = await log.fetch_heads(db)
                    done = await log.fetch_committed(db, self._name)
                log.lag.labels(self._name).set(sum(heads[p] - done[p] for p in heads))
            except Unavailable as error:
                _logger.debug("lag_unknown", consumer=self._name, error=repr(error))
            await anyio.sleep(_MEASURE_SECONDS)
