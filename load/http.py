"""A lean HTTP/1.1 driver: many keep-alive connections, each with one request in flight, none parsed for more
than its status and length."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import cast

RUN_SECONDS = 60.0


def post(path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """The bytes of a POST of JSON."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Burst:
    """Requests that are sent once each, by whichever connection is free."""

    def __init__(self, requests: Sequence[bytes], status: int) -> None:
        self._requests = requests
        self._wanted = b"HTTP/1.1 %d" % status
        self._next = self._answered = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next(self) -> bytes | None:
        """What to send next; None when all is sent."""
        if self._next == len(self._requests):
            return None
        self._next += 1
        return self._requests[self._next - 1]

    def answered(self, head: bytes) -> None:
        """An answer has come; any but the wanted one ends the run."""
        if not head.startswith(self._wanted) and not self.done.done():
            self.done.set_exception(RuntimeError(head.decode("latin-1")))
        self._answered += 1
        if self._answered == len(self._requests) and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    def __init__(self, burst: Burst) -> None:
        self._burst = burst
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        request = self._burst.next()
        if request is not None and self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = buffer
            return
        head = buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else 0
        if len(buffer) < end + 4 + length:
            self._buffer = buffer
            return
        self._buffer = b""
        self._burst.answered(buffer if not buffer.startswith(b"HTTP/1.1 20") else buffer[:12])
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._burst.done.done():
            self._burst.done.set_exception(exc or ConnectionResetError("the server hung up"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def run(port: int, requests: Sequence[bytes], connections: int, status: int = 201) -> float:
    """Requests answered a second. Raises RuntimeError for another status than the wanted."""
    loop = asyncio.get_running_loop()
    burst = Burst(requests, status)
    began = time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: _Connection(burst), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.wait_for(burst.done, RUN_SECONDS)
    seconds = time.perf_counter() - began
    for connection in opened:
        connection.close()
    return len(requests) / seconds
