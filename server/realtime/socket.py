"""The WebSocket of one client as uvicorn's own protocol class: no task, no queue, no ASGI round trip.

Whole messages and control frames are read here; fragments by `Careful`, which is dropped after their message,
so that an idle connection is one object beside uvloop's transport. What is due to a client in one turn of the
loop goes out in one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableSet
from typing import Any, Protocol, cast

import structlog
from websockets.exceptions import ProtocolError
from websockets.frames import Close, CloseCode

from server.realtime.careful import Careful
from server.realtime.handshake import NotWelcome, Opening
from server.realtime.wire import (
    BINARY,
    EMPTY_PING,
    PONG,
    TEXT,
    WHOLE_BINARY,
    WHOLE_CLOSE,
    WHOLE_PING,
    WHOLE_PONG,
    WHOLE_TEXT,
    Broken,
    close_frame,
    make_frame,
    measure,
    unmask,
)

CLOSE_SECONDS = 10.0  # how long a peer may take to end its side
MAX_QUIET_LOOKS = 2  # looks without a byte from the client; one before, it is asked
MAX_OPEN_LOOKS = 1  # looks that find the same message begun and not ended

_log = structlog.get_logger("parley.live")


class Session(Protocol):
    """What speaks over a socket."""

    def receive(self, payload: bytes) -> None:
        """A text message, in order."""

    def receive_binary(self, payload: bytes) -> None:
        """A binary message, in order."""

    def count(self) -> None:
        """A frame came that is no message; may close the socket when there are too many."""

    def lost(self) -> None:
        """The socket is gone; called once."""


class Host(Protocol):
    """What sockets need of the process they live in."""

    max_message_bytes: int
    max_unsent_bytes: int
    flusher: Flusher

    def refuse(self, opening: Opening) -> NotWelcome | None:
        """An HTTP answer when this handshake is not welcome."""

    def greet(self, socket: Socket, opening: Opening) -> Session:
        """The session of a new socket."""


class Flusher:
    """Writes once to each socket that has something to hear, at the end of a turn of the loop."""

    def __init__(self) -> None:
        self._due: list[Socket] = []

    def add(self, socket: Socket) -> None:
        """A socket has something to send."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._flush)
        self._due.append(socket)

    def _flush(self) -> None:
        due, self._due = self._due, []
        for socket in due:
            socket.flush()


class Socket(asyncio.Protocol):
    """One connection: bytes in, messages to its session; frames out, merged."""

    __slots__ = (
        "_careful", "_connections", "_host", "_needed", "_open_looks", "_out", "_rest", "closing", "quiet",
        "session", "transport",
    )  # fmt: skip

    def __init__(self, host: Host, connections: MutableSet[Any]) -> None:
        self._host = host
        self._connections = connections
        self._careful: Careful | None = None  # while a message in pieces is open
        self._out: list[bytes] | None = None
        self._rest: bytearray | None = None  # the beginning of a frame
        self._needed = 0  # how long it must be before it is worth a look
        self._open_looks = 0
        self.session: Session | None = None
        self.transport: asyncio.Transport | None = None
        self.closing = False
        self.quiet = 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._connections.add(self)
        self.transport.set_write_buffer_limits(high=self._host.max_unsent_bytes)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._leave()
        self.closing, self.transport = True, None

    def eof_received(self) -> None:
        """The peer will send no more: the transport closes."""

    def pause_writing(self) -> None:
        # Called inside write(), perhaps while a room is walked: close after this turn.
        asyncio.get_running_loop().call_soon(self.close, 1013, "too slow")

    def resume_writing(self) -> None:
        """A closing socket has drained: nothing is waiting for it."""

    def data_received(self, data: bytes) -> None:
        if self.closing:
            return
        self.quiet = 0
        if self._rest is not None:
            self._rest += data
            if len(self._rest) < self._needed:
                return
            data, self._rest = bytes(self._rest), None
        try:
            self._read(data)
        except Broken as broken:
            self.close(broken.code, broken.reason)
        except Exception:  # noqa: BLE001 - a bug ends this connection and no other
            _log.exception("connection failed")
            self.close(1011, "internal error")

    # opening

    def open(self, opening: Opening) -> None:
        """Answer the handshake: a session from here on, or an HTTP answer and the end."""
        assert self.transport is not None
        refusal = opening.fault() or self._host.refuse(opening)
        if refusal is not None:
            self.transport.write(refusal.encode())
            self._finish()
            return
        self.transport.write(opening.accept())
        self.session = self._host.greet(self, opening)

    # sending

    def send(self, frame: bytes) -> None:
        """Queue a finished frame; it is written at the end of this turn of the loop."""
        if self._out is not None:
            self._out.append(frame)
        elif not self.closing:
            self._out = [frame]
            self._host.flusher.add(self)

    def flush(self) -> None:
        """Write what is queued, at once."""
        if self._out is not None and self.transport is not None:
            out, self._out = self._out, None
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))

    def unsent_bytes(self) -> int:
        """What waits for the client to read it."""
        buffered = 0 if self.transport is None else self.transport.get_write_buffer_size()
        return buffered + sum(map(len, self._out or ()))

    def close(self, code: int | None, reason: str = "") -> None:
        """Send what is queued and a close frame; harmless to repeat."""
        if self.closing or self.transport is None:
            return
        self.flush()
        self.transport.write(close_frame(code, reason))
        self._finish()

    def pause_reading(self) -> None:
        """Take nothing more from the client until what it sent is answered."""
        if self.transport is not None:
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the client again."""
        if self.transport is not None:
            self.transport.resume_reading()

    def look(self) -> None:
        """Called twice a heartbeat: ping who is quiet, cut who stays so or never ends a message."""
        if self.transport is None:
            return
        self.quiet += 1
        if self.quiet > MAX_QUIET_LOOKS:
            self.transport.abort()
        elif self.quiet == MAX_QUIET_LOOKS:
            self.transport.write(EMPTY_PING)
        if self._rest is None and self._careful is None:
            self._open_looks = 0
        elif self._open_looks == MAX_OPEN_LOOKS:
            self.close(4408, "message too slow")
        else:
            self._open_looks += 1

    def shutdown(self) -> None:
        """uvicorn stops: whoever is still here is cut."""
        self.close(1012, "restart")
        if self.transport is not None:
            self.transport.close()

    # receiving

    def _read(self, data: bytes) -> None:
        start, size, limit = 0, len(data), self._host.max_message_bytes
        while start < size:
            body, end = measure(data, start, limit)
            if not body or end > size:
                self._rest, self._needed = bytearray(data[start:]), end - start
                return
            self._take(data, start, body, end)
            if self.session is None:
                return
            if self._careful is None:
                self._open_looks = 0
            start = end

    def _take(self, data: bytes, start: int, body: int, end: int) -> None:
        """A whole frame: the most frequent kind first."""
        first = data[start]
        if first == WHOLE_TEXT and self._careful is None:
            self._message(TEXT, unmask(data, body, end))
            return
        if first == WHOLE_BINARY and self._careful is None:
            self._message(BINARY, unmask(data, body, end))
            return
        assert self.session is not None
        self.session.count()
        if first == WHOLE_PING:
            self.send(make_frame(PONG, unmask(data, body, end)))
        elif first == WHOLE_CLOSE:
            self._answer_close(unmask(data, body, end))
        elif first != WHOLE_PONG and not self.closing:
            self._read_carefully(data[start:end])

    def _read_carefully(self, frame: bytes) -> None:
        if self._careful is None:
            self._careful = Careful(self._host.max_message_bytes)
        message = self._careful.take(frame)
        if message is not None:
            self._careful = None
            self._message(*message)

    def _answer_close(self, payload: bytes) -> None:
        """Close with the code that the peer closes with (RFC 6455 §5.5.1), or without one."""
        try:
            closes = Close.parse(payload)
        except ProtocolError as error:
            raise Broken(1002, str(error)) from None
        except UnicodeDecodeError:
            raise Broken(1007, "not UTF-8") from None
        self.close(None if closes.code == CloseCode.NO_STATUS_RCVD else closes.code)

    def _message(self, opcode: int, payload: bytes) -> None:
        assert self.session is not None
        if opcode == BINARY:
            self.session.receive_binary(payload)
            return
        try:
            payload.decode()
        except UnicodeDecodeError:
            raise Broken(1007, "not UTF-8") from None
        self.session.receive(payload)

    # ending

    def _finish(self) -> None:
        """End our side and read on until the peer ends its own: a close with input unread loses the frame."""
        self.closing = True
        self._leave()
        transport = self.transport
        if transport is not None:
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, transport.abort)
            if transport.can_write_eof():
                transport.write_eof()
            else:
                transport.close()

    def _leave(self) -> None:
        session, self.session = self.session, None
        self._careful = self._out = self._rest = None
        if session is not None:
            session.lost()
