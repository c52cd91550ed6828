"""Who measures tickets by an edited policy is killed: the edit counts from its moment, once, all the same.

Seen to fail: a sweep that measures from its own time on; one that begins again and again, and never ends.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
from anyio.abc import Process

from server.store.pool import Store
from tests.conftest import Database
from tests.http_desk import HttpDesk, serving

ROOT = Path(__file__).parents[2]
TICKETS, BEFORE = 40, 12


@asynccontextmanager
async def sweeper(database: Database, most: int = TICKETS) -> AsyncIterator[Process]:
    """The process, ready, which measures so many tickets; killed at the end if it still lives."""
    command = [sys.executable, "-m", "tests.faults.sweeper", database.app_dsn, str(most)]
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


async def ask(desk: HttpDesk, query: str) -> list[Any]:
    async with desk.state.store.read(desk.people.workspace_id) as db:
        return list(await db.fetch(query))


async def retimed(desk: HttpDesk) -> list[tuple[str, datetime]]:
    """Which tickets were measured anew, as often as they were, and from when on."""
    rows = await ask(
        desk,
        "SELECT ticket_id, (data->>'changed_at')::timestamptz AS at FROM events WHERE type = 'sla_retimed'",
    )
    return [(str(row["ticket_id"]), row["at"]) for row in rows]


async def nothing_waits(desk: HttpDesk) -> None:
    with anyio.fail_after(120):
        while await ask(desk, "SELECT id FROM sla_applications"):  # noqa: ASYNC110
            await anyio.sleep(0.05)


async def test_an_edit_counts_from_its_moment_although_the_sweep_is_killed(
    store: Store, database: Database, tmp_path: Path
) -> None:
    async with serving(store, tmp_path, rate_agent="10000/second") as desk:
        new = {"name": "P", "resolution_time_hours": 8}
        policy = (await desk.alice.post("/sla-policies", new)).json()
        tickets = [str(await desk.ticket()) for _ in range(TICKETS)]
        async with sweeper(database, BEFORE) as process:
            await nothing_waits(desk)
            path = f"/sla-policies/{policy['id']}"
            assert (await desk.alice.patch(path, {"resolution_time_hours": 2})).status_code == 200
            with anyio.fail_after(120):
                while len(await retimed(desk)) < BEFORE:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        assert len(await retimed(desk)) == BEFORE
        await anyio.sleep(1.5)
        async with sweeper(database):
            await nothing_waits(desk)

        [terms] = await ask(desk, "SELECT made_at FROM sla_terms WHERE retired_at IS NULL")
        measured = await retimed(desk)
        assert sorted(ticket for ticket, _ in measured) == sorted(tickets)  # each once
        assert {at for _, at in measured} == {terms["made_at"]}
        for ticket in tickets[:: TICKETS // 4]:
            [target] = (await desk.bob.get(f"/tickets/{ticket}")).json()["sla"]
            begun, due = (datetime.fromisoformat(target[name]) for name in ("started_at", "due_at"))
            assert due - begun == timedelta(hours=2)
