"""Who hears at once that they have something to read: the agent whose it is, in each of their windows."""

from __future__ import annotations

from uuid import UUID

import httpx2
import pytest

from server.domain.commands import AssignTicket
from server.relay.notifications import Notifications
from server.store import log
from server.store.pool import Store
from tests.live.desk import Client, LiveDesk, live_desk
from tests.live.test_processes import JOINED, pair
from tests.store.relaying import numbered


async def assigned(store: Store, desk: LiveDesk, told_by: LiveDesk) -> UUID:
    """Alice gives Bob a ticket, and the consumer in the process `told_by` hears of it."""
    opened = await desk.ticket()
    await desk.do(desk.people.alice, AssignTicket(opened.ticket.id, assignee_id=desk.people.bob.id))
    await numbered(store)
    async with store.across() as db:
        entries = await log.read(db, dict.fromkeys(range(8), 0), 100)
    consumer = Notifications(store, told_by.running.live.unread.tell)
    await consumer.handle([entry for entry in entries if entry.ticket_id == opened.ticket.id])
    return opened.ticket.id


def notified(client: Client) -> list[int]:
    """The counts that a client has heard."""
    return [frame["unread"] for frame in client.all("notified")]


async def test_an_agent_hears_in_every_window_and_nobody_else_does(store: Store) -> None:
    async with live_desk(store) as desk:
        bob, again = await desk.agent(desk.people.bob), await desk.agent(desk.people.bob)
        others = [await desk.agent(one) for one in (desk.people.alice, desk.people.lou, desk.people.charlie)]
        others.append(await desk.visitor())
        await assigned(store, desk, desk)
        told = await bob.hear("notified")
        assert told["unread"] == 1
        assert await again.hear("notified") == told
        await assigned(store, desk, desk)
        assert (await bob.hear("notified"))["unread"] == 2
        for other in others:
            await other.quiet()
            assert notified(other) == []


async def test_what_one_window_reads_the_others_hear(store: Store) -> None:
    async with live_desk(store) as desk:
        bob = await desk.agent(desk.people.bob)
        await assigned(store, desk, desk)
        newest = (await bob.hear("notified"))["newest"]
        token = (await desk.token(desk.people.bob))[1]
        headers = {"authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=f"{desk.origin}/api/v1", headers=headers) as client:
            assert (await client.put(f"/notifications/{newest}/read")).status_code == 200
            assert (await bob.hear("notified"))["unread"] == 0
            await assigned(store, desk, desk)
            assert (await bob.hear("notified"))["unread"] == 1
            assert (await client.post("/notifications/read")).json() == {"unread": 0}
        assert (await bob.hear("notified"))["unread"] == 0


@JOINED
async def test_an_agent_at_another_process_hears_too(
    store: Store, joined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.realtime.unread.POLL_SECONDS", 3600 if joined else 0.05)
    async with pair(store, joined=joined) as desks:
        bob = await desks.there.agent(desks.there.people.bob)
        await bob.quiet()
        for unread in (1, 2, 3):
            await assigned(store, desks.here, desks.here)
            assert (await bob.hear("notified"))["unread"] == unread


async def test_a_note_that_the_bus_has_lost_is_made_good(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.realtime.unread.POLL_SECONDS", 0.05)
    async with pair(store) as desks:
        bob = await desks.there.agent(desks.there.people.bob)
        monkeypatch.setattr(desks.here.running.bus, "publish", lambda *_: None)
        for unread in (1, 2, 3):
            await assigned(store, desks.here, desks.here)
            assert (await bob.hear("notified"))["unread"] == unread


async def test_the_same_is_not_said_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.realtime.unread.POLL_SECONDS", 0.02)
    monkeypatch.setattr("server.realtime.unread.REST_SECONDS", 0)
    async with live_desk(store) as desk:
        bob = await desk.agent(desk.people.bob)
        for unread in range(1, 6):
            await assigned(store, desk, desk)
            while (await bob.hear("notified"))["unread"] < unread:
                pass
            for _ in range(5):
                desk.running.live.unread.tell(desk.people.workspace_id, [desk.people.bob.id])
                await bob.quiet()
        assert notified(bob) == [1, 2, 3, 4, 5]
