"""Holding on to what was claimed while it is being sent: a short lease, renewed until the batch is done.

So a killed process's replies are free within seconds, and a slow relay's are nobody else's, however slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from server.store import outgoing
from server.store.lease import AWAY
from server.store.outgoing import Queued
from server.store.pool import Store

LEASE = timedelta(seconds=10)
BEAT_SECONDS = 2.5
_AGAIN_SECONDS = 0.5
_log = structlog.get_logger("parley.outgoing")


@asynccontextmanager
async def holding(store: Store, batch: Sequence[Queued]) -> AsyncIterator[None]:
    """Renew the claim of one inbox's batch until the block ends; what was settled meanwhile is left alone."""
    renewing = asyncio.create_task(_renew(store, batch))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.wait({renewing})
    if not renewing.cancelled():
        renewing.result()


async def _renew(store: Store, batch: Sequence[Queued]) -> None:
    """Until nothing of the batch is ours and open any more; waits out an outage."""
    pause = BEAT_SECONDS
    while True:
        await asyncio.sleep(pause)
        try:
            async with store.write(batch[0].workspace_id) as db:
                if not await outgoing.hold(db, batch, LEASE):
                    return
            pause = BEAT_SECONDS
        except AWAY as error:
            _log.debug("claim_not_renewed", error=repr(error))
            pause = _AGAIN_SECONDS
