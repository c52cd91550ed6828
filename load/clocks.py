"""What SLA clocks cost: a million of them in memory, after a restart, and while a thousand a second are due.

The first figures are of the structure alone. Then Parley runs on a folder of its own with a million armed
clocks in its table; it is started again, and some thousands come due. Polling the same table is measured by
what one scan costs; how late it is follows from its period.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2

from load.armed import SQL, write_clocks
from load.child import EMAIL, PASSWORD, Child, Folder
from load.measures import Bench, goal, say, share
from load.people import sign_in
from load.usage import Spent, cpu_seconds, resident_bytes
from server.clock import new_id
from server.domain.events import SlaMet, SlaWarned
from server.domain.log import PARTITIONS
from server.domain.sla.plain import plain_promises
from server.domain.sla.policy import Conditions
from server.postgres import find_running
from server.postgres.layout import OWNER
from server.store.armed import Armed
from server.store.pool import Store
from server.store.sla_policies import Written, add_policy
from server.store.workspaces import list_workspaces
from server.streams.alarms import Alarms

ARMED, DUE, A_SECOND = 1_000_000, 10_000, 1000
ARMED_GOAL_SECONDS, LATE_GOAL_MS = 20.0, 250.0
RESTART_SECONDS = 60.0
PERIODS = {"five minutes": 300, "minute": 60, "second": 1}
_IDLE_SECONDS, _ARMED_SECONDS, _BREACHED_SECONDS = 5.0, 300.0, 180.0
_SCANS = 5
_METRIC = re.compile(r"^(?:parley_sla_armed_clocks|parley_sla_lateness_seconds_count) (\S+)$", re.MULTILINE)
_HOUR = 3600


async def measure_clocks(bench: Bench) -> None:
    """The structure, then a desk."""
    _measure_structure(bench)
    with Folder() as folder:
        with Child(folder) as first:
            store, model = await _prepare(first, folder)
            try:
                due_from = await _fill(store, model)
                await _measure_polling(bench, first, store)
            finally:
                await store.close()
        with Child(folder) as second:
            await _measure_desk(bench, second, folder, model, due_from)


def _measure_structure(bench: Bench) -> None:
    """A million alarms, as rows set them; then moved and cancelled by events."""
    workspace, policy = new_id(), new_id()
    base = datetime.now(UTC) + timedelta(days=1)
    tickets = [new_id() for _ in range(ARMED)]
    rows = [
        Armed(workspace, ticket, "resolution", base + timedelta(microseconds=977 * n % 10**9))
        for n, ticket in enumerate(tickets)
    ]
    later = base + timedelta(days=3)
    moved = SlaWarned("resolution", later, policy, next_at=later)
    met = SlaMet("resolution", base)
    alarms, held = Alarms(range(PARTITIONS)), resident_bytes(os.getpid())
    marks = alarms.marks()

    def arm() -> None:
        for row in rows:
            alarms.read(row, marks)

    def tell(event: SlaWarned | SlaMet) -> None:
        for ticket in tickets:
            alarms.hear(workspace, ticket, event)

    armed = _each(arm)
    gc.collect()
    size = (resident_bytes(os.getpid()) - held) / ARMED
    again, cancelled = _each(lambda: tell(moved)), _each(lambda: tell(met))
    bench.add(
        f"an SLA clock among {ARMED:,}: to arm, to arm anew, to cancel",
        f"{armed:.1f}, {again:.1f}, {cancelled:.1f} µs",
        f"processor time; {size:.0f} bytes each, its ids and times, which rows share, not counted",
    )


def _each(run: Callable[[], None]) -> float:
    """The microseconds of processor time that each of a million took."""
    gc.collect()
    began = time.process_time()
    run()
    return (time.process_time() - began) / ARMED * 1e6


async def _prepare(child: Child, folder: Path) -> tuple[Store, tuple[UUID, UUID]]:
    """A promise, and a ticket that it was made to."""
    layout = find_running(folder / "data")
    assert layout is not None
    store = await Store.open(layout.dsn(OWNER), max_connections=4)
    workspace_id, policy_id = (await list_workspaces(store))[0].id, new_id()
    promises = plain_promises(policy_id, None, timedelta(hours=8))
    async with store.write(workspace_id) as db:
        written = Written("Clocks", "", True, Conditions(), promises)
        await add_policy(db, workspace_id, policy_id, written)
    with httpx2.Client(base_url=child.url, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {sign_in(client, EMAIL, PASSWORD)[0]}"
        new = {"subject": "A clock", "description": "?", "customer": {"email": "carla@load.test"}}
        ticket = client.post("/api/v1/tickets", json=new).raise_for_status().json()
    return store, (workspace_id, UUID(ticket["id"]))


async def _fill(store: Store, model: tuple[UUID, UUID]) -> datetime:
    """A million that ring in the coming month, and some thousands that ring soon; when these begin."""
    began = time.perf_counter()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with store.write(model[0]) as db:
        await write_clocks(
            db, model, range(DUE, DUE + ARMED), tomorrow, timedelta(seconds=2.5), tickets=False
        )
    async with store.across() as db:
        for statement in ("SET ROLE NONE", "VACUUM ANALYZE sla_targets", "SET ROLE parley_app"):
            await db.execute(statement, timeout=300)
    due_from = datetime.now(UTC) + timedelta(seconds=RESTART_SECONDS)
    async with store.write(model[0]) as db:
        await write_clocks(db, model, range(DUE), due_from, timedelta(seconds=1 / A_SECOND), tickets=True)
    say(f"  {ARMED + DUE:,} clocks written in {time.perf_counter() - began:.0f} s")
    return due_from


async def _measure_polling(bench: Bench, child: Child, store: Store) -> None:
    """What one scan of the same table costs Postgres, and what that comes to."""
    async with store.across() as db:
        await db.execute("SET ROLE NONE")
        costs = {}
        for name in ("scan", "scan_armed"):
            spent = Spent.until_now(child.pid)
            for _ in range(_SCANS):
                await db.fetchval(SQL[name])
            costs[name] = (Spent.until_now(child.pid).postgres - spent.postgres) / _SCANS
        await db.execute("SET ROLE parley_app")
    for period, seconds in PERIODS.items():
        hourly = costs["scan"] * _HOUR / seconds
        bench.add(
            f"a scan of that table every {period} instead",
            f"{seconds / 2:g} s late in the mean",
            f"{hourly:,.0f} CPU s an hour ({costs['scan'] * 1e3:.0f} ms a scan); "
            f"by the index of what is armed {costs['scan_armed'] * _HOUR / seconds:,.1f}",
        )


async def _measure_desk(
    bench: Bench, child: Child, folder: Path, model: tuple[UUID, UUID], due_from: datetime
) -> None:
    """From its start until all are armed, then the idle cost, then those that come due."""
    seconds = await _until_armed(child)
    bench.add(
        f"{ARMED + DUE:,} clocks armed after a restart",
        f"{seconds:.1f} s",
        f"{goal(seconds < ARMED_GOAL_SECONDS, f'{ARMED_GOAL_SECONDS:.0f} s')}, "
        f"from the start of the process, which has worked {cpu_seconds(child.pid):.1f} s by then; "
        f"{resident_bytes(child.pid) / 1e6:,.0f} MB resident",
    )
    idle = Spent.until_now(child.pid)
    await asyncio.sleep(_IDLE_SECONDS)
    rest = Spent.until_now(child.pid)
    if (wait := (due_from - datetime.now(UTC)).total_seconds()) < 0:
        say(f"  {-wait:.0f} s too slow: lateness is that of a backlog")
    await asyncio.sleep(max(0.0, wait))
    spent = Spent.until_now(child.pid)
    late = await _lateness(folder, model)
    cost = Spent.until_now(child.pid).each(spent, DUE)
    hourly = (rest.parley + rest.postgres - idle.parley - idle.postgres) * _HOUR / _IDLE_SECONDS
    p50, p99 = (share(late, part) * 1e3 for part in (0.5, 0.99))
    bench.add(
        f"SLA clocks ring late, {A_SECOND:,} due a second, {ARMED:,} armed: p50, p99",
        f"{p50:.0f}, {p99:.0f} ms",
        f"{goal(p99 < LATE_GOAL_MS, f'p99 < {LATE_GOAL_MS:.0f} ms')}; worst {late[-1] * 1e3:.0f} ms; {cost}; "
        f"waiting for them, the whole desk at rest takes {hourly:,.0f} CPU s an hour",
    )


async def _until_armed(child: Child) -> float:
    began = time.perf_counter() - child.ready_seconds
    async with asyncio.timeout(_ARMED_SECONDS), httpx2.AsyncClient(timeout=30) as client:
        while True:
            found = _METRIC.findall((await client.get(f"{child.url}/metrics")).text)
            if sum(map(float, found)) >= ARMED + DUE:  # armed, or rung by then
                return time.perf_counter() - began
            await asyncio.sleep(0.1)


async def _lateness(folder: Path, model: tuple[UUID, UUID]) -> list[float]:
    """Wait until all that are due have breached; how late each was, ascending."""
    layout = find_running(folder / "data")
    assert layout is not None
    store = await Store.open(layout.dsn(OWNER), max_connections=1)
    try:
        async with asyncio.timeout(_BREACHED_SECONDS):
            await asyncio.sleep(DUE / A_SECOND)
            while True:
                async with store.read(model[0]) as db:
                    rows = await db.fetch(SQL["breaches"], *model)
                if len(rows) >= DUE:
                    break
                await asyncio.sleep(1)
    finally:
        await store.close()
    if len(rows) != DUE or not all(row["exact"] for row in rows):
        raise RuntimeError(f"{len(rows)} breaches of {DUE}, exact: {all(row['exact'] for row in rows)}")
    return sorted(row["late"] for row in rows)
