"""Totality, on the socket: any bytes in any pieces give the same messages and end, in bounded memory.

Frames right and wrong, in a stream cut anywhere, through the protocol class itself: what is received,
answered and closed with is what `websockets` does on its own with the whole stream. Seen to fail when whole
messages are cut out in the middle of a fragmented one, when what waits forgets its last byte, and when a long
length may be written where a short one would do.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from tests.laws.budget import examples
from tests.live.raw import masked
from tests.wires import Message, wired

MAX_BYTES = 300
PAYLOADS = st.binary(max_size=140) | st.text(max_size=60).map(str.encode)
MASK = b"\1\2\3\4"
FRAMES = st.one_of(
    st.builds(
        lambda opcode, payload, fin: masked(opcode, payload, fin=fin, mask=MASK),
        st.sampled_from([*[Opcode.TEXT, Opcode.CONT] * 3, Opcode.BINARY, Opcode.PING, Opcode.PONG]),
        PAYLOADS,
        st.booleans(),
    ),
    st.text(max_size=60).map(lambda text: masked(Opcode.TEXT, text.encode(), mask=MASK)),
    st.text(max_size=60).map(lambda text: masked(Opcode.TEXT, text.encode(), mask=MASK)),
    st.sampled_from(
        [
            masked(Opcode.BINARY, b"\xff", mask=MASK),
            masked(Opcode.CLOSE, b"", mask=MASK),
            masked(Opcode.CLOSE, b"\3\xe8", mask=MASK),
            masked(Opcode.CLOSE, b"\3\xed", mask=MASK),
            masked(Opcode.CLOSE, b"\3\xe8\xff", mask=MASK),
            masked(Opcode.TEXT, b"x" * (MAX_BYTES + 1), mask=MASK),
            b"\x81\x01a",
            b"\x81\xfe\x00\x05" + MASK + b"abcde",
        ]
    ),
    st.binary(max_size=20),
)


# Ends whatever is open: the frame that the stream breaks off in, and then the connection, being unmasked.
PADDING = b"\0" * (MAX_BYTES + 16)


class Outcome(NamedTuple):
    """What came of a stream: messages, what pings were answered with, the code of the close."""

    received: list[Message]
    pongs: list[bytes]
    code: int


async def fed(pieces: list[bytes]) -> Outcome:
    """What a socket makes of a stream in these pieces."""
    socket, desk, wire = wired(MAX_BYTES)
    for piece in pieces:
        socket.data_received(piece)
        assert len(socket._rest or b"") <= MAX_BYTES + 14, "what waits for more is bounded"
    assert wire.ended and desk.lost_sessions == 1
    return Outcome(desk.received, *answers(b"".join(wire.writes)))


def answers(written: bytes) -> tuple[list[bytes], int]:
    """Pongs, and the code of the close that ends what a server wrote."""
    pongs = []
    while written[0] == 0x8A:
        end = 2 + written[1]
        pongs.append(written[2:end])
        written = written[end:]
    assert written[0] == 0x88 and len(written) == 2 + written[1]
    return pongs, int.from_bytes(written[2:4], "big") if written[1] else 1005


@given(st.lists(FRAMES, max_size=8).map(b"".join), st.lists(st.integers(1, 60), max_size=30))
@examples(700)
async def test_where_the_stream_is_cut_changes_nothing(stream: bytes, sizes: list[int]) -> None:
    pieces, rest = [], stream + PADDING
    whole = await fed([rest])
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    assert await fed([*pieces, rest]) == whole
    assert await fed([bytes((byte,)) for byte in stream + PADDING]) == whole
    book = by_the_book(stream + PADDING)
    assert whole[:2] == book[:2]
    # Where a head is wrong in two ways, either may be said.
    assert whole.code == book.code or {whole.code, book.code} == {1002, 1009}
    await asyncio.sleep(0)


def by_the_book(stream: bytes) -> Outcome:
    """What `websockets` alone makes of it, with UTF-8 and the shortest lengths, which it leaves to us."""
    book = ServerProtocol(state=OPEN, max_size=MAX_BYTES)
    book.receive_data(stream[: wrong_length(stream)])
    messages: list[Message] = []
    parts: list[bytes] = []
    pongs: list[bytes] = []
    kind = Opcode.TEXT
    for frame in book.events_received():
        assert isinstance(frame, Frame)
        match frame.opcode:
            case Opcode.PING:
                pongs.append(bytes(frame.data))
            case Opcode.TEXT | Opcode.BINARY | Opcode.CONT:
                kind = kind if frame.opcode is Opcode.CONT else frame.opcode
                parts.append(bytes(frame.data))
                if frame.fin:
                    message, parts = b"".join(parts), []
                    try:
                        message.decode("utf-8" if kind is Opcode.TEXT else "latin-1")
                    except UnicodeDecodeError:
                        return Outcome(messages, pongs, 1007)
                    messages.append((kind, message))
            case Opcode.PONG | Opcode.CLOSE:
                pass
    if book.close_rcvd is not None:  # it is a fault to `websockets` within a message; §5.4 allows it
        return Outcome(messages, pongs, book.close_rcvd.code)
    closes = [data for data in book.data_to_send() if data and data[0] == 0x88]
    return Outcome(messages, pongs, answers(closes[0])[1] if closes else 1002)


def wrong_length(stream: bytes) -> int:
    """Where the first frame begins whose length is not in its shortest form."""
    start = 0
    while start + 2 <= len(stream):
        size, extra = stream[start + 1] & 127, 0
        if size >= 126:
            extra = 2 if size == 126 else 8
            size = int.from_bytes(stream[start + 2 : start + 2 + extra], "big")
            if size < (126 if extra == 2 else 65536) or size >> 63:
                return start
        start += 2 + extra + size + (4 if stream[start + 1] & 128 else 0)
    return len(stream)
