"""The process that keeps the clocks is killed: each breach is stamped once, at its due time, all the same."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import anyio
from anyio.abc import Process

from load.armed import write_clocks
from server.domain.commands import Envelope
from server.store.pool import Store
from tests.conftest import Database
from tests.people import Desk, opening, promise, settle
from tests.store.relaying import written

SOAK = bool(os.environ.get("PARLEY_SOAK"))
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def child(database: Database) -> AsyncIterator[Process]:
    """A process of its own that keeps the clocks, ready; killed at the end if it still lives."""
    command = [sys.executable, "-m", "tests.live.clockwork", database.app_dsn]
    async with await anyio.open_process(command, cwd=ROOT, stdout=PIPE, stderr=None) as process:
        try:
            assert process.stdout is not None
            with anyio.fail_after(120):
                while b"ready" not in await process.stdout.receive():
                    pass
            yield process
        finally:
            if process.returncode is None:
                process.kill()


async def stamped(store: Store, desk: Desk) -> list[tuple[object, object]]:
    """Due time and stamp of every target, in due order."""
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch("SELECT due_at, breached_at FROM sla_targets ORDER BY due_at")
    return [(row["due_at"], row["breached_at"]) for row in rows]


async def breaches(store: Store, desk: Desk) -> list[tuple[object, ...]]:
    """Every breach event with the due time it names, and when it was written down."""
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch(
            "SELECT ticket_id, (data->>'breached_at')::timestamptz AS due, at FROM events"
            " WHERE type = 'sla_breached' ORDER BY at"
        )
    return [tuple(row) for row in rows]


async def all_stamped(store: Store, desk: Desk, within: float) -> None:
    with anyio.fail_after(within):
        while any(stamp is None for _, stamp in await stamped(store, desk)):  # noqa: ASYNC110
            await anyio.sleep(0.05)


async def test_what_came_due_while_nobody_ran_is_stamped_once_at_its_due_time(
    store: Store, database: Database
):
    desk = await settle(store)
    await promise(store, desk, resolution=timedelta(seconds=5))
    async with child(database) as process:
        commands = [Envelope(desk.vic, opening(desk)) for _ in range(20)]
        await written(store, *commands)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await anyio.sleep(5.5)
    assert not await breaches(store, desk)
    async with child(database):
        await all_stamped(store, desk, within=180)
    assert all(stamp == due for due, stamp in await stamped(store, desk))
    told = await breaches(store, desk)
    assert len(told) == len({ticket for ticket, *_ in told}) == 20


async def test_a_second_process_takes_over_when_the_first_is_killed(store: Store, database: Database):
    desk = await settle(store)
    await promise(store, desk, resolution=timedelta(seconds=4))
    async with child(database) as first, child(database):
        await written(store, *(Envelope(desk.vic, opening(desk)) for _ in range(10)))
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await all_stamped(store, desk, within=180)
    assert len(await breaches(store, desk)) == 10
    assert all(stamp == due for due, stamp in await stamped(store, desk))


async def test_each_breach_of_a_storm_is_stamped_once_across_kills_at_random_moments(
    store: Store, database: Database
):
    desk, rng = await settle(store), random.Random(11)
    count, kills = (20_000, 20) if SOAK else (600, 4)
    await promise(store, desk, resolution=timedelta(seconds=2))
    for _ in range(count // 200):
        await written(store, *(Envelope(desk.vic, opening(desk)) for _ in range(200)))
    for _ in range(kills):
        async with child(database) as process:
            await anyio.sleep(rng.random() * (2 if SOAK else 0.3))
            process.send_signal(signal.SIGKILL)
            await process.wait()
    async with child(database):
        await all_stamped(store, desk, within=180)
    assert all(stamp == due for due, stamp in await stamped(store, desk))
    told = await breaches(store, desk)
    assert len(told) == len({ticket for ticket, *_ in told}) == count // 200 * 200


async def test_a_thousand_clocks_come_due_each_second_while_their_keeper_is_killed_at_random(
    store: Store, database: Database
):
    desk, rng = await settle(store), random.Random(5)
    count, kills = (100_000, 25) if SOAK else (4_000, 3)
    await promise(store, desk, resolution=timedelta(days=30))
    (model,) = await written(store, Envelope(desk.vic, opening(desk)))
    due = datetime.now(UTC) + timedelta(seconds=15 if SOAK else 4)
    apart = timedelta(seconds=0.001)
    async with store.write(desk.workspace_id) as db:
        known = (desk.workspace_id, model.ticket.id)
        await write_clocks(db, known, range(count), due, apart, tickets=True)
    for _ in range(kills):
        async with child(database) as process:
            await anyio.sleep(rng.random() * (6 if SOAK else 2))
            process.send_signal(signal.SIGKILL)
            await process.wait()
    async with child(database):
        await _all_but_one_stamped(store, desk, within=600 if SOAK else 300)
    rows = [row for row in await stamped(store, desk) if row[1] is not None]
    assert [stamp for _, stamp in rows] == [due + n * apart for n in range(count)], (
        "each at its true due time"
    )
    told = await breaches(store, desk)
    assert len(told) == len({ticket for ticket, *_ in told}) == count, "once each"


async def _all_but_one_stamped(store: Store, desk: Desk, within: float) -> None:
    """The model itself is due next month."""
    with anyio.fail_after(within):
        while True:
            async with store.read(desk.workspace_id) as db:
                left = await db.fetchval("SELECT count(*) FROM sla_targets WHERE breached_at IS NULL")
            if left == 1:
                return
            await anyio.sleep(0.2)
