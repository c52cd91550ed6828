"""Readers take turns, so that a storm of them leaves connections to those who write."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from server.store.pool import KEPT_FOR_WRITERS, Store


async def test_a_storm_of_readers_leaves_connections_to_writers(store: Store) -> None:
    workspace_id = uuid4()
    go_on = asyncio.Event()
    reading, full = 0, asyncio.Event()

    async def read() -> None:
        nonlocal reading
        async with store.read(workspace_id):
            reading += 1
            if reading == store.pool.get_max_size() - KEPT_FOR_WRITERS:
                full.set()
            await go_on.wait()

    readers = [asyncio.create_task(read()) for _ in range(3 * store.pool.get_max_size())]
    try:
        async with asyncio.timeout(30):
            await full.wait()
            async with store.write(workspace_id) as db:
                assert await db.fetchval("SELECT 1") == 1
    finally:
        go_on.set()
        await asyncio.gather(*readers)
    assert reading == len(readers)
