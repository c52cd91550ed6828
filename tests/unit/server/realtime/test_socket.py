"""Deadlines and bounds of one socket, by the looks that the process takes at it instead of by a clock."""

from __future__ import annotations

import asyncio

import pytest
from websockets.frames import Opcode

from server.realtime import socket as module
from server.realtime.wire import EMPTY_PING, close_frame, measure
from tests.live.raw import masked
from tests.wires import wired

TEXT = masked(Opcode.TEXT, b"hello")
PONG = masked(Opcode.PONG, b"")


def dribble(data: bytes) -> list[bytes]:
    return [bytes((byte,)) for byte in data]


async def test_a_frame_that_never_ends_is_closed_at_the_second_look() -> None:
    socket, _, wire = wired(1000)
    for byte in TEXT[:-1]:
        socket.data_received(bytes((byte,)))
    socket.look()
    assert not socket.closing
    socket.look()
    assert wire.writes[-1] == close_frame(4408, "message too slow") and wire.ended


async def test_fragments_that_drip_in_are_no_reason_to_wait() -> None:
    socket, listening, wire = wired(1000)
    socket.data_received(masked(Opcode.TEXT, b"a", fin=False))
    socket.look()
    socket.data_received(masked(Opcode.CONT, b"a", fin=False) + masked(Opcode.PING, b"x") + PONG)
    socket.look()
    assert wire.writes[-1] == close_frame(4408, "message too slow")
    assert listening.received == [] and listening.lost_sessions == 1


async def test_whoever_ends_one_message_may_take_as_long_for_the_next() -> None:
    socket, listening, wire = wired(1000)
    for _ in range(10):
        socket.data_received(TEXT[:3])
        socket.look()
        socket.data_received(TEXT[3:] + masked(Opcode.TEXT, b"he", fin=False))
        socket.look()
        socket.data_received(masked(Opcode.CONT, b"llo"))
    assert listening.received == [(Opcode.TEXT, b"hello")] * 20 and wire.writes == []


async def test_the_quiet_are_asked_and_then_cut() -> None:
    socket, _, wire = wired(1000)
    socket.look()
    assert wire.writes == []
    socket.look()
    assert wire.writes == [EMPTY_PING]
    socket.data_received(PONG)
    socket.look()
    socket.look()
    assert wire.writes == [EMPTY_PING] * 2 and not wire.aborted
    socket.look()
    assert wire.aborted


async def test_a_slow_reader_is_closed_after_the_turn_and_hears_no_more() -> None:
    socket, listening, wire = wired(1000)
    assert wire.high == listening.max_unsent_bytes
    socket.send(b"one")
    socket.flush()
    socket.pause_writing()  # as the transport does, within write()
    socket.send(b"two")
    assert not socket.closing
    await asyncio.sleep(0)
    assert wire.writes[-1] == close_frame(1013, "too slow") and wire.ended
    socket.send(b"three")
    await asyncio.sleep(0)
    assert b"three" not in b"".join(wire.writes)


async def test_what_is_said_in_one_turn_is_one_write() -> None:
    socket, _, wire = wired(1000)
    for frame in (b"one", b"two", b"three"):
        socket.send(frame)
    assert wire.writes == [] and socket.unsent_bytes() == 11
    await asyncio.sleep(0)
    assert wire.writes == [b"onetwothree"]
    socket.send(b"four")
    await asyncio.sleep(0)
    assert wire.writes[1:] == [b"four"]


async def test_a_large_frame_byte_by_byte_is_not_read_anew_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []

    def counted(data: bytes, start: int, max_bytes: int) -> tuple[int, int]:
        reads.append(start)
        return measure(data, start, max_bytes)

    monkeypatch.setattr(module, "measure", counted)
    socket, listening, _ = wired(100_000)
    for piece in dribble(masked(Opcode.TEXT, b"x" * 70_000)):
        socket.data_received(piece)
    assert listening.received == [(Opcode.TEXT, b"x" * 70_000)]
    assert len(reads) < 10


async def test_what_is_no_message_is_counted_all_the_same() -> None:
    socket, listening, _ = wired(1000)
    fragments = masked(Opcode.TEXT, b"a", fin=False) + masked(Opcode.CONT, b"b")
    socket.data_received(masked(Opcode.PING, b"") + PONG + fragments + TEXT)
    assert listening.counted == 4 and len(listening.received) == 2


async def test_a_bug_of_the_session_ends_its_own_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    socket, listening, wire = wired(1000)

    def fail(payload: bytes) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(listening, "receive", fail)
    socket.data_received(TEXT)
    assert wire.writes == [close_frame(1011, "internal error")]


async def test_a_lost_socket_takes_leave_once() -> None:
    socket, listening, _ = wired(1000)
    socket.close(1000)
    socket.connection_lost(None)
    socket.close(1000)
    socket.look()
    assert listening.lost_sessions == 1
