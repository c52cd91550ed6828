"""Frames on the wire: made as servers make them, and cut out whole."""

from __future__ import annotations

import pytest

from server.realtime.wire import PING, TEXT, close_frame, cut, make_frame
from tests.live.raw import masked


@pytest.mark.parametrize(
    ("size", "head"),
    [(0, b"\x81\x00"), (125, b"\x81\x7d"), (126, b"\x81\x7e\x00\x7e"), (65535, b"\x81\x7e\xff\xff"),
     (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00")],
)  # fmt: skip
def test_a_frame_says_its_length_in_the_shortest_form(size: int, head: bytes) -> None:
    assert make_frame(TEXT, b"x" * size) == head + b"x" * size


def test_a_close_frame_fits_a_control_frame() -> None:
    assert close_frame(1013, "too slow") == b"\x88\x0a\x03\xf5too slow"
    assert len(close_frame(1000, "x" * 500)) == 2 + 125


def pieces(
    buffer: bytes, limit: int = 1000, *, between: bool = True
) -> list[tuple[bytes | None, bytes | None, int]]:
    return [
        (None, None, end) if piece is None else (piece.text, piece.careful, end)
        for piece, end in cut(buffer, limit, between_messages=between)
    ]


def test_whole_messages_are_cut_out_and_the_rest_waits() -> None:
    one, two = masked(TEXT, b"one"), masked(TEXT, "zwö".encode() * 50)
    both = one + two
    assert pieces(both + two[:7]) == [(b"one", None, len(one)), ("zwö".encode() * 50, None, len(both))]
    for short in range(len(one)):
        assert pieces(one[:short]) == []


def test_a_pong_needs_no_care_and_a_ping_does() -> None:
    pong, ping = masked(0xA, b"x"), masked(PING, b"x")
    assert pieces(pong + ping) == [(None, None, len(pong)), (None, ping, len(pong + ping))]


def test_within_a_fragmented_message_everything_is_careful() -> None:
    whole = masked(TEXT, b"x")
    assert pieces(whole, between=False) == [(None, whole, len(whole))]


def test_what_is_too_long_or_unmasked_is_handed_on_by_its_head() -> None:
    unmasked = b"\x81\x03abc" + b"y" * 50
    assert pieces(unmasked) == [(None, unmasked[:14], len(unmasked))]
    assert pieces(b"\x81\x03") == [(None, b"\x81\x03", 2)]
    long = masked(TEXT, b"x" * 1001)
    assert pieces(long[:8]) == [(None, long[:8], 8)]
    assert pieces(long[:7]) == []
    assert pieces(masked(TEXT, b"x" * 1000))[0][0] == b"x" * 1000
