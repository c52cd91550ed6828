"""The WebSocket of one client as uvicorn's own protocol class: no task, no queue, no ASGI round trip.

The sans-I/O `ServerProtocol` of `websockets` makes the handshake and reads every frame that is not a whole
text message; it is dropped after each, so that an idle connection is one object beside uvloop's transport.
What is due to a client in one turn of the loop goes out in one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableSet
from typing import Any, Protocol, cast

import structlog
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from server.realtime.wire import EMPTY_PING, Cut, close_frame, cut

MAX_FRAGMENTS = 64
CLOSE_SECONDS = 10.0  # how long a peer may take to end its side
PATH = "/ws"

_log = structlog.get_logger("parley.live")


class Session(Protocol):
    """What speaks over a socket."""

    def receive(self, payload: bytes) -> None:
        """A text message, in order."""

    def lost(self) -> None:
        """The socket is gone; called once."""


class Host(Protocol):
    """What sockets need of the process they live in."""

    max_message_bytes: int
    max_unsent_bytes: int
    flusher: Flusher

    def refuse(self, request: Request, peer: str) -> tuple[int, str] | None:
        """An HTTP status and reason when this handshake is not welcome."""

    def greet(self, socket: Socket, request: Request, peer: str) -> Session:
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
    """One connection: bytes in, text messages to its session; frames out, merged."""

    __slots__ = (
        "_careful",
        "_connections",
        "_host",
        "_out",
        "_parts",
        "_rest",
        "closing",
        "quiet",
        "session",
        "transport",
    )

    def __init__(self, host: Host, connections: MutableSet[Any]) -> None:
        self._host = host
        self._connections = connections
        self._careful: ServerProtocol | None = None
        self._parts: list[bytes] = []
        self._out: list[bytes] = []
        self._rest = b""
        self.session: Session | None = None
        self.transport: asyncio.Transport | None = None
        self.closing = False
        self.quiet = 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._connections.add(self)
        self.transport.set_write_buffer_limits(high=self._host.max_unsent_bytes)
        http: Any = self.transport.get_protocol()
        if getattr(http, "parser", None) is not None:
            http.parser = None  # it and uvicorn's protocol hold each other: free both now

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._leave()
        self.closing, self.transport, self._careful, self._rest = True, None, None, b""

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
        if self.session is None:
            self._handshake(data)
            return
        self.quiet = 0
        try:
            self._read(self._rest + data if self._rest else data)
        except Exception:  # noqa: BLE001 - a bug ends this connection and no other
            _log.exception("connection failed")
            self.close(1011, "internal error")

    # sending

    def send(self, frame: bytes) -> None:
        """Queue a finished frame; it is written at the end of this turn of the loop."""
        if self.closing:
            return
        if not self._out:
            self._host.flusher.add(self)
        self._out.append(frame)

    def flush(self) -> None:
        """Write what is queued, at once."""
        if self._out and self.transport is not None:
            out, self._out = self._out, []
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))

    def unsent_bytes(self) -> int:
        """What waits for the client to read it."""
        buffered = 0 if self.transport is None else self.transport.get_write_buffer_size()
        return buffered + sum(map(len, self._out))

    def close(self, code: int, reason: str = "") -> None:
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
        """Called twice a heartbeat: ping who is quiet, cut who stays so."""
        self.quiet += 1
        if self.transport is None:
            return
        if self.quiet > 2:
            self.transport.abort()
        elif self.quiet == 2:
            self.transport.write(EMPTY_PING)

    def shutdown(self) -> None:
        """uvicorn stops: whoever is still here is cut."""
        self.close(1012, "restart")
        if self.transport is not None:
            self.transport.close()

    # receiving

    def _handshake(self, data: bytes) -> None:
        transport = self.transport
        assert transport is not None
        protocol = ServerProtocol()
        protocol.receive_data(data)
        peer = transport.get_extra_info("peername")
        peer = peer[0] if isinstance(peer, tuple) else ""
        for request in protocol.events_received():
            if not isinstance(request, Request):
                continue
            refusal = self._host.refuse(request, peer)
            response = protocol.accept(request) if refusal is None else protocol.reject(*refusal)
            protocol.send_response(response)
            if response.status_code == 101:
                self.session = self._host.greet(self, request, peer)
        transport.write(b"".join(protocol.data_to_send()))
        protocol.parser = None  # type: ignore[assignment]  # a generator that holds the protocol
        if self.session is None:
            self._finish()

    def _read(self, buffer: bytes) -> None:
        limit = self._host.max_message_bytes
        start = 0
        while not self.closing and start < len(buffer):
            before = start
            rest = buffer[start:] if start else buffer
            for piece, end in cut(rest, limit, between_messages=self._careful is None):
                start = before + end
                self._take(piece)
                if self.session is None:
                    return
            if start == before:
                break
        self._rest = buffer[start:]

    def _take(self, piece: Cut | None) -> None:
        if piece is None:
            return  # a pong: it only needs to be seen
        if piece.text is not None:
            self._message(piece.text)
        elif piece.careful is not None:
            self._read_carefully(piece.careful)

    def _read_carefully(self, data: bytes) -> None:
        """Fragments, control frames and everything wrong: RFC 6455 as `websockets` knows it."""
        careful = self._careful
        if careful is None:
            careful = self._careful = ServerProtocol(state=OPEN, max_size=self._host.max_message_bytes)
            self._parts = []
        careful.receive_data(data)
        for frame in careful.events_received():
            self._careful_frame(frame)
            if self.closing:
                return
        if output := b"".join(careful.data_to_send()):
            self.flush()
            assert self.transport is not None
            self.transport.write(output)
        if careful.eof_sent or careful.close_expected():
            self._finish()
        elif careful.current_size is None:
            careful.parser = None  # type: ignore[assignment]
            self._careful = None

    def _careful_frame(self, frame: Any) -> None:
        if frame.opcode is Opcode.BINARY:
            self.close(1003, "text only")
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                message, self._parts = b"".join(self._parts), []
                self._message(message)
            elif len(self._parts) > MAX_FRAGMENTS:
                self.close(1008, "too many fragments")

    def _message(self, payload: bytes) -> None:
        try:
            payload.decode()
        except UnicodeDecodeError:
            self.close(1007, "not UTF-8")
            return
        if self.session is not None:
            self.session.receive(payload)

    # ending

    def _finish(self) -> None:
        """End our side and read on until the peer ends its own: a close with input unread loses the frame."""
        self.closing, self._careful, self._rest, self.quiet = True, None, b"", 0
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
        self._out = []
        if session is not None:
            session.lost()
