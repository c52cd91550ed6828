"""Being the only one: an advisory lock on a connection of its own, which elects one among many processes.

The lock lives and dies with its session, so whoever holds it does its work over that very connection:
when the connection is lost, so are lock and work, and another may begin.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

import asyncpg

from server.domain.errors import Unavailable
from server.store.outage import OUTAGE
from server.store.pool import ACQUIRE_SECONDS, Store

# What says that Postgres is away, to whoever works over such a connection or the pool: wait, begin again.
AWAY: tuple[type[BaseException], ...] = (Unavailable, *OUTAGE)
_ASK_SECONDS = 0.5
_COMMAND_SECONDS = 15.0


@asynccontextmanager
async def held(store: Store, name: str, stand_by: Callable[[], None]) -> AsyncIterator[asyncpg.Connection]:
    """Wait, however long, until nobody else holds `name`; yields the connection that holds it then.

    `stand_by` is called when somebody else does.
    Asks again and again instead of queueing in Postgres: a statement that waits keeps a snapshot, and
    with it every dead row of the database. Raises what AWAY lists when Postgres is away.
    """
    connection = await asyncpg.connect(
        store.dsn,
        timeout=ACQUIRE_SECONDS,
        command_timeout=_COMMAND_SECONDS,
        server_settings={
            "role": "parley_app",
            "application_name": f"parley {name}",
            "timezone": "UTC",
        },
    )
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _key(name)):
            stand_by()
            await asyncio.sleep(_ASK_SECONDS)
        yield connection
    finally:
        connection.terminate()  # at once, also when cancelled; the session's end drops the lock


def _key(name: str) -> int:
    return int.from_bytes(sha256(f"parley {name}".encode()).digest()[:8], "big", signed=True)
