"""A lean client of the live protocol: one asyncio protocol a socket, no task, queue or copy per message.

Frames go out finished (`text_frame`), and come in cut and unmasked as the payloads that servers send. It
trusts the server: what is not a whole, final text frame of a Parley server is not looked at.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from typing import cast

import msgspec

MASK = b"\x37\xfa\x21\x3d"
_MASK_LONG = int.from_bytes(MASK * 64, "little")
_TEXT = 0x81
_PING, _PONG = 0x89, 0x8A
_CLOSE = 0x88
CONNECT_SECONDS = 20.0

Receive = Callable[[bytes], None]


def text_frame(payload: bytes) -> bytes:
    """A final text frame as clients must send it: masked (RFC 6455 §5.3), here by one fixed key."""
    size = len(payload)
    if size < 126:
        head = bytes((_TEXT, 0x80 | size))
    elif size < 65536:
        head = bytes((_TEXT, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_TEXT, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + MASK + _masked(payload)


def _masked(payload: bytes) -> bytes:
    size = len(payload)
    key = int.from_bytes((MASK * (size // 4 + 1))[:size], "little") if size > 256 else _MASK_LONG
    keep = (1 << (8 * size)) - 1
    return ((int.from_bytes(payload, "little") ^ key) & keep).to_bytes(size, "little")


def encode(frame: Mapping[str, object]) -> bytes:
    """A frame's text from its fields, masked."""
    return text_frame(msgspec.json.encode(frame))


class Wire(asyncio.Protocol):
    """One socket: `receive` is called with each text payload, and may be replaced at any time."""

    __slots__ = ("_opened", "_rest", "closed_with", "receive", "transport")

    def __init__(self, request: bytes, receive: Receive) -> None:
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = request
        self.receive = receive
        self.closed_with: int | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._rest)
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        start = self._head(data) if not self._opened.done() else 0
        size = len(data)
        while start >= 0 and size - start >= 2:
            head, length, body = data[start], data[start + 1], start + 2
            if length >= 126:
                extra = 2 if length == 126 else 8
                body += extra
                length = int.from_bytes(data[start + 2 : body], "big")
            end = body + length
            if end > size or body > size:
                break
            if head == _TEXT:
                self.receive(data[body:end])
            elif head == _PING:
                # With what the ping had (RFC 6455 §5.5.3): some know their pings apart, and hang up.
                self.send(bytes((_PONG, 0x80 | length)) + MASK + _masked(data[body:end]))
            elif head == _CLOSE:
                self.closed_with = int.from_bytes(data[body : body + 2], "big")
            start = end
        self._rest = data[max(start, 0) :]

    def _head(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return -1
        if data.startswith(b"HTTP/1.1 101"):
            self._opened.set_result(None)
            return end + 4
        self._opened.set_exception(ConnectionRefusedError(data[:200].decode("latin-1")))
        return -1

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(exc or ConnectionResetError("closed before the handshake"))
        self.transport = None

    def send(self, frame: bytes) -> None:
        """Write a finished frame; harmless once the socket is gone."""
        if self.transport is not None:
            self.transport.write(frame)

    def close(self) -> None:
        """Cut the socket."""
        if self.transport is not None:
            self.transport.abort()

    async def opened(self) -> None:
        """Wait for the server's 101; raises ConnectionError for any other answer."""
        await asyncio.wait_for(self._opened, CONNECT_SECONDS)


async def connect(
    host: str,
    port: int,
    receive: Receive,
    *,
    path: str = "/ws",
    headers: dict[str, str] | None = None,
    secure: bool = False,
) -> Wire:
    """An open socket, after its handshake; `secure` for TLS, as https and wss mean it."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(request, receive), host, port, ssl=secure or None)
    await wire.opened()
    return wire
