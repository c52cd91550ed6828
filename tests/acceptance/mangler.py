"""A bad line between people and a desk: whole WebSocket frames with events are doubled or kept back.

HTTP passes as it is; so do frames that carry no event, and all that clients send.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Mangle = Callable[[bytes], list[bytes]]
_EVENT = b'"op":"event"'
_CHUNK = 65536


def doubled(frame: bytes) -> list[bytes]:
    """Every event twice."""
    return [frame, frame] if _EVENT in frame else [frame]


def honest(frame: bytes) -> list[bytes]:
    """As it came."""
    return [frame]


class Forgetful:
    """Swallows one event of four."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, frame: bytes) -> list[bytes]:
        self._count += _EVENT in frame
        return [] if _EVENT in frame and self._count % 4 == 0 else [frame]


@asynccontextmanager
async def bad_line(port: int, mangle: Mangle) -> AsyncIterator[int]:
    """The port of a line to a desk's port on this machine."""

    async def serve(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, to_desk = await asyncio.open_connection("127.0.0.1", port)
        first = await near.read(_CHUNK)
        to_desk.write(first)
        answers = _frames(far, back, mangle) if first.startswith(b"GET /ws") else _pass(far, back)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass(near, to_desk))
                group.create_task(answers)
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass  # somebody hung up, as people do
        finally:
            back.close()
            to_desk.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        sink.write(data)
        await sink.drain()
    raise ConnectionResetError


async def _frames(source: asyncio.StreamReader, sink: asyncio.StreamWriter, mangle: Mangle) -> None:
    sink.write(await source.readuntil(b"\r\n\r\n"))
    while True:
        head = await source.readexactly(2)
        length = head[1]
        if length >= 126:
            extra = await source.readexactly(2 if length == 126 else 8)
            head, length = head + extra, int.from_bytes(extra, "big")
        for frame in mangle(head + await source.readexactly(length)):
            sink.write(frame)
        await sink.drain()
