"""The bare loop: an asyncio protocol on uvloop that cuts frames by hand, and writes.

`each` writes every frame to every member as it comes; `merged` writes once to a member in a turn of the loop.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
from typing import cast

import uvloop
from websockets.speedups import apply_mask

from load.rooms.servers.listening import listen

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_rooms: dict[bytes, set[Socket]] = {}


class Socket(asyncio.Protocol):
    """A member of a room; trusts its client to send whole, masked text frames."""

    __slots__ = ("rest", "room", "transport")

    def __init__(self) -> None:
        self.rest = b""
        self.room: set[Socket] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.room is not None:
            self.room.discard(self)
        self.transport = None

    def data_received(self, data: bytes) -> None:
        if self.rest:
            data = self.rest + data
        if self.room is None:
            end = data.find(b"\r\n\r\n") + 4
            if end < 4:
                self.rest = data
                return
            self._shake_hands(data[:end])
            data = data[end:]
        start, size = 0, len(data)
        while size - start >= 6:
            length, body = data[start + 1] & 0x7F, start + 6
            if length == 126:
                length, body = int.from_bytes(data[start + 2 : start + 4], "big"), body + 2
            end = body + length
            if end > size:
                break
            self.say(frame(apply_mask(data[body:end], data[body - 4 : body])))
            start = end
        self.rest = data[start:]

    def _shake_hands(self, head: bytes) -> None:
        assert self.transport is not None
        path = head.split(b" ", 2)[1]
        key = next(
            line.partition(b":")[2].strip()
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key:")
        )
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())  # noqa: S324 (the RFC's)
        self.room = _rooms.setdefault(path, set())
        self.room.add(self)
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def say(self, data: bytes) -> None:
        """A frame for everybody in the room."""
        for member in self.room or ():
            if member.transport is not None:
                member.transport.write(data)


class Merged(Socket):
    """What is due to a member in one turn of the loop is one write."""

    __slots__ = ("due",)
    waiting: list[Merged] = []  # noqa: RUF012 (one for all, on purpose)

    def __init__(self) -> None:
        super().__init__()
        self.due: list[bytes] = []

    def say(self, data: bytes) -> None:
        if not Merged.waiting:
            asyncio.get_running_loop().call_soon(flush)
        for member in cast("set[Merged]", self.room):
            if not member.due:
                Merged.waiting.append(member)
            member.due.append(data)


def flush() -> None:
    """Write what is due."""
    waiting, Merged.waiting = Merged.waiting, []
    for member in waiting:
        due, member.due = member.due, []
        if member.transport is not None:
            member.transport.write(due[0] if len(due) == 1 else b"".join(due))


def frame(payload: bytes) -> bytes:
    """A final text frame as servers send it."""
    size = len(payload)
    head = bytes((0x81, size)) if size < 126 else bytes((0x81, 126, size >> 8, size & 255))
    return head + payload


async def serve(kind: type[Socket]) -> None:
    """Until killed."""
    await asyncio.get_running_loop().create_server(kind, sock=listen())
    await asyncio.Future()


if __name__ == "__main__":
    uvloop.run(serve({"each": Socket, "merged": Merged}[sys.argv[1]]))
