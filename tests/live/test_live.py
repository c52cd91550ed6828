"""The live protocol over real sockets, as its transcripts go."""

from __future__ import annotations

import asyncio
from uuid import UUID

from server.clock import new_id
from server.domain.commands import AssignTicket, ChangeCustomer, ChangeStatus
from server.domain.identity import System
from server.store.pool import Store
from tests.live.desk import live_desk, room_of


async def test_a_visitor_begins_a_conversation_and_an_agent_answers(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        vic, bob = await desk.visitor(), await desk.agent(people.bob)
        await bob.say("join", room=f"inbox:{people.chat}")
        await bob.hear("joined", room=f"inbox:{people.chat}", seq=0)

        ack = await vic.ack(f"inbox:{people.chat}", "Where is my order?", "c1")
        room = ack["room"]
        assert room.startswith("ticket:")
        assert ack == {"op": "ack", "id": "c1", "room": room, "seq": 2}
        joined = await vic.hear("joined", room=room)
        assert joined["seq"] == 2
        opened, said = await vic.events(room, 2)
        assert (opened["type"], opened["seq"], opened["data"]) == ("ticket_opened", 1, {})
        assert (said["type"], said["seq"]) == ("interaction_added", 2)
        assert (said["data"]["content"], said["data"]["client_id"]) == ("Where is my order?", "c1")

        row = await bob.hear("ticket", room=f"inbox:{people.chat}")
        assert (row["ticket"]["number"], row["ticket"]["status"]) == (1, "new")
        assert [e["seq"] for e in await bob.join(room)] == [1, 2]
        assert (await bob.ack(room, "On its way", "b1"))["seq"] == 3
        heard = await vic.hear("event", room=room, seq=3)
        assert heard["data"]["content"] == "On its way"
        assert heard["actor"] == {"type": "agent", "id": None, "name": "Bob"}
        own = bob.all("event")[-1]  # told before its author is answered
        assert own["data"]["client_id"] == "b1"
        assert "client_id" not in heard["data"]


async def test_a_frame_may_be_sent_before_the_welcome(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        vic = await desk.connect()
        await vic.say("hello", v=1, token=desk.visit(desk.people.vic))
        await vic.say("join", room=room_of(ticket), since=0)
        await vic.say("ping")
        assert (await vic.hear("joined"))["seq"] == 2
        assert {"welcome", "pong"} <= {frame["op"] for frame in vic.heard}


async def test_a_repeated_client_id_gets_the_first_ack_and_says_nothing_twice(store: Store) -> None:
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket())
        vic, bob = await desk.visitor(), await desk.agent(desk.people.bob)
        await vic.join(room)
        first = await vic.ack(room, "Hello?", "c1")
        assert [await vic.ack(room, "Hello?", "c1") for _ in range(3)] == [first] * 3
        assert [event["seq"] for event in await bob.join(room)] == [1, 2, 3]
        await vic.send(room, "Something else", "c1")
        assert (await vic.hear("refused", id="c1"))["code"] == "duplicate_mismatch"


async def test_a_repeated_first_message_opens_one_ticket(store: Store) -> None:
    async with live_desk(store) as desk:
        inbox = f"inbox:{desk.people.chat}"
        vic, again = await desk.visitor(), await desk.visitor()
        acks = [await vic.ack(inbox, "Hello", "c1"), await vic.ack(inbox, "Hello", "c1")]
        acks.append(await again.ack(inbox, "Hello", "c1"))
        assert len({(ack["room"], ack["seq"]) for ack in acks}) == 1
        assert [event["seq"] for event in await again.events(acks[0]["room"], 2)] == [1, 2]


async def test_a_repeated_first_message_whose_ticket_is_somebody_elses_by_now_ends_nothing(
    store: Store,
) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        inbox = f"inbox:{people.chat}"
        vic, again, bob = await desk.visitor(), await desk.visitor(), await desk.agent(people.bob)
        first = await vic.ack(inbox, "Hello", "c1")
        theirs = ChangeCustomer(UUID(first["room"].removeprefix("ticket:")), people.carla.id, people.bob.id)
        await desk.do(System(people.workspace_id), theirs)
        assert len(await bob.join(first["room"])) == 3
        assert await again.ack(inbox, "Hello", "c1") == first
        assert (await again.hear("refused", room=first["room"]))["code"] == "not_found"
        assert (await bob.ack(first["room"], "The writer goes on"))["seq"] == 4


async def test_many_sends_are_acknowledged_and_heard_in_their_order(store: Store) -> None:
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket())
        alice, bob = await desk.agent(desk.people.alice), await desk.agent(desk.people.bob)
        await alice.join(room)
        await bob.join(room)
        for number in range(400):
            await alice.send(room, f"line {number}", f"c{number}")
        events = await bob.events(room, 400)
        assert [event["seq"] for event in events] == list(range(3, 403))
        assert [event["data"]["content"] for event in events] == [f"line {n}" for n in range(400)]
        await alice.hear("ack", id="c399")
        assert [ack["id"] for ack in alice.all("ack")] == [f"c{n}" for n in range(400)]


async def test_who_comes_back_gets_exactly_what_was_missed(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        room = room_of(ticket)
        bob = await desk.agent(desk.people.bob)
        await bob.join(room)
        await bob.socket.close()
        await desk.said(desk.people.vic, ticket.ticket.id, "one", "two", "three")
        back = await desk.agent(desk.people.bob, resume={room: 3})
        assert (await back.hear("joined"))["seq"] == 5
        assert [e["data"]["content"] for e in await back.events(room, 2)] == ["two", "three"]
        await desk.said(desk.people.vic, ticket.ticket.id, "four")
        assert (await back.hear("event"))["seq"] == 6
        assert back.seqs(room) == [4, 5, 6]


async def test_who_has_everything_gets_nothing_again(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        room = room_of(ticket)
        bob, again = await desk.agent(desk.people.bob), await desk.agent(desk.people.bob)
        await bob.join(room)
        assert await again.join(room, since=2) == []
        await again.quiet()
        assert again.seqs(room) == []


async def test_a_long_absence_is_made_up_from_postgres_in_pages(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        room = room_of(ticket)
        await asyncio.gather(
            *(desk.said(desk.people.bob, ticket.ticket.id, f"line {n}") for n in range(1100))
        )
        vic, bob = await desk.visitor(), await desk.agent(desk.people.bob)
        assert [event["seq"] for event in await bob.join(room)] == list(range(1, 1103))
        assert [event["seq"] for event in await vic.join(room, since=300)] == list(range(301, 1103))


async def test_a_long_history_of_long_messages_does_not_close_the_connection(store: Store) -> None:
    async with live_desk(store, max_socket_buffer_bytes=256 * 1024) as desk:
        ticket = await desk.ticket()
        await asyncio.gather(
            *(desk.said(desk.people.bob, ticket.ticket.id, f"{n} " + "x" * 30_000) for n in range(120))
        )
        bob = await desk.agent(desk.people.bob)
        await bob.say("join", room=room_of(ticket))
        await asyncio.sleep(0.3)  # a client that takes its time
        events = await bob.events(room_of(ticket), 122)
        assert [event["seq"] for event in events] == list(range(1, 123))


async def test_messages_said_while_somebody_joins_come_once(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        room = room_of(ticket)
        await asyncio.gather(*(desk.said(desk.people.bob, ticket.ticket.id, f"{n}") for n in range(600)))
        talking = asyncio.create_task(
            desk.said(desk.people.vic, ticket.ticket.id, *(f"more {n}" for n in range(60)))
        )
        clients = [await desk.agent(desk.people.bob) for _ in range(4)]
        for client in clients:
            await client.say("join", room=room, since=0)
            await client.say("join", room=room, since=550)  # it changes its mind while it is let in
        await talking
        for client in clients:
            await client.hear("event", room=room, seq=662)
            seqs = client.seqs(room)
            again = [index for index, seq in enumerate(seqs) if seq == 551]
            assert seqs[again[-1] :] == list(range(551, 663))
            assert seqs[: again[-1]] == list(range(1, again[-1] + 1))


async def test_a_customer_counts_without_holes_and_sees_nothing_internal(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        ticket = await desk.ticket()
        room, ticket_id = room_of(ticket), ticket.ticket.id
        vic = await desk.visitor()
        await vic.join(room)
        await desk.said(people.lou, ticket_id, "A note", kind="note")
        await desk.do(people.alice, AssignTicket(ticket_id, people.bob.id, people.team))
        await desk.said(people.bob, ticket_id, "Hello Vic")
        await desk.do(people.bob, ChangeStatus(ticket_id, "pending"))
        await desk.said(people.lou, ticket_id, "Another note", kind="note")
        ack = await vic.ack(room, "Thank you")
        assert ack["seq"] == 5
        await vic.quiet()
        assert vic.seqs(room) == [1, 2, 3, 4, 5, 6]
        assert [e["type"] for e in vic.all("event")] == [
            "ticket_opened",
            "interaction_added",
            "interaction_added",
            "status_changed",
            "interaction_added",
            "status_changed",
        ]
        fresh = await desk.visitor()
        await fresh.join(room)
        assert [{**e, "data": 0} for e in fresh.all("event")] == [{**e, "data": 0} for e in vic.all("event")]
        text = str(vic.heard) + str(fresh.heard)
        for secret in ("note", "assign", str(people.bob.id), str(people.lou.id), str(people.team)):
            assert secret not in text


async def test_a_frame_is_the_same_live_and_from_the_history(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        ticket = await desk.ticket()
        room, ticket_id = room_of(ticket), ticket.ticket.id
        bob, vic = await desk.agent(people.bob), await desk.visitor()
        await bob.join(room, since=0)
        await vic.join(room, since=0)
        await desk.do(people.alice, AssignTicket(ticket_id, people.bob.id, people.team))
        await desk.do(people.alice, AssignTicket(ticket_id, None, people.team))
        await desk.said(people.lou, ticket_id, "A note", kind="note")
        await desk.do(people.system, ChangeStatus(ticket_id, "pending"))
        await desk.said(people.system, ticket_id, "Parley speaks")
        await vic.ack(room, "Me too", "c9")
        await desk.do(people.bob, ChangeStatus(ticket_id, "closed"))
        live = {True: vic.heard, False: bob.heard}
        await bob.hear("event", type="status_changed", seq=10)
        await vic.hear("event", type="status_changed", seq=7)
        for public, client in ((False, await desk.agent(people.bob)), (True, await desk.visitor())):
            await desk.said(people.bob, ticket_id, "out of memory", kind="note")
            room_now = desk.running.live.rooms.find(people.workspace_id, room)
            room_now.recent.clear()  # type: ignore[union-attr]
            await client.join(room, since=0)
            told = [f for f in live[public] if f["op"] == "event"]
            read = [f for f in client.heard if f["op"] == "event"]
            assert read[: len(told)] == told


async def test_a_refused_send_says_why_and_the_connection_goes_on(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        room = room_of(ticket)
        vic = await desk.visitor()
        for content, code in (("  \n ", "invalid"), ("a\0b", "invalid"), ("é" * 33_000, "too_large")):
            client_id = await vic.send(room, content)
            assert (await vic.hear("refused", id=client_id))["code"] == code
        await desk.do(desk.people.bob, ChangeStatus(ticket.ticket.id, "closed"))
        client_id = await vic.send(room, "Still there?")
        refused = await vic.hear("refused", id=client_id)
        assert (refused["code"], refused["room"], refused["retry"]) == ("ticket_closed", room, False)
        await vic.socket.send("nonsense")
        assert (await vic.hear("refused"))["code"] == "invalid"
        await vic.socket.send('{"op":"sing"}')
        assert (await vic.hear("refused"))["code"] == "invalid"
        await vic.say("join", room="ticket:" + str(new_id()).upper())
        assert (await vic.hear("refused"))["code"] == "not_found"
        await vic.say("ping")
        await vic.hear("pong")
