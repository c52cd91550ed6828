"""Clients that break the rules of the wire, or the patience of the server; others do not notice."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from websockets.frames import Opcode

from server.realtime import connection, live
from server.store.pool import Store
from tests.live.desk import eventually, live_desk, room_of
from tests.live.raw import Raw, masked, raw

PING = b'{"op":"ping"}'


async def hello(desk: object, client: Raw, token: str) -> None:
    await client.write(masked(Opcode.TEXT, json.dumps({"op": "hello", "v": 1, "token": token}).encode()))
    assert b'"welcome"' in (await client.frame()).payload


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (masked(Opcode.BINARY, b"\0\1"), 4401),  # drafts are for those who said hello
        (masked(Opcode.TEXT, b"\xff\xfe"), 1007),
        (masked(Opcode.TEXT, b"\xc3", fin=False) + masked(Opcode.CONT, b"("), 1007),
        (b"\x81\x05hello", 1002),  # not masked
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\x83\x80\0\0\0\0", 1002),  # a reserved opcode
        (masked(Opcode.CONT, b"x"), 1002),
        (masked(Opcode.TEXT, b"a", fin=False) + masked(Opcode.TEXT, b"b"), 1002),
        (masked(Opcode.PING, b"x" * 126), 1002),
        (masked(Opcode.PING, b"x", fin=False), 1002),
        (b"\x81\xff" + (2**40).to_bytes(8, "big") + b"\0\0\0\0", 1009),
        (b"\x81\xff" + (2**63).to_bytes(8, "big") + b"\0\0\0\0", 1002),
        (masked(Opcode.TEXT, b"a" * 200_000, fin=False) + masked(Opcode.CONT, b"a" * 200_000), 1009),
        (masked(Opcode.CLOSE, (1000).to_bytes(2, "big")), 1000),
        (masked(Opcode.CLOSE, b"\3"), 1002),
    ],
)
async def test_a_broken_frame_gets_the_code_of_the_standard(store: Store, data: bytes, code: int) -> None:
    async with live_desk(store) as desk, raw(desk.port) as client, raw(desk.port) as slowly:
        assert client.status == 101
        await client.write(data)
        assert await client.closing() == code
        for index in range(min(len(data), 40)):
            await slowly.write(data[index : index + 1])
        await slowly.write(data[40:])
        assert await slowly.closing() == code


async def test_a_message_in_pieces_with_pings_between_is_one_message(store: Store) -> None:
    async with live_desk(store) as desk, raw(desk.port) as client:
        data = (
            masked(Opcode.TEXT, PING[:3], fin=False)
            + masked(Opcode.PING, b"?")
            + masked(Opcode.CONT, PING[3:7], fin=False)
            + masked(Opcode.PONG, b"")
            + masked(Opcode.CONT, PING[7:])
        )
        for chunks in ([data], [data[i : i + 1] for i in range(len(data))]):
            for chunk in chunks:
                await client.write(chunk)
            assert [(await client.frame())[:2] for _ in range(2)] == [
                (Opcode.PONG, b"?"),
                (Opcode.TEXT, b'{"op":"pong"}'),
            ]


async def test_two_hundred_thousand_fragments_are_too_many(store: Store) -> None:
    async with live_desk(store) as desk, raw(desk.port) as client:
        try:
            await client.write(masked(Opcode.TEXT, b"a", fin=False))
            await client.write(masked(Opcode.CONT, b"a", fin=False, mask=b"\0\0\0\0") * 200_000)
        except ConnectionError:
            pass  # cut while it was still talking
        assert await client.closing() == 1008
        vic = await desk.visitor()
        await vic.quiet()


async def test_a_message_of_any_size_within_the_bound_passes(store: Store) -> None:
    async with live_desk(store, max_frame_bytes=100_000) as desk:
        room = room_of(await desk.ticket())
        bob = await desk.agent(desk.people.bob)
        for size in (1, 125, 126, 127, 40_000, 63_999, 64_000):
            await bob.ack(room, "x" * size)
        await bob.socket.send("x" * 100_001)
        assert await bob.closed() == 1009


async def test_who_does_not_read_is_cut_and_slows_nobody(store: Store) -> None:
    async with live_desk(store, max_socket_buffer_bytes=64 * 1024) as desk:
        people = desk.people
        ticket = await desk.ticket()
        room = room_of(ticket)
        bob, alice = await desk.agent(people.bob), await desk.agent(people.alice)
        await bob.join(room)
        await alice.join(room)
        _, token = await desk.token(people.alice)
        async with raw(desk.port, limit=1024) as deaf:
            plain: socket.socket = deaf.writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await hello(desk, deaf, token)
            await deaf.write(masked(Opcode.TEXT, json.dumps({"op": "join", "room": room}).encode()))
            await eventually(lambda: len(_members(desk, room)) == 3)
            deaf.writer.transport.pause_reading()
            hearing = asyncio.create_task(alice.events(room, 400))
            await _talk(bob, room, 400)
            await eventually(lambda: len(_members(desk, room)) == 2)
            assert {len(event["data"]["content"]) for event in await hearing} == {30_000}


async def _talk(client: object, room: str, count: int) -> None:
    for number in range(count):
        await client.send(room, "x" * 30_000, f"c{number}")  # type: ignore[attr-defined]
        if number % 20 == 19:
            await client.hear("ack", id=f"c{number}")  # type: ignore[attr-defined]


def _members(desk: object, room: str) -> dict[object, object]:
    found = desk.running.live.rooms.find(desk.people.workspace_id, room)  # type: ignore[attr-defined]
    return {} if found is None else found.members


async def test_a_flood_of_frames_is_ended(store: Store) -> None:
    async with live_desk(store) as desk:
        vic = await desk.visitor()
        for _ in range(400):
            await vic.socket.send('{"op":"ping"}')
        assert await vic.closed() == 4429
        refused = vic.all("refused")[-1]
        assert (refused["code"], refused["retry"]) == ("rate_limited", True)
        assert refused["retry_after_ms"] > 0
        bob = await desk.agent(desk.people.bob)
        for _ in range(400):
            await bob.say("ping")
        for _ in range(400):
            await bob.hear("pong")


async def test_too_many_rooms_on_one_connection_are_refused(store: Store) -> None:
    async with live_desk(store) as desk:
        bob = await desk.agent(desk.people.bob)
        ids = [(await desk.ticket(f"t{number}")).ticket.id for number in range(3)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connection, "MAX_ROOMS", 2)
            for ticket_id in ids:
                await bob.say("join", room=f"ticket:{ticket_id}")
            assert (await bob.hear("refused"))["code"] == "rate_limited"
            await bob.say("leave", room=f"ticket:{ids[0]}")
            await bob.join(f"ticket:{ids[2]}")


async def test_who_says_no_hello_is_sent_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with live_desk(store) as desk:
        twice = await desk.visitor()
        await twice.say("hello", v=1)
        assert (await twice.hear("refused"))["code"] == "invalid"
        monkeypatch.setattr(live, "HELLO_SECONDS", 0.1)
        monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.4)
        silent = await desk.connect()
        assert await silent.closed() == 4408


async def test_a_frame_before_the_hello_and_another_version_are_refused(store: Store) -> None:
    async with live_desk(store) as desk:
        early, newer = await desk.connect(), await desk.connect()
        await early.say("join", room="agents")
        assert (await early.hear("refused"))["code"] == "unauthorized"
        assert await early.closed() == 4401
        await newer.say("hello", v=2, token=(await desk.token(desk.people.bob))[1])
        assert (await newer.hear("refused"))["code"] == "invalid"
        assert await newer.closed() == 4400
        await eventually(lambda: not desk.running.live.rooms.availability._connected)


async def test_too_much_before_the_welcome_is_too_many_and_no_wrong_credential(store: Store) -> None:
    async with live_desk(store) as desk, raw(desk.port) as eager:
        hello = json.dumps({"op": "hello", "v": 1, "token": desk.visit(desk.people.vic)}).encode()
        join = b'{"op":"join","room":"agents"}'
        await eager.write(masked(Opcode.TEXT, hello) + masked(Opcode.TEXT, join) * 65)
        assert await eager.closing() == 4429


async def test_who_is_quiet_is_asked_and_then_cut(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with live_desk(store) as desk:
        async with raw(desk.port) as mute:
            await hello(desk, mute, desk.visit(desk.people.vic))
            monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.4)
            assert (await mute.frame()).opcode == Opcode.PING
            async with asyncio.timeout(60):
                assert await mute.reader.read() == b""
        await eventually(lambda: not desk.running.live._connections)


async def test_a_peer_that_never_ends_its_side_is_cut(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.realtime.socket.CLOSE_SECONDS", 0.2)
    async with live_desk(store) as desk, raw(desk.port) as stubborn:
        await stubborn.write(masked(Opcode.TEXT, b"\xff"))
        assert await stubborn.closing() == 1007
        await eventually(lambda: not desk.server.server_state.connections)


async def test_a_drain_says_goodbye_and_takes_nobody_new(store: Store) -> None:
    async with live_desk(store) as desk:
        vic, bob = await desk.visitor(), await desk.agent(desk.people.bob)
        desk.running.live.drain()
        for client in (vic, bob):
            bye = await client.hear("bye")
            assert bye["reason"] == "restart" and bye["retry_after_ms"] >= 0
            assert await client.closed() == 1012
        async with raw(desk.port) as late:
            assert late.status == 503


async def test_what_a_client_said_before_it_went_is_kept(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        vic = await desk.visitor()
        for number in range(50):
            await vic.send(room_of(ticket), f"{number}")
        await vic.socket.close()
        bob = await desk.agent(desk.people.bob)
        await bob.join(room_of(ticket))
        while bob.seqs(room_of(ticket))[-1] < 52:
            await bob.hear("event")
        assert bob.seqs(room_of(ticket)) == list(range(1, 53))
