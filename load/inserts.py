"""What the Postgres underneath takes: rows like a message's, in batches, each batch a durable commit."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from load.chat import TEXT
from server.clock import new_id, now
from server.postgres import find_running
from server.postgres.layout import OWNER
from server.store.pool import Store

_CREATE = """
SET ROLE NONE;
CREATE TABLE IF NOT EXISTS bench_rows (
    ticket_id uuid, seq bigint, id uuid, content text, created_at timestamptz, PRIMARY KEY (ticket_id, seq)
);
GRANT INSERT ON bench_rows TO parley_app;
"""
_INSERT = """
INSERT INTO bench_rows
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::timestamptz[])
"""


async def run(folder: Path, count: int, batch: int, writers: int) -> float:
    """Rows inserted a second, by so many connections, on the running Parley's own Postgres."""
    layout = find_running(folder)
    assert layout is not None
    store = await Store.open(layout.dsn(OWNER), max_connections=writers)
    try:
        async with store.across() as db:
            await db.execute(_CREATE)
            await db.execute("SET ROLE parley_app")
        began = time.perf_counter()
        await asyncio.gather(*(_insert(store, count // writers // batch, batch) for _ in range(writers)))
        return count // writers // batch * writers * batch / (time.perf_counter() - began)
    finally:
        await store.close()


async def _insert(store: Store, batches: int, batch: int) -> None:
    tickets = [new_id() for _ in range(batch)]
    texts = [TEXT] * batch
    async with store.across() as db:
        for seq in range(batches):
            ids, at = [new_id() for _ in range(batch)], [now()] * batch
            await db.execute(_INSERT, tickets, [seq] * batch, ids, texts, at)
