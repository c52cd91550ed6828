"""Mails storm in while the process is killed and Postgres restarted: what was answered 250 is there, once.

Each mail has a Message-ID of its own, so whatever is kept twice would show as two interactions; what was not
answered may be kept or not (the kill came between commit and answer), but is there at most once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.postgres import find_running
from server.postgres.layout import APP
from server.store.pool import Store
from server.store.workspaces import list_workspaces
from tests.acceptance.desk import Desk, started
from tests.faults.storm import SMTP_SOURCE, Answers, by_ourselves, by_smtp_source

SOAK = bool(os.environ.get("PARLEY_SOAK"))
MAILS, KILLS, RESTARTS = (5000, 20, 5) if SOAK else (300, 2, 1)
SECONDS = 1500 if SOAK else 250


class Storm:
    """Mails and faults; a fault comes whenever so many more mails have been answered."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        every = KILLS // RESTARTS + 1
        faults = KILLS + RESTARTS
        self.faults = ["restart" if number % every == 1 else "kill" for number in range(faults)]
        self.step = MAILS // (faults + 1)
        self.answers = Answers(self.heard)
        self.due = asyncio.Event()

    def heard(self) -> None:
        injected = KILLS + RESTARTS - len(self.faults)
        if self.faults and len(self.answers.kept) >= self.step * (injected + 1):
            self.due.set()

    async def rage(self) -> None:
        """Send until enough were answered 250, whatever happens."""
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
            injecting = group.create_task(self._inject())
            send = by_smtp_source if SMTP_SOURCE else by_ourselves
            while len(self.answers.kept) < MAILS or self.faults:
                with suppress(OSError):
                    await send(self.desk.smtp_port, MAILS // 4, self.answers)
                await asyncio.sleep(0.05)
            injecting.cancel()

    async def _inject(self) -> None:
        while self.faults:
            await self.due.wait()
            if self.faults[0] == "kill":
                await asyncio.to_thread(self.desk.kill)
                await asyncio.to_thread(self.desk.start)
            else:
                await asyncio.to_thread(self._restart_postgres)
            self.faults.pop(0)
            self.due.clear()

    def _restart_postgres(self) -> None:
        """As after a crash of its own: the desk starts it again."""
        pid = self.desk.folder / "data" / "postgres" / "cluster" / "postmaster.pid"
        os.kill(int(pid.read_text().split()[0]), signal.SIGQUIT)


async def rows(desk: Desk, sql: str) -> list[Any]:
    """Rows of the desk's only workspace, straight from its Postgres."""
    layout = await asyncio.to_thread(find_running, Path(desk.folder / "data"))
    assert layout is not None
    store = await Store.open(layout.dsn(APP), max_connections=2)
    try:
        [workspace] = await list_workspaces(store)
        async with store.read(workspace.id) as db:
            return list(await db.fetch(sql, workspace.id))
    finally:
        await store.close()


async def taken_in(desk: Desk) -> list[Any]:
    """The raw mails, once none waits any more."""
    sql = "SELECT id::text, state, interaction_id FROM raw_mails WHERE workspace_id = $1"
    async with asyncio.timeout(SECONDS):
        while True:
            found = await rows(desk, sql)
            if all(row["state"] != "received" for row in found):
                return found
            await asyncio.sleep(0.5)


async def test_every_mail_that_was_answered_is_one_interaction() -> None:
    with started({"PARLEY_RATE_RELAY_IP": "100000/second"}) as desk:
        storm = Storm(desk)
        await storm.rage()
        kept = {row["id"]: row for row in await taken_in(desk)}
        answered = storm.answers.kept
        assert len(answered) == len(set(answered)) >= MAILS
        assert [mail for mail in answered if mail not in kept] == []
        assert Counter(row["state"] for row in kept.values()) == {"done": len(kept)}
        said = await rows(desk, "SELECT id FROM interactions WHERE workspace_id = $1")
        assert Counter(row["interaction_id"] for row in kept.values()) == Counter(row["id"] for row in said)
        assert [code for code in storm.answers.refused if not code.startswith("4")] == []
