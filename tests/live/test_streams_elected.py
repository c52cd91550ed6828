"""The clocks of one machine are kept by one process: the elected one, for as long as it is that."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import anyio

from server.domain.commands import Envelope
from server.store.lease import _key
from server.store.pool import Store
from server.streams.sla import CONSUMER
from tests.live.clockwork import clockwork
from tests.people import opening, promise, settle
from tests.store.relaying import until


async def test_who_is_not_elected_any_more_keeps_no_clocks_and_sets_them_anew_when_it_is(
    store: Store,
) -> None:
    """Planted bug that was seen: the clocks stay when the lease is lost, and with them the parked events."""
    desk = await settle(store)
    await promise(store, desk, resolution=timedelta(hours=1))
    async with clockwork(store) as run:
        await run.handle.submit(Envelope(desk.vic, opening(desk)))
        await until(lambda: len(run.stream.alarms))
        async with store.write(desk.workspace_id) as rival:
            lock = rival.execute("SELECT pg_advisory_xact_lock($1)", _key(CONSUMER))
            elected = asyncio.create_task(lock)
            await queued(store)
            await lose_lease(store)
            await elected
            await until(lambda: not run.stream.alarms.partitions)
            await until(lambda: run.stream.ready)  # it stands by
            assert len(run.stream.alarms) == 0
        await until(lambda: len(run.stream.alarms) == 1)


async def queued(store: Store) -> None:
    """Wait until somebody waits for a lock."""
    asked = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    async with store.across() as db:
        with anyio.fail_after(60):
            while not await db.fetchval(asked):  # noqa: ASYNC110 (Postgres tells nobody)
                await anyio.sleep(0.05)


async def lose_lease(store: Store) -> None:
    """The connection that holds it breaks."""
    async with store.across() as db:
        await db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = $1",
            f"parley {CONSUMER}",
        )
