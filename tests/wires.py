"""A socket without a network, a process or a clock: what it is fed and what it writes are the test's own."""

from __future__ import annotations

from typing import Any

from websockets.frames import Opcode

from server.realtime.handshake import Opening
from server.realtime.socket import Flusher, Socket

OPENING = Opening(
    "GET",
    "/ws",
    "1.1",
    [
        (b"host", b"desk.test"),
        (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"sec-websocket-version", b"13"),
    ],
    "192.0.2.1",
)
Message = tuple[Opcode, bytes]


class Wire:
    """A transport that keeps what is written, and says when a reader would be too slow."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.ended = self.aborted = False
        self.high = 0

    def write(self, data: bytes) -> None:
        assert not self.ended
        self.writes.append(data)

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.aborted = True

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 1)

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.writes))

    def set_write_buffer_limits(self, high: int) -> None:
        self.high = high


class Listening:
    """A host, and the session of its only socket, which keeps what it receives."""

    max_unsent_bytes = 1_000_000

    def __init__(self, max_message_bytes: int) -> None:
        self.max_message_bytes = max_message_bytes
        self.flusher = Flusher()
        self.received: list[Message] = []
        self.counted = 0
        self.lost_sessions = 0

    def refuse(self, opening: Opening) -> None:
        return None

    def greet(self, socket: Socket, opening: Opening) -> Listening:
        return self

    def receive(self, payload: bytes) -> None:
        self.received.append((Opcode.TEXT, payload))

    def receive_binary(self, payload: bytes) -> None:
        self.received.append((Opcode.BINARY, payload))

    def count(self) -> None:
        self.counted += 1

    def lost(self) -> None:
        self.lost_sessions += 1


def wired(max_message_bytes: int) -> tuple[Socket, Listening, Wire]:
    """An open socket, what listens to it, and its wire with the handshake taken away."""
    listening, wire = Listening(max_message_bytes), Wire()
    socket = Socket(listening, set())
    socket.connection_made(wire)  # type: ignore[arg-type]
    socket.open(OPENING)
    assert wire.writes.pop().startswith(b"HTTP/1.1 101 ")
    return socket, listening, wire
