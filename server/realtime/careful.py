"""What is no whole message: pieces of one, and closes, read by the sans-I/O protocol of `websockets`.

It is made for the first such frame and dropped when nothing is open any more: kept, it would cost 1.4 KiB.
"""

from __future__ import annotations

from typing import Any

from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from server.realtime.wire import Broken

MAX_FRAGMENTS = 64


class Careful:
    """Puts a message together, and answers a close (RFC 6455 §5.4, §5.5.1)."""

    __slots__ = ("_opcode", "_parts", "_protocol")

    def __init__(self, max_bytes: int) -> None:
        self._protocol = ServerProtocol(state=OPEN, max_size=max_bytes)
        self._parts: list[bytes] = []
        self._opcode = Opcode.TEXT

    def take(self, frame: bytes) -> tuple[int, bytes] | None:
        """Read one whole frame; returns opcode and payload of the message that it ends, if any."""
        self._protocol.receive_data(frame)
        message = None
        for event in self._protocol.events_received():
            message = self._add(event) or message
        return message

    def _add(self, event: Any) -> tuple[int, bytes] | None:
        if event.opcode is Opcode.CLOSE:
            return None
        if event.opcode is not Opcode.CONT:
            self._opcode = event.opcode
        self._parts.append(bytes(event.data))
        if event.fin:
            message, self._parts = b"".join(self._parts), []
            return self._opcode, message
        if len(self._parts) > MAX_FRAGMENTS:
            raise Broken(1008, "too many fragments")
        return None

    @property
    def answer(self) -> bytes:
        """What is to be sent, once: the close that answers a close or a fault."""
        return b"".join(self._protocol.data_to_send())

    @property
    def ended(self) -> bool:
        """Whether a close was sent, and nothing is read any more."""
        return self._protocol.eof_sent or self._protocol.close_expected()

    @property
    def idle(self) -> bool:
        """Whether no message is open."""
        return self._protocol.current_size is None

    def drop(self) -> None:
        """Free it now: its parser is a generator that holds it."""
        self._protocol.parser = None  # type: ignore[assignment]
