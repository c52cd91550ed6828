"""A lean SMTP driver: sessions that pipeline (RFC 2920), each with one mail in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import cast

RUN_SECONDS = 60.0
LINE = "The parcel was to come on Tuesday and it is Friday; could you look where it is, please?\r\n"
TEXT = LINE * 8


def compose(number: int, run: str, recipient: str, size: int = 1_000) -> bytes:
    """A plain mail of some `size` bytes as it follows DATA, with a word of its own, ended by its dot."""
    text = TEXT if size <= 1_000 else LINE * ((size - 250) // len(LINE))
    return (
        f"From: Customer {number % 500} <customer{number % 500}@load.test>\r\n"
        f"To: <{recipient}>\r\n"
        f"Subject: Where is my parcel {number}?\r\n"
        f"Message-ID: <{run}.{number}@load.test>\r\n"
        "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "\r\n"
        f"Parcel {number}. {text}.\r\n"
    ).encode()


class _Post:
    """Mails that are sent once each, by whichever session is free."""

    def __init__(self, mails: Sequence[bytes]) -> None:
        self._mails = mails
        self._next = self._kept = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next(self) -> bytes | None:
        if self._next == len(self._mails):
            return None
        self._next += 1
        return self._mails[self._next - 1]

    def kept(self) -> None:
        self._kept += 1
        if self._kept == len(self._mails) and not self.done.done():
            self.done.set_result(None)

    def failed(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))


class _Session(asyncio.Protocol):
    """The replies of a session in their order: greeting, EHLO, then for each mail MAIL, RCPT, DATA, 250."""

    def __init__(self, post: _Post, recipient: str) -> None:
        self._post = post
        self._envelope = f"MAIL FROM:<customer@load.test>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode()
        self._buffer = b""
        self._step = 0
        self._mail: bytes | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        for line in lines:
            if line[3:4] != b"-":
                self._reply(line)

    def _reply(self, line: bytes) -> None:
        wanted = (b"220", b"250", b"250", b"250", b"354", b"250")[self._step]
        if not line.startswith(wanted):
            self._post.failed(line.decode("latin-1"))
            return
        self._step += 1
        if self._step == 1:
            self._write(b"EHLO load.test\r\n")
        elif self._step == 2:
            self._begin()
        elif self._step == 5 and self._mail is not None:
            self._write(self._mail)
        elif self._step == 6:
            self._step = 2
            self._post.kept()
            self._begin()

    def _begin(self) -> None:
        self._mail = self._post.next()
        if self._mail is not None:
            self._write(self._envelope)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._post.failed(str(exc or "the server hung up"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def run(port: int, mails: Sequence[bytes], recipient: str, sessions: int) -> float:
    """Mails answered with 250 a second. Raises RuntimeError for any other reply."""
    loop = asyncio.get_running_loop()
    post = _Post(mails)
    began = time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: _Session(post, recipient), "127.0.0.1", port))[1]
        for _ in range(sessions)
    ]
    await asyncio.wait_for(post.done, RUN_SECONDS)
    seconds = time.perf_counter() - began
    for session in opened:
        session.close()
    return len(mails) / seconds
