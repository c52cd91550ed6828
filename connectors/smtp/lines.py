"""What a client sends, cut strictly at CRLF: the defence against smuggling.

Servers that take a bare LF or CR for a line end disagree with others on where a mail ends, and a second mail
can be hidden in the first (CVE-2023-51764, CVE-2024-27305). Here only CRLF ends a command, only
CRLF.CRLF ends a mail, and whoever sends a bare CR or LF is cut off, with all that follows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

_CHUNK_BYTES = 65_536
_END = b"\r\n.\r\n"


class BareLineEnd(Exception):
    """A CR without LF or an LF without CR."""


class MailTooLarge(Exception):
    """More than was announced as the limit; it was read to its end and thrown away."""


class StrictLines:
    """Stands between aiosmtpd and its reader; knows the attributes that aiosmtpd reaches for."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader: Any = reader
        self._over = False

    # aiosmtpd replaces the transport after STARTTLS, and empties the buffer: what was sent in clear is void.
    @property
    def _transport(self) -> Any:
        return self._reader._transport

    @_transport.setter
    def _transport(self, transport: Any) -> None:
        self._reader._transport = transport

    @property
    def _buffer(self) -> bytearray:
        buffer: bytearray = self._reader._buffer
        return buffer

    def has_line(self) -> bool:
        """Whether a whole command is there already."""
        return not self._over and b"\r\n" in self._reader._buffer

    def stop(self) -> None:
        """Read nothing more: what is still in the buffer came after something that we refused."""
        self._over = True

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """The next line; BareLineEnd when it does not end in CRLF, or has one of them inside."""
        if self._over:
            raise asyncio.CancelledError  # aiosmtpd's word for: say what is written, and close
        line: bytes = await self._reader.readuntil(separator)
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            self.stop()
            raise BareLineEnd
        return line

    async def readline(self) -> bytes:
        """A line of an AUTH dialogue."""
        return await self.readuntil()

    async def read(self, size: int = -1) -> bytes:
        data: bytes = await self._reader.read(size)
        return data

    async def read_mail(self, max_bytes: int, progress: Callable[[], None]) -> bytes:
        """The lines up to the lone dot, dots unstuffed (RFC 5321 §4.5.2); `progress` is called as they come.

        Raises MailTooLarge after the end of a mail that passes `max_bytes`, hangs up when four times that has
        no end yet, and raises BareLineEnd for a mail that has a bare CR or LF anywhere.
        """
        held = bytearray(b"\r\n")  # so that a dot at once is an end too
        searched = total = 0
        cut = False
        while (end := held.find(_END, max(0, searched - len(_END)))) < 0:
            searched = len(held)
            if total > max_bytes:
                del held[: -len(_END)]
                searched, cut = 0, True
            chunk = await self._reader.read(_CHUNK_BYTES)
            total += len(chunk)
            if not chunk or total > 4 * max_bytes:
                raise asyncio.CancelledError
            progress()
            held += chunk
        self._reader._buffer[:0] = held[end + len(_END) :]
        if cut or end > max_bytes:
            raise MailTooLarge
        del held[end + 2 :]
        lines = held.count(b"\r\n")
        if held.count(b"\n") != lines or held.count(b"\r") != lines:
            self.stop()
            raise BareLineEnd
        if b"\r\n." in held:
            held = held.replace(b"\r\n.", b"\r\n")
        return bytes(memoryview(held)[2:])
