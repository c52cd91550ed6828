"""A relay that behaves until a chosen moment, and there stalls, refuses or breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

Moment = Literal["greeting", "ehlo", "mail", "rcpt", "data", "end"]
Manner = Literal["stall", "refuse", "drop"]
MOMENTS: tuple[Moment, ...] = ("greeting", "ehlo", "mail", "rcpt", "data", "end")


class Rude:
    """`mails` are those that were answered with 250."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.moment: Moment | None = None
        self.mails: list[bytes] = []
        self.connections = 0
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Rude]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._answer(writer, "greeting", "220 rude ESMTP")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                await self._answer(writer, "data", "354 go on")
                if self.moment == "data":
                    continue
                raw = await reader.readuntil(b"\r\n.\r\n")
                await self._answer(writer, "end", "250 taken")
                if self.moment != "end":
                    self.mails.append(raw)
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            elif word in (b"EHLO", b"HELO"):
                await self._answer(writer, "ehlo", "250 rude")
            elif word in (b"MAIL", b"RCPT"):
                await self._answer(writer, word.decode().lower(), "250 yes")
            else:
                writer.write(b"250 yes\r\n")

    async def _answer(self, writer: asyncio.StreamWriter, moment: str, usual: str) -> None:
        if moment != self.moment:
            writer.write(f"{usual}\r\n".encode())
        elif self.manner == "refuse":
            writer.write(b"554 5.7.1 not you\r\n")
        elif self.manner == "drop":
            raise ConnectionResetError
        else:
            await asyncio.sleep(3600)
        await writer.drain()
