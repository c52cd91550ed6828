"""WebSocket frames on the wire (RFC 6455 §5.2): how ours are made, where those of clients begin and end."""

from __future__ import annotations

from typing import Final

from websockets.speedups import apply_mask

CONT: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
FIN: Final = 0x80
WHOLE_TEXT, WHOLE_BINARY = FIN | TEXT, FIN | BINARY
WHOLE_CLOSE, WHOLE_PING, WHOLE_PONG = FIN | CLOSE, FIN | PING, FIN | PONG
MAX_CONTROL_BYTES = 125  # RFC 6455 §5.5

EMPTY_PING = bytes((FIN | PING, 0))

_MASKED = 0x80
_CONTROL = 0x8
_KNOWN = frozenset((CONT, TEXT, BINARY, FIN | CONT, FIN | TEXT, FIN | BINARY)) | frozenset(
    (FIN | CLOSE, FIN | PING, FIN | PONG)  # control frames are whole (§5.4), reserved bits are 0 (§5.2)
)


class Broken(Exception):
    """What a client sent cannot be gone on with; the close code and the reason to tell it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def make_frame(opcode: int, payload: bytes) -> bytes:
    """An unmasked, final frame, as servers send them."""
    size = len(payload)
    if size < 126:
        return bytes((FIN | opcode, size)) + payload
    if size < 65536:
        return bytes((FIN | opcode, 126, size >> 8, size & 255)) + payload
    return bytes((FIN | opcode, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int | None, reason: str) -> bytes:
    """A close frame; the reason is cut to what a control frame holds (§5.5: 125 bytes with the code)."""
    if code is None:
        return make_frame(CLOSE, b"")
    return make_frame(CLOSE, code.to_bytes(2, "big") + reason.encode()[:123])


def measure(data: bytes, start: int, max_bytes: int) -> tuple[int, int]:
    """Where the payload of the frame at `start` begins, and where it ends: perhaps beyond `data`.

    While its head is not whole the first is 0, and the second the least that the head needs. Raises Broken as
    soon as the head tells: nobody is waited for who can only be refused.
    """
    have = len(data) - start
    if have < 2:
        return 0, start + 2
    first, length, body = data[start], data[start + 1], start + 6
    if first not in _KNOWN:
        raise Broken(1002, "reserved bits, opcode, or a control frame in pieces")
    if not length & _MASKED:
        raise Broken(1002, "not masked")
    length ^= _MASKED
    if length > MAX_CONTROL_BYTES:
        if first & _CONTROL:
            raise Broken(1002, "control frame too long")
        extra = 2 if length == 126 else 8
        body += extra
        if have < 2 + extra:
            return 0, body - 4
        length = int.from_bytes(data[start + 2 : body - 4], "big")
        if length < (126 if extra == 2 else 65536) or length >> 63:
            raise Broken(1002, "length not in its shortest form")
        if length > max_bytes:
            raise Broken(1009, "message too big")
    return body, body + length


def unmask(data: bytes, body: int, end: int) -> bytes:
    """The payload of a frame that `measure` found whole."""
    return apply_mask(data[body:end], data[body - 4 : body])
