"""Totality, on the socket: any bytes in any pieces give the same messages and end, in bounded memory.

Frames right and wrong, in a stream cut anywhere, through the protocol class itself; the messages are those
that `websockets` reads on its own. Seen to fail when whole
messages are cut out in the middle of a fragmented one.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from server.realtime.socket import Flusher, Socket
from tests.laws.budget import examples
from tests.live.raw import HANDSHAKE, masked

MAX_BYTES = 300
HEAD = HANDSHAKE.format(path="/ws", host="desk.test", more="").encode()


class Wire:
    """A transport that keeps what is written; `written` is all that the client would see."""

    def __init__(self) -> None:
        self.written = b""
        self.ended = False

    def write(self, data: bytes) -> None:
        self.written += data

    def write_eof(self) -> None:
        self.ended = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 1)

    def get_protocol(self) -> None:
        return None

    def set_write_buffer_limits(self, high: int) -> None:
        return None


class Desk:
    """A host whose sessions keep the messages that they receive."""

    max_message_bytes = MAX_BYTES
    max_unsent_bytes = 1_000_000

    def __init__(self) -> None:
        self.flusher = Flusher()
        self.received: list[bytes] = []
        self.lost_sessions = 0

    def refuse(self, request: Any, peer: str) -> None:
        return None

    def greet(self, socket: Socket, request: Any, peer: str) -> Desk:
        return self

    def receive(self, payload: bytes) -> None:
        self.received.append(payload)

    def lost(self) -> None:
        self.lost_sessions += 1


PAYLOADS = st.binary(max_size=140) | st.text(max_size=60).map(str.encode)
MASK = b"\1\2\3\4"
FRAMES = st.one_of(
    st.builds(
        lambda opcode, payload, fin: masked(opcode, payload, fin=fin, mask=MASK),
        st.sampled_from([Opcode.TEXT, Opcode.TEXT, Opcode.CONT, Opcode.CONT, Opcode.PING, Opcode.PONG]),
        PAYLOADS,
        st.booleans(),
    ),
    st.text(max_size=60).map(lambda text: masked(Opcode.TEXT, text.encode(), mask=MASK)),
    st.text(max_size=60).map(lambda text: masked(Opcode.TEXT, text.encode(), mask=MASK)),
    st.sampled_from(
        [
            masked(Opcode.BINARY, b"x", mask=MASK),
            masked(Opcode.CLOSE, b"\3\xe8", mask=MASK),
            masked(Opcode.TEXT, b"x" * (MAX_BYTES + 1), mask=MASK),
            b"\x81\x01a",
            b"\x81\xfe\x00\x05" + MASK + b"abcde",
        ]
    ),
    st.binary(max_size=20),
)


async def fed(pieces: list[bytes]) -> tuple[list[bytes], bytes, bool]:
    """What a socket received, wrote, and whether it ended, given the stream in these pieces."""
    desk, wire = Desk(), Wire()
    socket = Socket(desk, set())
    socket.connection_made(wire)  # type: ignore[arg-type]
    socket.data_received(HEAD)
    assert wire.written.startswith(b"HTTP/1.1 101 ")
    wire.written = b""
    for piece in pieces:
        socket.data_received(piece)
        assert len(socket._rest) <= 2 * MAX_BYTES + 20, "what waits for more is bounded"
    socket.flush()
    assert desk.lost_sessions == (1 if socket.closing else 0)
    return desk.received, wire.written, wire.ended


@given(st.lists(FRAMES, max_size=8).map(b"".join), st.lists(st.integers(1, 60), max_size=30))
@examples(700)
async def test_where_the_stream_is_cut_changes_nothing(stream: bytes, sizes: list[int]) -> None:
    pieces, rest = [], stream
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    whole = await fed([stream])
    assert await fed([*pieces, rest]) == whole
    assert await fed([stream[index : index + 1] for index in range(len(stream))]) == whole
    assert whole[0] == messages_by_the_book(stream)
    await asyncio.sleep(0)


def messages_by_the_book(stream: bytes) -> list[bytes]:
    """What `websockets` alone reads, frame by frame, until something that we take no more of."""
    book = ServerProtocol(state=OPEN, max_size=MAX_BYTES)
    book.receive_data(stream)
    messages: list[bytes] = []
    parts: list[bytes] = []
    for frame in book.events_received():
        if frame.opcode in (Opcode.BINARY, Opcode.CLOSE):
            break
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            continue
        parts.append(bytes(frame.data))
        if frame.fin:
            message, parts = b"".join(parts), []
            try:
                message.decode()
            except UnicodeDecodeError:
                break
            messages.append(message)
    return messages
