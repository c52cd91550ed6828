"""Which first segments are a plain opening of a WebSocket, and which are left to uvicorn."""

from __future__ import annotations

import pytest

from server.entry import read_opening
from tests.live.raw import HANDSHAKE

PLAIN = HANDSHAKE.format(
    path="/ws", host="desk.test", more="Origin: http://desk.test\r\nCookie: a=b; c=d\r\n"
).encode()


def test_a_plain_opening_is_read_and_what_follows_it_kept() -> None:
    found = read_opening(PLAIN + b"\x81\x80", "192.0.2.1")
    assert found is not None
    opening, rest = found
    assert opening.fault() is None and rest == b"\x81\x80"
    assert (opening.path, opening.peer) == ("/ws", "192.0.2.1")
    assert opening.header(b"origin") == "http://desk.test" and opening.header(b"cookie") == "a=b; c=d"
    assert opening.accept().startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET", b"POST"),
        (b"GET", b"get"),
        (b"/ws", b"/"),
        (b"/ws ", b"/ws?x=1 "),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"Connection: Upgrade", b"Connection: keep-alive, Upgrade"),
        (b"Upgrade: websocket\r\n", b""),
        (b"Host: ", b"Host : "),
        (b"Host: desk", b"Host:\tdesk"),
        (b"Host: ", b" folded: "),
        (b"Host: desk", b"Host: d\xc3\xa9sk"),
        (b"Host: desk", b"Host: d\0sk"),
        (b"Cookie: a=b; c=d\r\n", b"Cookie: a=b; c=d\n"),
        (b"Cookie: a=b; c=d\r\n", b"Cookie: \r\n"),
        (b"\r\n\r\n", b"\r\n"),
        (b"GET", b"\r\nGET"),
    ],
)
def test_whatever_is_unusual_is_left_to_the_parser(old: bytes, new: bytes) -> None:
    assert old in PLAIN
    assert read_opening(PLAIN.replace(old, new, 1), "") is None


def test_a_body_that_is_spoken_of_is_a_fault_all_the_same() -> None:
    found = read_opening(PLAIN.replace(b"Cookie: a=b; c=d", b"Content-Length: 2"), "")
    assert found is not None and found[0].fault() is not None


def test_half_a_head_is_not_waited_for_here() -> None:
    assert all(read_opening(PLAIN[:end], "") is None for end in range(len(PLAIN)))
