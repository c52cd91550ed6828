"""The binary frames of shared drafts: which ticket, which generation, and one message of y-protocols.

    byte 0: channel (1) · 16 bytes: ticket id · 4 bytes: generation, big-endian · the message

A message is a sync step (0: what I have; 1: what you lack; 2: an update) or an awareness update (who has the
cursor where). Numbers are lib0's: seven bits a byte, the lowest first, the eighth set on all but the last.
"""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

import msgspec

from server.domain.errors import Invalid, TooLarge

CHANNEL = 1
HEAD_BYTES = 21
MAX_FRAME_BYTES = 64 * 1024
MAX_CURSORS_BYTES = 8 * 1024
_SYNC, _AWARENESS = 0, 1


class Ask(msgspec.Struct, frozen=True):
    """Tell me what I lack: `state` is the state vector of what I have."""

    state: bytes


class Answer(msgspec.Struct, frozen=True):
    """What you lack, as an update."""

    update: bytes


class Edit(msgspec.Struct, frozen=True):
    """What was just written, as an update."""

    update: bytes


class Moved(msgspec.Struct, frozen=True):
    """Where somebody's cursors are, as an awareness update."""

    states: bytes


Message = Ask | Answer | Edit | Moved
_KINDS: dict[int, type[Ask | Answer | Edit]] = {0: Ask, 1: Answer, 2: Edit}


class Reader:
    """Numbers, bytes and texts as lib0 writes them; raises Invalid where they end too early."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    @property
    def is_done(self) -> bool:
        """Whether everything was read."""
        return self.at == len(self.data)

    def byte(self) -> int:
        """One byte."""
        try:
            found = self.data[self.at]
        except IndexError:
            raise Invalid("The draft frame ends too early") from None
        self.at += 1
        return found

    def number(self, most: int) -> int:
        """A number from 0 to `most`."""
        found, shift = 0, 0
        while True:
            byte = self.byte()
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 56:
                raise Invalid("A number in the draft frame is too large")
        if found > most:
            raise Invalid("A number in the draft frame is too large")
        return found

    def take(self, length: int) -> bytes:
        """So many bytes."""
        end = self.at + length
        if end > len(self.data):
            raise Invalid("The draft frame ends too early")
        found = self.data[self.at : end]
        self.at = end
        return found

    def piece(self) -> bytes:
        """Bytes behind their length."""
        return self.take(self.number(len(self.data)))

    def text(self) -> str:
        """A text behind its length in bytes."""
        try:
            return self.piece().decode()
        except UnicodeDecodeError:
            raise Invalid("A text in the draft frame is not UTF-8") from None


def number_bytes(value: int) -> bytes:
    """A number as lib0 writes it."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def ticket_of(payload: bytes) -> tuple[UUID, int]:
    """Which ticket's draft, of which generation, a frame is about; raises Invalid for no such frame."""
    if len(payload) < HEAD_BYTES or payload[0] != CHANNEL:
        raise Invalid("This is no draft frame")
    return UUID(bytes=payload[1:17]), int.from_bytes(payload[17:HEAD_BYTES], "big")


def parse_message(payload: bytes, at: int = HEAD_BYTES, *, trusted: bool = False) -> Message:
    """The message of a frame; raises Invalid or TooLarge. Other processes are trusted to keep the bounds."""
    if len(payload) > MAX_FRAME_BYTES and not trusted:
        raise TooLarge(f"A draft frame has at most {MAX_FRAME_BYTES} bytes")
    reader = Reader(payload, at)
    kind = reader.number(_AWARENESS)
    message: Message
    if kind == _SYNC:
        make = _KINDS.get(reader.number(0x7F))
        if make is None:
            raise Invalid("There is no such message about a draft")
        message = make(reader.piece())
    else:
        message = Moved(reader.piece())
        if len(message.states) > MAX_CURSORS_BYTES and not trusted:
            raise TooLarge(f"Cursors have at most {MAX_CURSORS_BYTES} bytes")
    if not reader.is_done:
        raise Invalid("There is more in the draft frame than a message")
    return message


def encode_message(message: Message) -> bytes:
    """A message of y-protocols."""
    match message:
        case Ask(state=data):
            head = b"\x00\x00"
        case Answer(update=data):
            head = b"\x00\x01"
        case Edit(update=data):
            head = b"\x00\x02"
        case Moved(states=data):
            head = b"\x01"
        case _:
            assert_never(message)
    return head + number_bytes(len(data)) + data


def encode_draft(ticket_id: UUID, generation: int, message: Message) -> bytes:
    """A frame's payload."""
    return b"".join(
        (bytes((CHANNEL,)), ticket_id.bytes, generation.to_bytes(4, "big"), encode_message(message))
    )
