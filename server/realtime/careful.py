"""Messages in fragments (RFC 6455 §5.4), put together by the sans-I/O protocol of `websockets`.

It is made for the first fragment and dropped after the last: kept, it would cost 1.4 KiB.
"""

from __future__ import annotations

from typing import Any

from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from server.realtime.wire import Broken

MAX_FRAGMENTS = 64


class Careful:
    """A message that comes in pieces. Control frames among them are not its business."""

    __slots__ = ("_opcode", "_parts", "_protocol")

    def __init__(self, max_bytes: int) -> None:
        self._protocol = ServerProtocol(state=OPEN, max_size=max_bytes)
        self._parts: list[bytes] = []
        self._opcode = Opcode.TEXT

    def take(self, frame: bytes) -> tuple[int, bytes] | None:
        """Read one whole data frame; returns opcode and payload of the message that it ends, if any."""
        self._protocol.receive_data(frame)
        if (fault := self._protocol.close_sent) is not None:
            self._drop()
            raise Broken(fault.code, fault.reason)
        message = None
        for event in self._protocol.events_received():
            message = self._add(event)
        return message

    def _add(self, event: Any) -> tuple[int, bytes] | None:
        if event.opcode is not Opcode.CONT:
            self._opcode = event.opcode
        self._parts.append(bytes(event.data))
        if event.fin:
            self._drop()
            return self._opcode, b"".join(self._parts)
        if len(self._parts) > MAX_FRAGMENTS:
            raise Broken(1008, "too many fragments")
        return None

    def _drop(self) -> None:
        """Free the protocol now: its parser is a generator that holds it."""
        self._protocol.parser = None  # type: ignore[assignment]
