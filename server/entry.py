"""The first segment of a connection: a plain opening of a WebSocket becomes a socket at once.

Anything else, and whatever is in the least unusual about an opening, is left to uvicorn and its parser. When
a process starts anew thousands open at once, and the HTTP protocol was a fifth of what each of them cost.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from server.open_files import SPARE_FILES, raise_limit
from server.realtime.handshake import NotWelcome, Opening
from server.realtime.live import Live
from server.realtime.socket import Socket

FULL = NotWelcome(503, "Too many connections", "Retry-After: 30\r\n").encode()
_OPENING = re.compile(rb"GET (/ws) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: ?[\x21-\x7e][\x20-\x7e]*\r\n)+)\r\n")
Make = Callable[[], asyncio.Protocol]


@cache
def max_open() -> int:
    """How many connections of any kind may be open: some files are kept for Postgres and the like."""
    return raise_limit() - SPARE_FILES // 2


def read_opening(data: bytes, peer: str) -> tuple[Opening, bytes] | None:
    """A plain opening, and what follows it in the segment; None for everything else."""
    found = _OPENING.match(data)
    if found is None:
        return None
    target, lines = found.groups()
    headers = []
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        headers.append((name.lower(), value.strip()))
    opening = Opening("GET", target.decode(), "1.1", headers, peer)
    wants = opening.header(b"upgrade").lower() == "websocket" and opening.header(b"connection").lower()
    return (opening, data[found.end() :]) if wants == "upgrade" else None


class Entry(asyncio.Protocol):
    """Waits for the first segment, and hands the connection to whom it is meant for."""

    __slots__ = ("_connections", "_deadline", "_live", "_make_http", "_seconds", "_transport")

    def __init__(self, live: Live, connections: set[Any], make_http: Make, seconds: float) -> None:
        self._live = live
        self._connections = connections
        self._make_http = make_http
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._seconds = seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        if len(self._connections) > max_open():  # beyond it not even this could be said
            self._transport.write(FULL)
            self._transport.close()
            return
        self._deadline = asyncio.get_running_loop().call_later(self._seconds, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._leave()
        address = transport.get_extra_info("peername")
        peer = sys.intern(address[0]) if isinstance(address, tuple) else ""
        plain = read_opening(data, peer)
        if plain is None:
            http = self._make_http()
            transport.set_protocol(http)
            http.connection_made(transport)
            http.data_received(data)
            return
        opening, rest = plain
        socket = Socket(self._live, self._connections)
        transport.set_protocol(socket)
        socket.connection_made(transport)
        socket.open(opening)
        if rest:
            socket.data_received(rest)

    def shutdown(self) -> None:
        """uvicorn stops."""
        if self._transport is not None:
            self._transport.close()

    def _leave(self) -> None:
        self._connections.discard(self)
        self._transport = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
