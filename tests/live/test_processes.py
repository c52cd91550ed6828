"""Two processes of one desk, joined by a bus or by the log alone: each person is at one of them.

Timing decides nothing here: what must come is waited for, however slow the machine.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import httpx2
import pytest

from server.domain.commands import AddInteraction
from server.realtime import composing
from server.store.pool import Store
from tests.live.desk import Client, LiveDesk, eventually, live_desk, room_of
from tests.live.valkey import Valkey, valkey
from tests.people import says


@pytest.fixture(autouse=True)
def _typing_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who types does so until they say or go, however slow the machine."""
    monkeypatch.setattr(composing, "TYPING_SECONDS", 3600.0)


JOINED = pytest.mark.parametrize("joined", [True, False], ids=["bus", "log"])


class Pair(NamedTuple):
    """Two processes, and what joins them."""

    here: LiveDesk
    there: LiveDesk
    bus: Valkey | None

    async def together(self) -> None:
        """Until both are on the bus."""
        await eventually(lambda: self.here.running.bus.ready and self.there.running.bus.ready)


@asynccontextmanager
async def pair(store: Store, *, joined: bool = True) -> AsyncIterator[Pair]:
    """Two processes that follow the log; with a bus, unless `joined` is False."""
    if not joined:
        async with (
            live_desk(store, follow=True) as here,
            live_desk(store, here.people, follow=True) as there,
        ):
            yield Pair(here, there, None)
        return
    async with valkey() as bus:
        more: dict[str, Any] = {"follow": True, "redis_url": bus.url}
        async with live_desk(store, **more) as here, live_desk(store, here.people, **more) as there:
            found = Pair(here, there, bus)
            await found.together()
            yield found


def names(frame: dict[str, Any]) -> list[str]:
    return [member["name"] for member in frame["members"]]


async def enter(client: Client, room: str) -> None:
    """Join without a history, so that nothing is passed over."""
    await client.say("join", room=room, since=2)
    await client.hear("joined", room=room)


async def present(client: Client, room: str, *expected: str) -> None:
    """Wait until these, and no others, are seen in a room; it may have been told before."""
    async with asyncio.timeout(60):
        while [names(f) for f in client.all("presence") if f["room"] == room][-1:] != [list(expected)]:
            await client.say("ping")
            await client.hear("pong")
            await asyncio.sleep(0.02)


async def eventually_heard(client: Client, op: str, text: str) -> None:
    """Wait for a frame with a text in it, which may have come before others."""
    async with asyncio.timeout(60):
        while not any(text in json.dumps(frame) for frame in client.all(op)):
            await client.say("ping")
            await client.hear("pong")


async def test_presence_typing_and_reading_pass_between_processes(store: Store) -> None:
    async with pair(store) as (here, there, _):
        people = here.people
        room = room_of(await here.ticket())
        vic, bob = await here.visitor(), await there.agent(people.bob)
        await vic.join(room)
        await bob.join(room)
        await present(vic, room, "Bob", "Vic")
        await present(bob, room, "Bob", "Vic")
        seen = next(frame for frame in reversed(vic.all("presence")) if len(frame["members"]) == 2)
        assert [member["id"] for member in seen["members"]] == [None, str(people.vic.id)]
        await bob.say("typing", room=room, on=True)
        told = await vic.hear("typing", room=room)
        assert (told["who"], told["on"]) == ({"type": "agent", "id": None, "name": "Bob"}, True)
        alice = await here.agent(people.alice)
        await enter(alice, room)
        assert (await alice.hear("typing", room=room, on=True))["who"]["name"] == "Bob"
        await bob.say("typing", room=room, on=False)
        assert (await vic.hear("typing", room=room))["on"] is False
        await vic.say("read", room=room, seq=2)
        assert (await bob.hear("read", room=room))["seq"] == 2
        await bob.say("read", room=room, seq=2)
        assert (await alice.hear("read", room=room))["who"]["name"] == "Vic"
        assert (await alice.hear("read", room=room))["who"]["name"] == "Bob"
        await bob.say("typing", room=room, on=True)
        await vic.hear("typing", room=room, on=True)
        await bob.socket.close()
        await vic.hear("typing", room=room, on=False)
        await present(vic, room, "Alice", "Vic")
        assert bob.all("typing") == []


async def test_who_comes_first_to_a_process_hears_of_those_who_were_elsewhere_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.realtime.reads.KEEP_SECONDS", 3600.0)  # only the bus can tell it
    async with pair(store) as (here, there, _):
        room, bob_id = room_of(await here.ticket()), here.people.bob.id
        bob = await there.agent(here.people.bob)
        await bob.join(room)
        await bob.say("read", room=room, seq=2)
        await bob.say("typing", room=room, on=True)
        await present(bob, room, "Bob")
        alice = await here.agent(here.people.alice)
        await enter(alice, room)
        await alice.hear("typing", room=room, on=True)
        await eventually_heard(alice, "presence", "Bob")
        if str(bob_id) not in alice.all("joined")[0]["reads"]:  # else it was heard before she was let in
            await eventually_heard(alice, "read", "Bob")


@JOINED
async def test_what_two_processes_write_is_told_by_both_in_order(store: Store, joined: bool) -> None:
    async with pair(store, joined=joined) as (here, there, _):
        ticket = await here.ticket()
        room = room_of(ticket)
        vic, bob = await here.visitor(), await there.agent(here.people.bob)
        for client in (vic, bob):
            await client.join(room)
        for number in range(20):
            await vic.send(room, f"vic {number}")
            await bob.send(room, f"bob {number}")
        await vic.events(room, 40)
        await bob.events(room, 40)
        tail = here.running.live.rooms.find(here.people.workspace_id, room)
        assert tail is not None
        assert vic.seqs(room) == list(range(1, 2 + 40 + 1))
        seen = bob.seqs(room)
        assert seen == list(range(1, len(seen) + 1)), "each once, in order"
        contents = [f["data"]["content"] for f in vic.heard if f["op"] == "event" and f["seq"] > 2]
        assert [text for text in contents if text.startswith("vic")] == [f"vic {n}" for n in range(20)]
        assert [text for text in contents if text.startswith("bob")] == [f"bob {n}" for n in range(20)]


@pytest.mark.parametrize("harm", ["kill", "stop"])
async def test_nothing_is_lost_or_out_of_order_when_the_bus_breaks(store: Store, harm: str) -> None:
    async with pair(store) as (here, there, bus):
        assert bus is not None
        room = room_of(await here.ticket())
        vic, bob = await here.visitor(), await there.agent(here.people.bob)
        for client in (vic, bob):
            await client.join(room)
        await vic.ack(room, "before")
        await bob.hear("event", room=room)
        getattr(bus, harm)()
        for number in range(10):
            await vic.ack(room, f"during {number}")
        async with asyncio.timeout(60):  # by the log: within a second or two, and not when the bus is back
            while json.dumps("during 9") not in json.dumps(bob.heard):
                await bob.hear("event", room=room)
        await eventually(lambda: not there.running.bus.ready)
        async with httpx2.AsyncClient() as http:
            ready = await http.get(f"{there.origin}/readyz")
        assert ready.status_code == 200
        assert ready.json()["parts"]["bus"] == "away"
        alice = await there.agent(here.people.alice)
        await alice.join(room)  # nobody waits for a bus that is away
        await (bus.start() if harm == "kill" else asyncio.to_thread(bus.resume))
        await Pair(here, there, bus).together()
        await vic.ack(room, "after")
        while json.dumps("after") not in json.dumps(bob.heard):
            await bob.hear("event", room=room)
        assert vic.seqs(room) == list(range(1, 15))
        assert bob.seqs(room) == list(range(1, len(bob.seqs(room)) + 1))
        await present(vic, room, "Alice", "Bob", "Vic")


async def test_a_process_that_stops_withdraws_its_people(store: Store) -> None:
    async with pair(store) as (here, _, bus):
        assert bus is not None
        people = here.people
        room = room_of(await here.ticket())
        alice = await here.agent(people.alice)
        await alice.say("join", room=f"inbox:{people.chat}")
        await alice.join(room)
        async with live_desk(store, people, follow=True, redis_url=bus.url) as leaving:
            await eventually(lambda: leaving.running.bus.ready)
            bob = await leaving.agent(people.bob)
            await bob.join(room)
            await bob.say("typing", room=room, on=True)
            await alice.hear("typing", room=room, on=True)
            await eventually_heard(alice, "presence", "Bob")
        await alice.hear("typing", room=room, on=False)
        async with asyncio.timeout(60):
            while [names(alice.all(op)[-1]) for op in ("presence", "viewing")] != [["Alice"]] * 2:
                await alice.say("ping")
                await alice.hear("pong")


async def test_a_process_that_stops_does_not_wait_for_people_to_withdraw_them(store: Store) -> None:
    async with pair(store) as (here, there, _):
        people = here.people
        room = room_of(await here.ticket())
        alice, bob = await here.agent(people.alice), await there.agent(people.bob)
        await alice.say("join", room=f"inbox:{people.chat}")
        await enter(alice, room)
        await enter(bob, room)
        await bob.say("typing", room=room, on=True)
        await alice.hear("typing", room=room, on=True)
        await eventually_heard(alice, "viewing", "Bob")
        await there.running.leave()
        await alice.hear("typing", room=room, on=False)
        async with asyncio.timeout(60):
            while "Bob" in json.dumps([alice.all("presence")[-1], alice.all("viewing")[-1]["members"]]):
                await alice.say("ping")
                await alice.hear("pong")


@pytest.mark.parametrize("joined", [True, False], ids=["bus", "alone"])
async def test_a_list_shows_which_agents_have_a_ticket_open(store: Store, joined: bool) -> None:
    async with pair(store, joined=joined) as (here, there, _):
        people = here.people
        elsewhere = there if joined else here
        ticket = (await here.ticket()).ticket.id
        room, inbox = f"ticket:{ticket}", f"inbox:{people.chat}"
        alice, bob = await here.agent(people.alice), await elsewhere.agent(people.bob)
        await alice.say("join", room=inbox)
        await alice.hear("joined", room=inbox)
        await bob.join(room)
        told = await alice.hear("viewing", room=inbox, ticket_id=ticket)
        assert told["members"] == [{"type": "agent", "id": str(people.bob.id), "name": "Bob"}]
        assert told["typing"] == []
        await bob.say("typing", room=room, on=True)
        told = await alice.hear("viewing", room=inbox, ticket_id=ticket)
        assert [member["name"] for member in told["typing"]] == ["Bob"]
        late = await here.agent(people.alice)
        await late.say("join", room=inbox)
        await late.hear("joined", room=inbox)
        assert names(await late.hear("viewing", room=inbox, ticket_id=ticket)) == ["Bob"]
        await bob.socket.close()
        while names(await alice.hear("viewing", room=inbox, ticket_id=ticket)):
            pass


async def test_who_begins_to_watch_elsewhere_hears_what_was_open_before(store: Store) -> None:
    async with pair(store) as (here, there, _):
        people = here.people
        ticket = (await here.ticket()).ticket.id
        bob = await there.agent(people.bob)
        await bob.join(f"ticket:{ticket}")
        await present(bob, f"ticket:{ticket}", "Bob")
        alice = await here.agent(people.alice)
        await alice.say("join", room=f"inbox:{people.chat}")
        assert names(await alice.hear("viewing", ticket_id=ticket)) == ["Bob"]


@JOINED
async def test_a_list_hears_what_another_process_writes(store: Store, joined: bool) -> None:
    async with pair(store, joined=joined) as (here, there, _):
        people = here.people
        alice = await here.agent(people.alice)
        await alice.say("join", room=f"inbox:{people.chat}")
        await alice.hear("joined")
        ticket = await there.do(people.vic, AddInteraction((await there.ticket()).ticket.id, says("Hello?")))
        while (row := (await alice.hear("ticket"))["ticket"])["seq"] < ticket.ticket.seq:
            pass
        assert row["id"] == str(ticket.ticket.id)


async def status_of(store: Store, workspace_id: UUID, agent_id: UUID) -> str:
    async with store.read(workspace_id) as db:
        status: str = await db.fetchval("SELECT status FROM agent_presence WHERE agent_id = $1", agent_id)
        return status


async def until(true: Callable[[], Any], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@JOINED
async def test_an_agent_is_online_while_any_process_has_them(
    store: Store, joined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.realtime.availability.GRACE_SECONDS", 0.2)
    async with pair(store, joined=joined) as (here, there, _):
        people = here.people
        at_one, at_other = await here.agent(people.bob), await there.agent(people.bob)
        await at_one.say("status", status="away")
        await until(lambda: _is(store, people.workspace_id, people.bob.id, "away"))
        await at_one.socket.close()
        await eventually(lambda: not here.running.live.rooms.availability._gone)
        await asyncio.sleep(1.5)  # long after its grace
        assert await status_of(store, people.workspace_id, people.bob.id) == "away"
        await at_other.socket.close()
        await until(lambda: _is(store, people.workspace_id, people.bob.id, "offline"))


async def _is(store: Store, workspace_id: UUID, agent_id: UUID, status: str) -> bool:
    return await status_of(store, workspace_id, agent_id) == status


async def test_the_team_sees_the_status_of_those_at_other_processes(store: Store) -> None:
    async with pair(store) as (here, there, _):
        people = here.people
        alice, bob = await here.agent(people.alice), await there.agent(people.bob)
        for client in (alice, bob):
            await client.say("join", room="agents")
            await client.hear("joined", room="agents")
        for client, other, status in ((bob, alice, "away"), (alice, bob, "away"), (bob, alice, "online")):
            name = "Bob" if client is bob else "Alice"
            await client.say("status", status=status)
            async with asyncio.timeout(60):
                while True:
                    told = await other.hear("presence", room="agents")
                    if {m["name"]: m["status"] for m in told["members"]}.get(name) == status:
                        break


async def test_the_agents_of_a_killed_process_are_reaped_by_another(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.realtime.availability.VOUCH_SECONDS", 3600.0)  # but when we say so
    async with live_desk(store) as desk:
        people = desk.people
        await desk.agent(people.alice)
        async with store.write(people.workspace_id) as db:
            await db.execute(
                "INSERT INTO agent_presence VALUES ($1, $2, 'away', now())",
                people.workspace_id,
                people.bob.id,
            )
            await db.execute(
                "INSERT INTO connected_agents VALUES ($1, $2, $3, now() - interval '31 seconds')",
                people.workspace_id, people.bob.id, UUID(int=99),
            )  # fmt: skip
        await desk.running.live.rooms.availability._reap()
        assert await status_of(store, people.workspace_id, people.bob.id) == "offline"
        assert await status_of(store, people.workspace_id, people.alice.id) == "online"
        async with store.write(people.workspace_id) as db:
            await db.execute("DELETE FROM connected_agents")  # as if this process had been silent for long
        await desk.running.live.rooms.availability._reap()
        assert await status_of(store, people.workspace_id, people.alice.id) == "offline"
        await desk.running.live.rooms.availability._vouch()
        assert await status_of(store, people.workspace_id, people.alice.id) == "online"


async def test_metrics_tell_how_the_bus_is(store: Store) -> None:
    async with pair(store) as (here, there, _), httpx2.AsyncClient() as http:
        room = room_of(await here.ticket())
        bob = await there.agent(here.people.bob)
        await bob.join(room)
        text = (await http.get(f"{here.origin}/metrics")).text
        for name in ("up", "published_total", "heard_total", "dropped_total", "delay_seconds_count"):
            assert f"parley_bus_{name}" in text
