"""The live protocol for Locust's greenlets: a blocking socket, one reader, frames handed to whoever waits.

Under Locust `socket` is gevent's, so that waiting here lets the other users run. Nothing but the locustfile
imports this.
"""

from __future__ import annotations

import base64
import os
import socket
from urllib.parse import urlsplit

import gevent
import msgspec
from gevent.event import AsyncResult
from gevent.queue import Empty, Queue

from load.wire import MASK, encode

WAIT_SECONDS = 15.0
MAX_WAITING = 10_000
_PONG = bytes((0x8A, 0x80)) + MASK
Frame = dict[str, object]


class Refused(Exception):
    """The server said no, or hung up; the text is why."""


class RoomClient:
    """One open socket that has said hello. Acks go to their senders, all else to `heard`."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)
        self._socket = socket.create_connection((host, port), WAIT_SECONDS)
        if secure:
            import ssl  # noqa: PLC0415 - after gevent has patched it

            self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
        self.heard: Queue = Queue(MAX_WAITING)
        self._acks: dict[str, AsyncResult] = {}
        self._buffer = b""
        self._shake_hands(parts.netloc)
        self._socket.settimeout(None)  # the server pings; a dead one ends the reader
        self._reader = gevent.spawn(self._read)
        self.tell({"op": "hello", "v": 1, "token": token})
        self.until("welcome")

    def _shake_hands(self, host: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        self._socket.sendall(request.encode())
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
                self._hear(*self._frame())
        except (OSError, Refused) as error:
            for waiting in self._acks.values():
                waiting.set_exception(Refused(str(error)))

    def _frame(self) -> tuple[int, bytes]:
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

    def _hear(self, head: int, payload: bytes) -> None:
        if head == 0x89:
            self._socket.sendall(_PONG)
        elif head == 0x88:
            raise Refused(f"closed with {int.from_bytes(payload[:2], 'big')}")
        elif head == 0x81:
            frame: Frame = msgspec.json.decode(payload)
            waiting = (
                self._acks.pop(str(frame.get("id")), None) if frame["op"] in ("ack", "refused") else None
            )
            if waiting is None:
                if not self.heard.full():  # a user who looks at nothing must not fill the memory
                    self.heard.put(frame)
            elif frame["op"] == "ack":
                waiting.set(str(frame["room"]))
            else:
                waiting.set_exception(Refused(f"{frame['code']}: {frame['detail']}"))

    def tell(self, frame: Frame) -> None:
        """Send a frame that nobody answers."""
        self._socket.sendall(encode(frame))

    def say(self, room: str, client_id: str, content: str) -> str:
        """Say something and wait for its ack; returns the ticket's room. Raises Refused."""
        waiting = self._acks[client_id] = AsyncResult()
        self.tell({"op": "send", "room": room, "id": client_id, "content": content})
        try:
            return str(waiting.get(timeout=WAIT_SECONDS))
        except gevent.Timeout:
            raise Refused("no ack in time") from None
        finally:
            self._acks.pop(client_id, None)

    def until(self, op: str, seconds: float = WAIT_SECONDS) -> Frame:
        """The next frame of a kind. Raises Refused for a refusal, or when none comes in time."""
        with gevent.Timeout(seconds, Refused(f"no {op} in time")):
            while True:
                frame: Frame = self.heard.get()
                if frame["op"] == op:
                    return frame
                if frame["op"] == "refused":
                    raise Refused(f"{frame['code']}: {frame['detail']}")

    def waiting(self) -> list[Frame]:
        """What was heard since the last look."""
        found = []
        try:
            while True:
                found.append(self.heard.get_nowait())
        except Empty:
            return found

    def close(self) -> None:
        """Hang up."""
        self._reader.kill(block=False)
        self._socket.close()
