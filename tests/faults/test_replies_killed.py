"""The process dies between the relay's 250 and our mark: the reply leaves again, under its Message-ID."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from connectors.mail.parse import parse
from connectors.outgoing import Queueing
from connectors.outgoing.holding import LEASE
from server.domain.commands import AddInteraction, Envelope
from server.domain.identity import Customer
from server.store import log
from server.store.pool import Store
from tests.channels.office import until
from tests.channels.sink import Sink
from tests.conftest import Database
from tests.people import Desk, opening, says, settle
from tests.store.relaying import written

ROOT = Path(__file__).parents[2]
REPLIES = 3


@asynccontextmanager
async def sending(database: Database, folder: Path) -> AsyncIterator[Process]:
    """A process that sends; killed at the end if it still lives."""
    words = (sys.executable, "-m", "tests.faults.sending", database.app_dsn, str(folder))
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def queue_replies(store: Store, desk: Desk, port: int) -> None:
    """A ticket with replies that wait for a relay on this port."""
    async with store.write(desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = jsonb_build_object('smtp', jsonb_build_object("
            "'host', '127.0.0.1', 'port', $2::int, 'username', '', 'security', 'none')) WHERE id = $1",
            desk.mail,
            port,
        )
    carla = Customer(desk.workspace_id, desk.carla.id, "Carla")
    opened = opening(desk, inbox_id=desk.mail, channel="email", customer_id=carla.id, visitor_id=None)
    await written(store, Envelope(carla, opened))
    for number in range(REPLIES):
        said = AddInteraction(opened.ticket_id, says(f"Reply {number}"))
        await written(store, Envelope(desk.bob, said))
    async with store.across() as db:
        await log.number(db, 1000)
        entries = await log.read(db, dict.fromkeys(range(8), 0), 1000)
    await Queueing(store, "desk.test", lambda: None).on_events(entries)


async def states(store: Store, desk: Desk) -> list[tuple[str, str, int]]:
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch(
            "SELECT message_id, state, attempts FROM outgoing_mails ORDER BY created_at, message_id"
        )
    return [tuple(row) for row in rows]


async def test_killed_between_the_relays_250_and_our_mark(
    store: Store, database: Database, tmp_path: Path
) -> None:
    desk = await settle(store)
    owner = await asyncpg.connect(database.owner_dsn)
    async with Sink().open() as sink:
        await queue_replies(store, desk, sink.port)
        watching = await asyncpg.connect(database.owner_dsn)

        async def mark_waits() -> Any:
            return sink.mails and await watching.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND query LIKE 'UPDATE outgoing_mails SET state = ''sent''%'"
                " AND datname = current_database()"
            )

        lock = owner.transaction()

        async def hold() -> None:
            """The relay has the mail and has not answered yet: from now on it can be read, but not marked."""
            await lock.start()
            await owner.execute("LOCK TABLE outgoing_mails IN SHARE MODE")

        sink.before_answer = hold
        async with sending(database, tmp_path) as process:
            await until(mark_waits)
            process.kill()
            await process.wait()
        sink.before_answer = None
        await lock.rollback()
        assert [state for _, state, _ in await states(store, desk)] == ["queued"] * REPLIES
        waits = "SELECT max(next_attempt_at) - now() FROM outgoing_mails"
        assert await watching.fetchval(waits) <= LEASE, "then its claim is anybody's"
        async with sending(database, tmp_path):

            async def all_sent() -> bool:
                return {state for _, state, _ in await states(store, desk)} == {"sent"}

            await until(all_sent, seconds=120.0)
        first, *again = [parse(raw).message_id for raw in sink.mails]
        assert len(again) == REPLIES
        assert again.count(first) == 1
        assert set(again) == {message_id for message_id, _, _ in await states(store, desk)}
        twice = [raw for raw in sink.mails if parse(raw).message_id == first]
        assert parse(twice[0]).text == parse(twice[1]).text
    await watching.close()
    await owner.close()
