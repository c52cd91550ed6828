"""What consumers passed over, told to them once more when an admin asks: by any process, or, where a consumer
shares the log out, by the one that keeps the event's partition.

An event that is told again is out of its ticket's order; consumers are told all more than once, and bear
that. One that fails again lies there with its newest reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

import anyio
import structlog

from server.domain.errors import Unavailable
from server.domain.log import PARTITIONS
from server.relay.consumer import Handler
from server.store import parked_events
from server.store.lease import AWAY
from server.store.parked_events import Claimed
from server.store.pool import Store

_POLL_SECONDS = 1.0
_HANDLER_SECONDS = 60.0
_LEASE = timedelta(minutes=5)
_MAX_EVENTS = 4  # in one claim: each may take its handler's whole time

_log = structlog.get_logger(__name__)


class ParkedEvents:
    """Tells parked events again, to the handlers of this process by the names of their consumers."""

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, Handler],
        partitions: Callable[[], Collection[int]] = lambda: range(PARTITIONS),
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._partitions = partitions  # those whose events are told here

    async def run(self) -> None:
        """Look once a second until cancelled."""
        while True:
            try:
                await self.turn()
            except AWAY as error:
                _log.debug("parked_events_wait", error=repr(error))
            await anyio.sleep(_POLL_SECONDS)

    async def turn(self) -> int:
        """Tell some of what is asked for; returns how many. Raises what AWAY lists."""
        async with self._store.across() as db:
            claimed = await parked_events.claim(
                db, self._handlers.keys(), self._partitions(), _MAX_EVENTS, _LEASE
            )
        for one in claimed:
            await self._tell(one)
        return len(claimed)

    async def _tell(self, one: Claimed) -> None:
        workspace_id = one.entry.workspace_id
        try:
            with anyio.fail_after(_HANDLER_SECONDS):
                await self._handlers[one.consumer]([one.entry])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 (parked again with its reason)
            _log.warning(
                "parked_event_failed_again", consumer=one.consumer, seq=one.entry.seq, exc_info=error
            )
            async with self._store.write(workspace_id) as db:
                await parked_events.park_again(db, workspace_id, one.id, error)
            return
        async with self._store.write(workspace_id) as db:
            await parked_events.settle(db, workspace_id, one.id)
        _log.info("parked_event_told", consumer=one.consumer, seq=one.entry.seq)
