"""What reports cost over a year of a million tickets: each one and each grouping, through the API.

What was counted of the tickets is written by SQL, as if their events had been told; the sums over it are made
by the statements that `parley rebuild reports` mends them with.
"""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx2

from load.child import EMAIL, PASSWORD
from load.measures import Bench, goal, say
from load.people import sign_in
from load.usage import Spent
from server.clock import now
from server.postgres import find_running
from server.postgres.layout import OWNER
from server.store import rollups_compare
from server.store.pool import Store
from server.store.statements import named
from server.store.workspaces import list_workspaces

TICKETS, AT_ONCE, RUNS, GOAL_MS = 1_000_000, 50_000, 7, 300
_FILL_SECONDS = 600.0
_GROUPS = (
    "policy",
    "team",
    "agent",
    "inbox",
    "priority",
    "customer",
    "day",
    "week",
    "month",
    "team,priority,month",
)
_FAR = (
    "day",
    "day&team_id=00000000-0000-4000-8001-000000000003",
    "day&agent_id=00000000-0000-4000-8002-000000000007",
    "team,week",
    "agent,week",
)
PATHS = (
    *(f"{report}?group_by={groups}" for report in ("sla-compliance", "durations") for groups in _GROUPS),
    *(
        f"{report}?time_zone=Australia/Sydney&group_by={groups}"
        for report in ("sla-compliance", "durations")
        for groups in _FAR
    ),
    "breaches?time_zone=Europe/Berlin",
    *(
        f"{report}?time_zone=Europe/Berlin{more}"
        for report in ("volume", "backlog")
        for more in ("", "&group_by=inbox")
    ),
    *(
        f"ageing{more}"
        for more in ("", "?group_by=inbox", "?group_by=team", "?group_by=agent", "?group_by=priority")
    ),
)


async def measure_reports(bench: Bench) -> None:
    """Fill a workspace, then ask for everything."""
    await _fill(bench)
    with httpx2.Client(base_url=bench.child.url, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {sign_in(client, EMAIL, PASSWORD)[0]}"
        slowest = max(_measure(bench, client, path) for path in PATHS)
        bench.add(
            f"the slowest report over a year of {TICKETS:,} tickets, median of {RUNS}",
            f"{slowest:.0f} ms",
            goal(slowest < GOAL_MS, f"{GOAL_MS} ms"),
        )
        _measure_known(bench, client)


async def _fill(bench: Bench) -> None:
    layout = find_running(bench.folder / "data")
    assert layout is not None
    store = await Store.open(layout.dsn(OWNER), max_connections=2)
    try:
        workspace_id = (await list_workspaces(store))[0].id
        began = time.perf_counter()
        await _write_tickets(store, workspace_id)
        say(f"  {TICKETS:,} tickets written in {time.perf_counter() - began:.0f} s; summing them up")
        began, spent = time.perf_counter(), Spent.until_now(bench.child.pid)
        await _sum_up(store, workspace_id)
        cost = Spent.until_now(bench.child.pid).each(spent, TICKETS)
        bench.add(f"sums over {TICKETS:,} tickets made anew", f"{time.perf_counter() - began:.0f} s", cost)
    finally:
        await store.close()


async def _write_tickets(store: Store, workspace_id: UUID) -> None:
    sql = named((Path(__file__).parent / "reports.sql").read_text("utf-8"))
    until = now()
    async with store.write(workspace_id) as db:
        await db.execute(sql["people"], workspace_id)
    for first in range(1, TICKETS, AT_ONCE):
        async with store.write(workspace_id) as db:
            last = first + AT_ONCE - 1
            await db.execute(sql["tickets"], workspace_id, first, last, until, timeout=_FILL_SECONDS)


async def _sum_up(store: Store, workspace_id: UUID) -> None:
    async with store.read(workspace_id) as db:
        months = await rollups_compare.list_months(db, workspace_id)
    for month in months:
        async with store.write(workspace_id) as db:
            await rollups_compare.mend_cells(db, workspace_id, month)
    async with store.write(workspace_id) as db:
        await rollups_compare.mend_flows(db, workspace_id)


def _measure(bench: Bench, client: httpx2.Client, path: str) -> float:
    """The median milliseconds of a report over the year."""
    if not path.startswith("ageing"):
        since = (now() - timedelta(days=365)).isoformat().replace("+00:00", "Z")
        path = f"{path}&from={since}"
    took, spent = [], Spent.until_now(bench.child.pid)
    for _ in range(RUNS):
        began = time.perf_counter()
        size = len(client.get(f"/api/v1/reports/{path}").raise_for_status().content)
        took.append((time.perf_counter() - began) * 1e3)
    median = statistics.median(took)
    cost = Spent.until_now(bench.child.pid).each(spent, RUNS)
    bench.add(
        path.partition("&from")[0], f"{median:.0f} ms", f"worst {max(took):.0f} ms, {size:,} bytes; {cost}"
    )
    return median


def _measure_known(bench: Bench, client: httpx2.Client) -> None:
    """What it costs to ask again for what has not changed."""
    path = "/api/v1/reports/sla-compliance?group_by=team"
    tag = client.get(path).headers["etag"]
    spent, took = Spent.until_now(bench.child.pid), []
    for _ in range(100):
        began = time.perf_counter()
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        took.append((time.perf_counter() - began) * 1e3)
    cost = Spent.until_now(bench.child.pid).each(spent, 100)
    bench.add("the same report again, unchanged (304)", f"{statistics.median(took):.1f} ms", cost)
