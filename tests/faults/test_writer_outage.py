"""Postgres is killed in the middle of a stream of chat messages, and comes back.

What was acknowledged is there once, in order; what was refused may be sent again by the same id, and is then
there once; who listens meanwhile hears every event once.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed

from server.domain.errors import Unavailable
from server.handle import lane
from server.postgres import EmbeddedPostgres
from server.postgres.layout import APP, OWNER
from server.store.migrations import migrate
from server.store.pool import Store
from tests.live.desk import Client, LiveDesk, live_desk, room_of

SOAK = os.environ.get("PARLEY_SOAK") == "1"
KILLS = 5 if SOAK else 2  # more would look like a server that keeps ending
CLIENTS, WINDOW = 6, 12


@pytest.fixture
def durable() -> Iterator[EmbeddedPostgres]:
    """A server whose commits are durable."""
    folder = Path(tempfile.mkdtemp(prefix="parley-outage-", dir="/tmp"))
    folder.chmod(0o755)
    with EmbeddedPostgres(folder / "data") as postgres:
        yield postgres
    shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def watched(postgres: EmbeddedPostgres) -> AsyncIterator[Store]:
    """A store on a server that is restarted whenever it dies."""
    watching = asyncio.create_task(postgres.watch())
    try:
        await migrate(postgres.layout.dsn(OWNER))
        store = await Store.open(postgres.layout.dsn(APP), max_connections=10)
        yield store
        await store.close()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


class Talker:
    """Says numbered things in one ticket, a window of them at a time, again by the same id when refused."""

    def __init__(self, desk: LiveDesk, room: str, token: str) -> None:
        self.desk = desk
        self.room = room
        self.token = token
        self.acked: dict[str, int] = {}
        self.refused = 0
        self.stopped = False

    async def talk(self) -> None:
        number = 0
        while not self.stopped:
            try:
                client = await self.desk.with_token(self.token)
                while not self.stopped:
                    window = [f"c{number + more}" for more in range(WINDOW)]
                    await self._all_of(client, window)
                    number += WINDOW
            except (ConnectionClosed, OSError, TimeoutError, AssertionError):
                await asyncio.sleep(0.05)  # as a client would: come back, and say the same again

    async def _all_of(self, client: Client, ids: list[str]) -> None:
        """Until each has an ack."""
        open_ids = [client_id for client_id in ids if client_id not in self.acked]
        for client_id in open_ids:
            await client.send(self.room, f"said {client_id}", client_id)
        left = set(open_ids)
        while left:
            frame = await client.hear_any("ack", "refused")
            if frame["op"] == "ack":
                assert self.acked.setdefault(frame["id"], frame["seq"]) == frame["seq"]
                left.discard(frame["id"])
            else:
                assert frame["retry"], frame
                self.refused += 1
                await asyncio.sleep(0.05)
                await client.send(self.room, f"said {frame['id']}", frame["id"])


@pytest.mark.parametrize("patience", [10.0, 0.1], ids=["waits", "refuses"])
async def test_every_acknowledged_message_is_there_once(
    durable: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(lane, "WAIT_SECONDS", patience)
    async with watched(durable) as store, live_desk(store) as desk:
        rooms = [room_of(await desk.ticket(f"ticket {number}")) for number in range(CLIENTS)]
        _, token = await desk.token(desk.people.bob)
        alice = await desk.agent(desk.people.alice)
        await alice.join(rooms[0])
        talkers = [Talker(desk, room, token) for room in rooms]
        talking = [asyncio.create_task(talker.talk()) for talker in talkers]
        for _ in range(KILLS):
            await _more_acks(talkers, 300)
            pid = durable.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        await _more_acks(talkers, 300)
        for talker in talkers:
            talker.stopped = True
        await asyncio.wait_for(asyncio.gather(*talking), 120)
        for talker in talkers:
            await _compare(store, desk, talker)
        heard = await alice.events(rooms[0], len(talkers[0].acked))
        assert [event["seq"] for event in heard] == sorted(talkers[0].acked.values())
        if patience < 1:
            assert sum(talker.refused for talker in talkers) > 0


async def _more_acks(talkers: list[Talker], count: int) -> None:
    """Wait until so many more are acknowledged, some by everybody."""
    begin = [len(talker.acked) for talker in talkers]
    async with asyncio.timeout(180):
        while True:
            more = [len(talker.acked) - before for talker, before in zip(talkers, begin, strict=True)]
            if sum(more) >= count and all(more):
                return
            await asyncio.sleep(0.01)


async def _compare(store: Store, desk: LiveDesk, talker: Talker) -> None:
    ticket_id = UUID(talker.room.partition(":")[2])
    async with store.read(desk.people.workspace_id) as db:
        rows = await db.fetch(
            "SELECT seq, client_id, content FROM interactions WHERE ticket_id = $1 AND client_id IS NOT NULL"
            " ORDER BY seq",
            ticket_id,
        )
        seqs = [
            r["seq"]
            for r in await db.fetch("SELECT seq FROM events WHERE ticket_id = $1 ORDER BY 1", ticket_id)
        ]
        row = await db.fetchrow("SELECT seq, public_seq FROM tickets WHERE id = $1", ticket_id)
    there = {row["client_id"]: row["seq"] for row in rows}
    assert len(there) == len(rows), "nothing is there twice"
    assert there == talker.acked, "what is there was acknowledged, by its number"
    assert all(row["content"] == f"said {row['client_id']}" for row in rows)
    assert seqs == list(range(1, len(rows) + 3)), "the numbers have no hole"
    assert (row["seq"], row["public_seq"]) == (seqs[-1], seqs[-1])
    if talker.refused == 0:
        said = [int(row["client_id"][1:]) for row in rows]
        assert said == sorted(said), "in the order in which they were said"


async def _away(store: Store) -> None:
    """Until nobody serves: what a killed Postgres had begun may outlive it by a moment."""
    with pytest.raises(Unavailable):
        async with asyncio.timeout(120):
            while True:
                async with store.across() as db:
                    await db.execute("SELECT 1")


async def test_while_storage_is_away_sends_are_refused_in_time_and_all_else_goes_on(
    durable: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "WAIT_SECONDS", 0.5)
    await migrate(durable.layout.dsn(OWNER))
    store = await Store.open(durable.layout.dsn(APP), max_connections=10)
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket("Where is it?"))
        alice, bob = await desk.agent(desk.people.alice), await desk.agent(desk.people.bob)
        await alice.join(room)
        await bob.join(room)
        first = await bob.ack(room, "Here", "c1")
        assert durable.pid is not None
        os.kill(durable.pid, signal.SIGKILL)
        await _away(store)
        await bob.send(room, "Are you there?", "c2")
        await bob.say("typing", room=room, on=True)
        assert (await alice.hear("typing"))["who"]["name"] == "Bob"
        missed = await alice.join(room, since=first["seq"] - 1)  # what is recent needs no storage
        assert [event["data"]["content"] for event in missed] == ["Here"]
        refused = await bob.hear("refused")
        assert (refused["id"], refused["code"], refused["retry"]) == ("c2", "unavailable", True)
        watching = asyncio.create_task(durable.watch())
        async with asyncio.timeout(120):
            while True:
                await bob.send(room, "Are you there?", "c2")
                answer = await bob.hear_any("ack", "refused")
                if answer["op"] == "ack":
                    break
        assert answer["seq"] == first["seq"] + 1
        await store.close()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
