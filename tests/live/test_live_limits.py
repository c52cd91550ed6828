"""Limits for an address, a visitor and a workspace, each refused clearly; a slow reader who takes up again.

Seen to fail when an address is not counted down at the end, and when any `X-Forwarded-For` is believed.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
from contextlib import AsyncExitStack
from ipaddress import ip_network
from typing import Any

import pytest
from websockets.frames import Opcode

from server import entry, open_files
from server.realtime import origins
from server.store.pool import Store
from tests.live.desk import Client, LiveDesk, eventually, live_desk, room_of
from tests.live.raw import Raw, masked, raw

LOOPBACK = (ip_network("127.0.0.0/8"),)
PING = masked(Opcode.PING, b"?")


async def test_an_address_has_a_bound_by_what_a_trusted_proxy_says(store: Store) -> None:
    async with (
        live_desk(store, trusted_proxies=LOOPBACK, max_connections_address=2) as desk,
        AsyncExitStack() as stack,
    ):

        async def opened(forwarded: str, held: AsyncExitStack = stack) -> int:
            headers = {"X-Forwarded-For": forwarded} if forwarded else {}
            return (await held.enter_async_context(raw(desk.port, headers=headers))).status

        assert [await opened("203.0.113.9") for _ in range(2)] == [101, 101]
        async with AsyncExitStack() as soon:
            assert [await opened("2001:db8::1", soon), await opened("2001:db8::2:3", soon)] == [101, 101]
            assert await opened("2001:db8::4", soon) == 429, "one customer of a provider has a whole /64"
            assert await opened("2001:db8:0:1::1", soon) == 101
        assert await opened("203.0.113.9") == 429
        assert await opened("6.6.6.6, 203.0.113.9") == 429, (
            "what stands before the last was said by the client"
        )
        assert await opened("203.0.113.10") == 101
        assert [await opened("") for _ in range(5)] == [101] * 5, "the proxy itself is many people"
        await eventually(lambda: len(desk.running.live._connections) == 8)
        assert await opened("2001:db8::4") == 101, "who has gone counts no more"


async def test_without_a_trusted_proxy_nobody_names_their_own_address(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origins, "home", lambda address, trusted: address)  # this machine counts too
    async with live_desk(store, max_connections_address=1) as desk, raw(desk.port):
        forging = raw(desk.port, headers={"X-Forwarded-For": "203.0.113.9"})
        async with forging as forged:
            assert forged.status == 429
            assert b"\r\nRetry-After: 30\r\n" in forged.head


async def sent_away(client: Client) -> None:
    refused = await client.hear("refused")
    assert (refused["code"], refused["retry"], refused["retry_after_ms"] > 0) == ("rate_limited", True, True)
    assert await client.closed() == 4429


async def said_hello(desk: LiveDesk, token: str) -> Client:
    client = await desk.connect()
    await client.say("hello", v=1, token=token)
    return client


async def test_a_visitor_has_a_bound_and_nobody_else_by_them(store: Store) -> None:
    async with live_desk(store, max_connections_visitor=2) as desk:
        token = desk.visit(desk.people.vic)
        first, _ = [await desk.visitor() for _ in range(2)]
        await sent_away(await said_hello(desk, token))
        await desk.visitor(await desk.another_visitor())
        _, bob = await desk.token(desk.people.bob)
        for _ in range(3):
            await desk.with_token(bob)
        await first.socket.close()
        await eventually(lambda: len(desk.running.live._connections) == 5)
        await desk.visitor()


async def test_a_workspace_has_a_bound_and_others_go_on(store: Store) -> None:
    async with live_desk(store, max_connections_workspace=2) as desk:
        bob, _ = await desk.agent(desk.people.bob), await desk.visitor()
        _, token = await desk.token(desk.people.alice)
        await sent_away(await said_hello(desk, token))
        await desk.agent(desk.people.charlie)
        await bob.socket.close()
        await eventually(lambda: len(desk.running.live._connections) == 2)
        await desk.with_token(token)


@pytest.mark.parametrize("what", [PING * 400, masked(Opcode.PONG, b"") * 400])
async def test_a_flood_of_pings_or_pongs_is_ended_like_any_other(store: Store, what: bytes) -> None:
    async with live_desk(store) as desk, raw(desk.port) as noisy:
        await noisy.write(what)
        assert await noisy.closing() == 4429


async def test_who_was_too_slow_takes_up_where_they_were(store: Store) -> None:
    async with live_desk(store, max_socket_buffer_bytes=64 * 1024) as desk:
        room = room_of(await desk.ticket())
        bob = await desk.agent(desk.people.bob)
        await bob.join(room)
        _, token = await desk.token(desk.people.alice)
        async with raw(desk.port, limit=65536) as deaf:
            plain: socket.socket = deaf.writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            for frame in ({"op": "hello", "v": 1, "token": token}, {"op": "join", "room": room}):
                await deaf.write(masked(Opcode.TEXT, json.dumps(frame).encode()))
            live = desk.running.live
            await eventually(lambda: len(live.rooms.find(desk.people.workspace_id, room).members) == 2)  # type: ignore[union-attr]
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            for number in range(400):
                await bob.ack(room, "x" * 30_000, f"c{number}")
                if len(live._connections) == 1:
                    break
            assert len(live._connections) == 1, "cut long before all was said"
            deaf.writer.transport.resume_reading()  # type: ignore[attr-defined]
            seen = await heard_until_closed(deaf)
        for number in range(5):
            await bob.ack(room, "later", f"later{number}")
        assert seen == list(range(1, len(seen) + 1)), "no hole before the end"
        alice = await desk.with_token(token, resume={room: len(seen)})
        newest = (await alice.hear("joined"))["seq"]
        assert newest > len(seen)
        missed = await alice.events(room, newest - len(seen))
        assert [event["seq"] for event in missed] == list(range(len(seen) + 1, newest + 1))


async def heard_until_closed(deaf: Raw) -> list[int]:
    """The numbers of the events that still came, up to the close with 1013."""
    seqs: list[int] = []
    while True:
        frame = await deaf.frame()
        if frame.opcode == Opcode.CLOSE:
            assert frame.close_code == 1013
            return seqs
        said: dict[str, Any] = json.loads(frame.payload)
        if said["op"] == "event":
            seqs.append(said["seq"])


async def test_open_files_bound_connections_of_every_kind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_files, "raise_limit", lambda: open_files.SPARE_FILES + 2)
    monkeypatch.setattr(entry, "max_open", lambda: 4)
    async with live_desk(store) as desk, raw(desk.port) as first, raw(desk.port) as second:
        assert (first.status, second.status) == (101, 101)
        async with raw(desk.port) as third:
            assert third.status == 503, "said by the handshake, while there are files to spare"
        async with AsyncExitStack() as stack:
            for _ in range(2):
                _, writer = await asyncio.open_connection("127.0.0.1", desk.port)
                stack.callback(writer.transport.abort)
            await eventually(lambda: len(desk.server.server_state.connections) == 4)
            reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
            stack.callback(writer.transport.abort)
            answer = await asyncio.wait_for(reader.read(), 60)
            assert answer.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: 30\r\n" in answer


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert open_files.raise_limit() >= resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard
    assert open_files.room_for_connections(10) == 10
    assert open_files.room_for_connections(1 << 30) == open_files.raise_limit() - open_files.SPARE_FILES
