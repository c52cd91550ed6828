"""Following the log from its end on, in memory only: how a process learns what others have written.

No position is remembered: who follows anew starts at the newest event, and fills what it missed from
the tickets themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import structlog

from server.domain.errors import Unavailable
from server.store import log
from server.store.bell import Bell
from server.store.log import Place
from server.store.pace import Backoff
from server.store.pool import Store

_MAX_EVENTS = 200

_logger = structlog.get_logger(__name__)


async def follow(store: Store, bell: Bell) -> AsyncIterator[list[Place]]:
    """Where events happened, each ticket's in order, from those on that are numbered after the call.

    Never ends by itself: an outage is waited out, and what was numbered meanwhile follows.
    """
    positions: dict[int, int] = {}
    backoff = Backoff(most=2.0)
    while True:
        ring = bell.listen()
        try:
            async with store.across() as db:
                if not positions:
                    positions = await log.fetch_heads(db)
                places = await log.list_places(db, positions, _MAX_EVENTS)
        except Unavailable as error:
            _logger.warning("follower_waits", error=repr(error))
            await anyio.sleep(backoff.next_seconds())
            continue
        backoff.reset()
        if places:
            positions |= log.ends(places)
            yield places
        else:
            await bell.wait(ring)
