"""WebSocket frames on the wire (RFC 6455 §5.2): how ours are made, and how whole ones are cut out."""

from __future__ import annotations

from collections.abc import Iterator

from websockets.speedups import apply_mask

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_FIN = 0x80
_WHOLE_TEXT = _FIN | TEXT
_PONG_FRAME = _FIN | PONG

EMPTY_PING = bytes((_FIN | PING, 0))


def make_frame(opcode: int, payload: bytes) -> bytes:
    """An unmasked, final frame, as servers send them."""
    size = len(payload)
    if size < 126:
        return bytes((_FIN | opcode, size)) + payload
    if size < 65536:
        return bytes((_FIN | opcode, 126, size >> 8, size & 255)) + payload
    return bytes((_FIN | opcode, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str) -> bytes:
    """A close frame; the reason is cut to what a control frame holds (§5.5: 125 bytes with the code)."""
    return make_frame(CLOSE, code.to_bytes(2, "big") + reason.encode()[:123])


class Cut:
    """A piece of the stream: a whole text message already unmasked, a pong, or bytes for the careful path."""

    __slots__ = ("careful", "text")

    def __init__(self, text: bytes | None, careful: bytes | None) -> None:
        self.text = text
        self.careful = careful


def cut(buffer: bytes, max_bytes: int, *, between_messages: bool) -> Iterator[tuple[Cut | None, int]]:
    """Whole frames from the start of `buffer`, each with where it ends; the rest waits for more bytes.

    A final, masked text frame is a message. What is unmasked or too long is handed on as soon as its head
    tells, so that it can be refused without waiting for its end. `between_messages` is asked once, since a
    careful frame may begin a fragmented message: the caller stops and cuts anew after each.
    """
    start, size_of = 0, len(buffer)
    while size_of - start >= 2:
        head, second = buffer[start], buffer[start + 1]
        length, body = second & 0x7F, start + 6
        if length >= 126:
            extra = 2 if length == 126 else 8
            length, body = int.from_bytes(buffer[start + 2 : start + 2 + extra], "big"), body + extra
        end = body + length
        if not second & 0x80 or (length > max_bytes and body <= size_of):
            yield Cut(None, buffer[start : start + 14]), size_of
            return
        if end > size_of:
            return
        if head == _WHOLE_TEXT and between_messages:
            yield Cut(apply_mask(buffer[body:end], buffer[body - 4 : body]), None), end
        elif head == _PONG_FRAME and length <= 125:
            yield None, end
        else:
            yield Cut(None, buffer[start:end]), end
            return
        start = end
