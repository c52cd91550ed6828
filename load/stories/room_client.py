"""The live protocol for Locust's greenlets: a blocking socket, and one reader that hands frames out.

Under Locust `socket` is gevent's, so that waiting here lets the others go on. Whoever owns the client hears
each frame as it comes (so that times are right while they sleep), and may wait for one besides.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import gevent
import msgspec
from gevent.event import AsyncResult

from load.wire import MASK, encode

WAIT_SECONDS = 20.0
_PONG = bytes((0x8A, 0x80)) + MASK
Frame = dict[str, Any]
Test = Callable[[Frame], bool]


class Refused(Exception):
    """The server said no, or hung up; the text is why."""


class Silent(Refused):
    """What was waited for did not come in time."""


class RoomClient:
    """One open socket; `hear` gets every frame in the reader's greenlet, and must not wait."""

    def __init__(self, url: str, hear: Callable[[Frame], None], headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)
        self._hear = hear
        self._waiting: list[tuple[Test, AsyncResult]] = []
        self._buffer = b""
        self._gone: str | None = None
        self._socket = socket.create_connection((host, port), WAIT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
        try:
            self._shake_hands(parts.netloc, headers)
        except BaseException:
            self._socket.close()
            raise
        self._socket.settimeout(None)  # the server pings; a dead one ends the reader
        self._reader = gevent.spawn(self._read)

    def _shake_hands(self, host: str, headers: Mapping[str, str]) -> None:
        lines = [
            "GET /ws HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]  # fmt: skip
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise Refused(head.decode("latin-1").splitlines()[0])

    def _more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise Refused("the server hung up")
        self._buffer += data

    def _read(self) -> None:
        try:
            while True:
                self._take_in(*self._next())
        except (OSError, Refused) as error:
            self._gone = str(error)
            for _, waiting in self._waiting:
                waiting.set_exception(Refused(self._gone))

    def _next(self) -> tuple[int, bytes]:
        """The next whole frame; servers do not mask, and Parley does not fragment."""
        head = self._take(2)
        length = head[1]
        if length >= 126:
            length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
        return head[0], self._take(length)

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _take_in(self, head: int, payload: bytes) -> None:
        if head == 0x89:
            self._socket.sendall(_PONG)
        elif head == 0x88:
            raise Refused(f"closed with {int.from_bytes(payload[:2], 'big')}")
        elif head == 0x81:
            frame: Frame = msgspec.json.decode(payload)
            self._hear(frame)
            for test, waiting in list(self._waiting):
                if not waiting.ready() and test(frame):
                    waiting.set(frame)

    def tell(self, frame: Mapping[str, object]) -> None:
        """Send a frame that nobody answers."""
        if self._gone is not None:
            raise Refused(self._gone)
        self._socket.sendall(encode(frame))

    def ask(self, frame: Mapping[str, object], test: Test, seconds: float = WAIT_SECONDS) -> Frame:
        """Send a frame, and wait for the answer that `test` knows. Raises Refused for a refusal of it."""

        def concerns(heard: Frame) -> bool:
            return test(heard) or (heard["op"] == "refused" and _same(frame, heard))

        answer = self._wait(concerns, seconds, frame)
        if answer["op"] == "refused":
            raise Refused(f"{answer['code']}: {answer['detail']}")
        return answer

    def until(self, test: Test, seconds: float = WAIT_SECONDS) -> Frame:
        """Wait for a frame. Raises Silent when none comes in time, Refused when the socket ends."""
        return self._wait(test, seconds, None)

    def _wait(self, test: Test, seconds: float, ask: Mapping[str, object] | None) -> Frame:
        waiting = AsyncResult()
        entry = (test, waiting)
        self._waiting.append(entry)
        try:
            if self._gone is not None:
                raise Refused(self._gone)
            if ask is not None:
                self.tell(ask)
            frame: Frame = waiting.get(timeout=seconds)
        except gevent.Timeout:
            raise Silent(f"nothing came in {seconds:.0f} s") from None
        finally:
            self._waiting.remove(entry)
        return frame

    def close(self) -> None:
        """Hang up."""
        self._reader.kill(block=False)
        self._socket.close()


def _same(asked: Mapping[str, object], refused: Frame) -> bool:
    """Whether a refusal is of what was asked: the same message, else the same room, else of all."""
    if "id" in asked:
        return refused.get("id") in (asked["id"], None)
    return refused.get("id") is None and refused.get("room") in (asked.get("room"), None)
