"""How each contestant is spoken to: how to go into a room, how to say something, what a delivery is."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from load.rooms.names import ticket_of
from load.wire import Wire, connect, encode, text_frame

STEP_SECONDS = 60.0
TEXT = ("The parcel was to come on Tuesday and it is Friday; could you look where it is, please? " * 3)[:200]


class Refused(Exception):
    """A contestant did not let a member in."""


class Dialect(Protocol):
    """One contestant's words."""

    delivery: bytes  # what every delivered message begins with, and nothing else does

    async def enter(self, port: int, room: int, member: int, place: int) -> Wire:
        """A member who is in: `member` counts over all, `place` within the room; the first is its visitor."""

    def say(self, room: int, text: str) -> bytes:
        """The frame that says something in a room."""


class Plain:
    """A room is a path, a message its text."""

    delivery = TEXT[:8].encode()

    async def enter(self, port: int, room: int, member: int, place: int) -> Wire:
        return await connect("127.0.0.1", port, ignore, path=f"/ws/{room}")

    def say(self, room: int, text: str) -> bytes:
        return text_frame(text.encode())


class Parley:
    """Hello and join in one breath."""

    delivery = b'{"op":"event"'

    async def enter(self, port: int, room: int, member: int, place: int) -> Wire:
        token = f"parley_{member}" if place else str(room)
        waiting = Waiting(b'{"op":"joined"', b'{"op":"refused"')
        wire = await connect("127.0.0.1", port, waiting.receive)
        hello = encode({"op": "hello", "v": 1, "token": token})
        wire.send(hello + encode({"op": "join", "room": f"ticket:{ticket_of(room)}"}))
        await waiting.done()
        wire.receive = ignore
        return wire

    def say(self, room: int, text: str) -> bytes:
        return encode({"op": "send", "room": f"ticket:{ticket_of(room)}", "id": "000000000", "content": text})


class SocketIo:
    """Engine.IO's packet type, then Socket.IO's, then JSON."""

    delivery = b'42["said"'

    async def enter(self, port: int, room: int, member: int, place: int) -> Wire:
        opened, joined = Waiting(b"40", b"44"), Waiting(b'42["joined"', b"44")
        path = "/socket.io/?EIO=4&transport=websocket"
        wire = await connect("127.0.0.1", port, opened.receive, path=path)
        wire.send(text_frame(b"40"))
        await opened.done()
        wire.receive = joined.receive
        wire.send(text_frame(b"42" + msgspec.json.encode(["join", str(room)])))
        await joined.done()
        wire.receive = ignore
        return wire

    def say(self, room: int, text: str) -> bytes:
        return text_frame(b"42" + msgspec.json.encode(["say", str(room), text]))


class Waiting:
    """For a payload that begins with `wanted`; one that begins with `refused` ends the wait too."""

    def __init__(self, wanted: bytes, refused: bytes) -> None:
        self._wanted, self._refused = wanted, refused
        self._came: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def receive(self, payload: bytes) -> None:
        if self._came.done():
            return
        if payload.startswith(self._wanted):
            self._came.set_result(None)
        elif payload.startswith(self._refused):
            self._came.set_exception(Refused(payload[:200].decode()))

    async def done(self) -> None:
        """Until it came; raises Refused, or TimeoutError."""
        await asyncio.wait_for(self._came, STEP_SECONDS)


def ignore(payload: bytes) -> None:
    """Nobody is listening."""
