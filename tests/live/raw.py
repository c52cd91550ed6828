"""A WebSocket client that says what no good client says: every byte is the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from websockets.frames import Opcode

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


class RawFrame(NamedTuple):
    """A frame as the server sent it."""

    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        assert self.opcode == Opcode.CLOSE, self
        return int.from_bytes(self.payload[:2], "big")


class Raw:
    """An open connection, and the head of the answer to its handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await asyncio.wait_for(self.writer.drain(), 60)

    async def frame(self) -> RawFrame:
        """The next frame from the server."""
        async with asyncio.timeout(60):
            head, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return RawFrame(head & 15, await self.reader.readexactly(size))

    async def closing(self) -> int:
        """The code of the close frame, whatever comes before it."""
        while True:
            frame = await self.frame()
            if frame.opcode == Opcode.CLOSE:
                return frame.close_code

    async def ended(self, seconds: float) -> None:
        """Wait for the server to cut the connection, reading nothing of what it sends meanwhile."""
        async with asyncio.timeout(seconds):
            while not self.writer.transport.is_closing():
                self.writer.write(masked(Opcode.PONG, b""))
                await asyncio.sleep(0.05)


def masked(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes = b"\x37\xfa\x21\x3d") -> bytes:
    """A frame as clients send it; the mask is the one of RFC 6455 §5.7, so that runs are alike."""
    size = len(payload)
    if size < 126:
        head = bytes((fin << 7 | opcode, 0x80 | size))
    elif size < 65536:
        head = bytes((fin << 7 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((fin << 7 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    key = (mask * (size // 4 + 1))[:size]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
    return head + mask + body


@asynccontextmanager
async def raw(
    port: int, *, path: str = "/ws", headers: dict[str, str] | None = None, limit: int = 2**16
) -> AsyncIterator[Raw]:
    """A connection that has asked to become a WebSocket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
    try:
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        writer.write(HANDSHAKE.format(path=path, host=f"127.0.0.1:{port}", more=more).encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        yield Raw(reader, writer, head)
    finally:
        writer.transport.abort()
