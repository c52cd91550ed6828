"""Frames on the wire: made as servers make them, and found whole."""

from __future__ import annotations

import pytest

from server.realtime.wire import TEXT, Broken, close_frame, make_frame, measure, unmask
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


def frames(data: bytes, limit: int = 100_000) -> list[bytes]:
    """The payloads of the whole frames at the start of `data`."""
    found, start = [], 0
    while True:
        body, end = measure(data, start, limit)
        if not body or end > len(data):
            assert end > len(data), "what is not whole needs more"
            return found
        found.append(unmask(data, body, end))
        start = end


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 65537])
def test_whole_frames_are_found_and_the_rest_waits(size: int) -> None:
    one, two = masked(TEXT, b"y" * size), masked(TEXT, "zwö".encode() * 50)
    assert frames(one + two + one[:-1]) == [b"y" * size, "zwö".encode() * 50]


def test_a_head_asks_for_no_more_than_it_needs() -> None:
    long = masked(TEXT, b"x" * 70_000)
    for have in range(len(long)):
        body, end = measure(long[:have], 0, 100_000)
        assert have < end <= len(long)
        assert (body, end) in ((0, 2), (0, 10), (14, len(long)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x03", 1002),  # not masked
        (b"\xc1\x80", 1002), (b"\xa1\x80", 1002), (b"\x91\x80", 1002),  # reserved bits
        (b"\x83\x80", 1002), (b"\x87\x80", 1002), (b"\x8b\x80", 1002), (b"\x8f\x80", 1002),  # opcodes
        (b"\x09\x80", 1002), (b"\x08\x80", 1002),  # control frames in pieces
        (b"\x89\xfe", 1002), (b"\x88\xff", 1002),  # too long for control frames
        (b"\x81\xfe\x00\x7d", 1002),  # 125 in three bytes
        (b"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", 1002),  # 65535 in nine
        (b"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", 1002),  # the highest bit
        (b"\x81\xfe\x03\xe9", 1009), (b"\x01\xfe\x03\xe9", 1009), (b"\x82\xff\x00" + b"\x01" * 7, 1009),
    ],
)  # fmt: skip
def test_a_head_that_can_only_be_refused_is_refused_at_once(data: bytes, code: int) -> None:
    with pytest.raises(Broken) as refused:
        measure(data, 0, 1000)
    assert refused.value.code == code
    for short in range(len(data) - 1):
        assert measure(data[:short], 0, 1000)[0] == 0
