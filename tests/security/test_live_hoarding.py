"""Rows D1 and D2 on the socket: who half-opens, subscribes or hoards without end keeps nobody out."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, suppress

import pytest
from websockets.frames import Opcode

from server import http_server
from server.clock import new_id
from server.store.pool import Store
from tests.live.desk import LiveDesk, eventually, live_desk, room_of
from tests.live.raw import Raw, masked, raw


async def hello(client: Raw, token: str) -> None:
    await client.write(masked(Opcode.TEXT, json.dumps({"op": "hello", "v": 1, "token": token}).encode()))
    assert b'"welcome"' in (await client.frame()).payload


async def still_serves(desk: LiveDesk) -> None:
    vic = await desk.visitor()
    await vic.ack(f"inbox:{desk.people.chat}", "Is anybody there?")


async def answered(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server closes, perhaps while we were still talking."""
    async with asyncio.timeout(60):
        with suppress(ConnectionResetError):
            return await reader.read()
    return b""


async def test_a_head_that_never_ends_is_cut_in_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert http_server.HEAD_SECONDS <= 20
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.3)
    async with live_desk(store) as desk:
        for begin in (b"", b"GET /ws HTTP/1.1\r\n", b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgr"):
            reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
            writer.write(begin)
            assert await answered(reader) == b""
            writer.close()
        dribbling, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        ends = asyncio.create_task(answered(dribbling))
        for letter in b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 10_000:
            if ends.done():
                break
            writer.write(bytes((letter,)))
            await asyncio.sleep(0.01)
        assert await ends == b""
        writer.close()


async def test_a_head_without_bounds_is_refused(store: Store) -> None:
    async with live_desk(store) as desk:
        for filler in (b"X-A: " + b"a" * 100_000, b"X-A: b\r\n" * 20_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
            writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\n" + filler)
            answer = await answered(reader)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
            writer.close()
        await still_serves(desk)


async def test_three_hundred_half_open_sockets_keep_nobody_out(store: Store) -> None:
    async with live_desk(store) as desk, AsyncExitStack() as stack:
        for number in range(300):
            if number % 2:
                await stack.enter_async_context(raw(desk.port))
            else:
                _, writer = await asyncio.open_connection("127.0.0.1", desk.port)
                writer.write(b"GET /ws HTTP/1.1\r\nHost:")
                stack.callback(writer.transport.abort)
        await still_serves(desk)


async def test_connections_have_a_bound_and_one_that_ends_makes_room(store: Store) -> None:
    async with live_desk(store, max_connections=3) as desk:
        async with (
            raw(desk.port) as one,
            raw(desk.port) as two,
            raw(desk.port) as three,
            raw(desk.port) as four,
        ):
            assert [client.status for client in (one, two, three, four)] == [101, 101, 101, 503]
        await eventually(lambda: not desk.running.live._connections)
        async with raw(desk.port) as again:
            assert again.status == 101


async def test_ten_thousand_subscriptions_end_in_a_close(store: Store) -> None:
    async with live_desk(store) as desk:
        _, token = await desk.token(desk.people.bob)
        async with raw(desk.port, limit=2**24) as greedy:
            await hello(greedy, token)
            joins = b"".join(
                masked(Opcode.TEXT, json.dumps({"op": "join", "room": f"ticket:{new_id()}"}).encode())
                for _ in range(10_000)
            )
            with suppress(ConnectionError):
                await greedy.write(joins)
            assert await greedy.closing() in (4429, 1013)
        await eventually(lambda: desk.running.live.rooms.count() == 0)
        await still_serves(desk)


async def test_who_hoards_history_without_reading_holds_no_more_than_their_bound(store: Store) -> None:
    async with live_desk(store, max_socket_buffer_bytes=256 * 1024) as desk:
        ticket = await desk.ticket()
        await asyncio.gather(
            *(desk.said(desk.people.bob, ticket.ticket.id, f"{n} " + "x" * 60_000) for n in range(200))
        )
        _, token = await desk.token(desk.people.bob)
        async with raw(desk.port, limit=1024) as deaf:
            await hello(deaf, token)
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            join = json.dumps({"op": "join", "room": room_of(ticket)}).encode()
            await deaf.write(masked(Opcode.TEXT, join))
            socket = next(iter(desk.running.live._connections.values()))
            await eventually(lambda: socket.unsent_bytes() > 0)
            for _ in range(50):
                await asyncio.sleep(0.005)
                assert socket.unsent_bytes() < 512 * 1024
            assert not socket.closing, "a long history is no reason to call somebody slow"
        bob = await desk.agent(desk.people.bob)
        assert len(await bob.join(room_of(ticket))) == 202
