"""Work that one process does for all, turn after turn: elected by a lease, while the others stand by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn

import anyio
import structlog

from server.store.lease import AWAY, held
from server.store.pool import Connection, Store

_POLL_SECONDS = 0.5
_RETRY_SECONDS = 1.0

_log = structlog.get_logger(__name__)


async def work_elected(
    store: Store, lease: str, stand_by: Callable[[], None], turn: Callable[[Connection], Awaitable[int]]
) -> NoReturn:
    """Take turns while elected, and again after every outage, until cancelled.

    `turn` returns how much it found: after one that found nothing the next waits for half a second.
    `stand_by` is called when another process is the elected one.
    """
    while True:
        try:
            async with held(store, lease, stand_by) as db:
                while True:
                    if not await turn(db):
                        await anyio.sleep(_POLL_SECONDS)
        except AWAY as error:
            _log.info("elected_work_waits", lease=lease, error=repr(error))
        await anyio.sleep(_RETRY_SECONDS)
