"""Passing states over real sockets: presence, typing, read positions, availability, lists."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.domain.commands import ChangeTicket
from server.realtime import composing
from server.store.pool import Store
from tests.live.desk import Client, LiveDesk, eventually, live_desk, room_of


@pytest.fixture(autouse=True)
def _typing_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who types does so until they say or go, however slow the machine."""
    monkeypatch.setattr(composing, "TYPING_SECONDS", 3600.0)


def names(frame: dict[str, Any]) -> list[str]:
    members = frame["members"] if frame["op"] == "presence" else frame["presence"]
    return [member["name"] for member in members]


async def in_room(client: Client, room: str) -> dict[str, Any]:
    await client.say("join", room=room, since=2)
    return await client.hear("joined", room=room)


async def test_presence_is_who_is_in_once_each_and_customers_get_no_agents_ids(store: Store) -> None:
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket())
        vic, bob, again = (
            await desk.visitor(),
            await desk.agent(desk.people.bob),
            await desk.agent(desk.people.bob),
        )
        await in_room(vic, room)
        await in_room(bob, room)
        while names(seen := await vic.hear("presence", room=room)) != ["Bob", "Vic"]:
            assert names(seen) == ["Vic"]
        assert [member["id"] for member in seen["members"]] == [None, str(desk.people.vic.id)]
        assert names(await in_room(again, room)) == ["Bob", "Vic"]
        await bob.socket.close()
        await again.say("leave", room=room)
        while names(await vic.hear("presence", room=room)) != ["Vic"]:
            pass


async def test_typing_is_told_to_others_and_ends_by_itself_or_by_leaving(store: Store) -> None:
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket())
        vic, bob = await desk.visitor(), await desk.agent(desk.people.bob)
        await in_room(vic, room)
        await in_room(bob, room)
        await bob.say("typing", room=room, on=True)
        told = await vic.hear("typing", room=room)
        assert (told["who"], told["on"]) == ({"type": "agent", "id": None, "name": "Bob"}, True)
        await bob.say("typing", room=room, on=False)
        assert (await vic.hear("typing", room=room))["on"] is False
        await bob.say("typing", room=room, on=True)
        await vic.hear("typing", room=room, on=True)
        alice = await desk.agent(desk.people.alice)
        await in_room(alice, room)
        assert (await alice.hear("typing", room=room, on=True))["who"]["name"] == "Bob"
        await bob.socket.close()
        assert (await vic.hear("typing", room=room))["on"] is False
        assert bob.all("typing") == []


async def test_a_visitors_text_is_shown_only_where_the_inbox_says_so(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        room = room_of(await desk.ticket())
        vic, bob = await desk.visitor(), await desk.agent(people.bob)
        await in_room(vic, room)
        await in_room(bob, room)
        await vic.say("typing", room=room, on=True, text="I want my mon")
        assert "text" not in await bob.hear("typing", room=room)
        async with store.write(people.workspace_id) as db:
            await db.execute(
                """UPDATE inboxes SET settings = '{"sneak_peek": true}' WHERE id = $1""", people.chat
            )
        await desk.ticket("another")  # the writer sees the desk's new version
        await vic.say("typing", room=room, on=True, text="I want my money")
        assert (await bob.hear("typing", room=room))["text"] == "I want my money"
        await bob.say("typing", room=room, on=True, text="We owe you noth")
        assert "text" not in await vic.hear("typing", room=room)


async def test_how_far_somebody_has_read_is_told_and_kept(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        ticket = await desk.ticket()
        room = room_of(ticket)
        vic, bob, alice = await desk.visitor(), await desk.agent(people.bob), await desk.agent(people.alice)
        for client in (vic, bob, alice):
            await in_room(client, room)
        await bob.say("read", room=room, seq=2)
        assert (await alice.hear("read", room=room))["who"]["name"] == "Bob"
        await vic.say("read", room=room, seq=99)
        assert (await alice.hear("read", room=room))["seq"] == 2
        await bob.say("read", room=room, seq=1)
        await vic.quiet()
        assert vic.all("read") == []
        async with asyncio.timeout(60):
            while True:
                async with store.read(people.workspace_id) as db:
                    kept = await db.fetch("SELECT reader_id, seq FROM reads ORDER BY seq")
                if len(kept) == 2:
                    break
                await asyncio.sleep(0.05)
        assert {(row["reader_id"], row["seq"]) for row in kept} == {(people.bob.id, 2), (people.vic.id, 2)}
        for client in (vic, bob, alice):
            await client.socket.close()
        back = await desk.agent(people.alice)
        assert (await in_room(back, room))["reads"] == {str(people.bob.id): 2, str(people.vic.id): 2}


async def test_the_team_sees_who_is_available(store: Store) -> None:
    async with live_desk(store) as desk:
        alice, bob = await desk.agent(desk.people.alice), await desk.agent(desk.people.bob)
        await alice.say("join", room="agents")
        await alice.hear("joined", room="agents")
        await bob.say("join", room="agents")
        await bob.say("status", status="away")
        async with asyncio.timeout(60):
            while True:
                told = await alice.hear("presence", room="agents")
                if {m["name"]: m["status"] for m in told["members"]} == {"Alice": "online", "Bob": "away"}:
                    break
        vic = await desk.visitor()
        await vic.say("status", status="away")
        assert (await vic.hear("refused"))["code"] == "not_permitted"


async def test_a_list_shows_each_change_of_its_inbox_and_of_no_other(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        bob, alice = await desk.agent(people.bob), await desk.agent(people.alice)
        for client, inbox in ((bob, people.chat), (alice, people.mail)):
            await client.say("join", room=f"inbox:{inbox}")
            await client.hear("joined")
        ticket = await desk.ticket()
        assert (await bob.hear("ticket"))["ticket"]["last_message"]["content"] == "Where is my order?"
        await desk.do(people.alice, ChangeTicket(ticket.ticket.id, subject="Order", priority="high"))
        async with asyncio.timeout(60):
            while (row := (await bob.hear("ticket"))["ticket"])["seq"] < 4:
                pass
        assert (row["subject"], row["priority"]) == ("Order", "high")
        await alice.quiet()
        assert alice.all("ticket") == []


async def test_two_processes_tell_each_others_rooms(store: Store) -> None:
    async with live_desk(store, follow=True) as one, live_desk(store, one.people, follow=True) as two:
        ticket = await one.ticket()
        room = room_of(ticket)
        vic, bob = await one.visitor(), await two.agent(two.people.bob)
        await vic.join(room)
        await bob.join(room)
        await bob.say("join", room=f"inbox:{one.people.chat}")
        await bob.hear("joined")
        for number in range(30):
            await vic.send(room, f"from vic {number}")
            await bob.send(room, f"from bob {number}")
        await vic.events(room, 60)
        await bob.events(room, 60)
        assert vic.seqs(room) == bob.seqs(room) == list(range(1, 63))
        await _newest_row(bob, 62)


async def _newest_row(client: Client, seq: int) -> None:
    rows = client.all("ticket")
    while not rows or rows[-1]["ticket"]["seq"] < seq:
        rows = [await client.hear("ticket")]


async def test_nobody_is_left_when_everybody_has_gone(store: Store) -> None:
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket())
        clients = [await desk.agent(desk.people.bob) for _ in range(5)] + [await desk.visitor()]
        for client in clients:
            await client.say("join", room=room)
            await client.say("typing", room=room, on=True)
        for client in clients[:3]:
            await client.socket.close()
        for client in clients[3:]:
            client.socket.transport.abort()
        await _all_gone(desk)


async def _all_gone(desk: LiveDesk) -> None:
    live, sockets = desk.running.live, desk.server.server_state.connections
    await eventually(lambda: not (live._connections or live.rooms.count() or sockets))
