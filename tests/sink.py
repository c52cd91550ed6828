"""An endpoint of others on loopback: keeps what it is told, and answers well or badly.

async with sink(lambda told: 500) as endpoint:
    endpoint.url, endpoint.told
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hmac import compare_digest, digest
from typing import Any

import msgspec

from server.domain.webhook_secret import key_of

# What an endpoint does with a request: a status, a whole answer, or something of its own.
Answer = Callable[["Told", asyncio.StreamWriter], Awaitable[None]]


class Told(msgspec.Struct, frozen=True):
    """One request as it came; header names are lower-cased."""

    headers: dict[str, str]
    raw: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.raw)

    def is_signed_with(self, secret: str) -> bool:
        """What a receiver checks."""
        signed = b".".join([self.id.encode(), self.headers["webhook-timestamp"].encode(), self.raw])
        wanted = "v1," + b64encode(digest(key_of(secret), signed, "sha256")).decode()
        return compare_digest(wanted, self.headers["webhook-signature"])


class Endpoint:
    """Where it listens, and what it was told."""

    def __init__(self) -> None:
        self.url = ""
        self.told: list[Told] = []
        self.connections = 0

    @property
    def seqs(self) -> list[int]:
        """The numbers of the events, in the order they came."""
        return [told.body["data"]["seq"] for told in self.told]


@asynccontextmanager
async def sink(answer: Answer, path: str = "/hook") -> AsyncIterator[Endpoint]:
    """An endpoint that answers each request with `answer`."""
    endpoint = Endpoint()
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        endpoint.connections += 1
        try:
            told = await _read(reader)
            endpoint.told.append(told)
            await answer(told, writer)
        except (ConnectionError, asyncio.IncompleteReadError, RuntimeError):
            pass  # the other side has gone; uvloop says so by a RuntimeError
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
        yield endpoint
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Told:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in head[1:] if line]
    headers = {name.lower(): value for name, value in pairs}
    return Told(headers, await reader.readexactly(int(headers["content-length"])))


def says(status: int, **headers: str) -> Answer:
    """Answers each request with a status."""

    async def answer(_: Told, writer: asyncio.StreamWriter) -> None:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Answers the first request with the first, and all after the last with the last."""
    left = list(answers)

    async def answer(told: Told, writer: asyncio.StreamWriter) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        await now(told, writer)

    return answer


async def stalls(_: Told, __: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(3600)


async def drips(_: Told, writer: asyncio.StreamWriter) -> None:
    """Answers a byte at a time, and never to the end of its head."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def never_ends(_: Told, writer: asyncio.StreamWriter) -> None:
    """Takes it, and has a body without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def hangs_up(_: Told, __: asyncio.StreamWriter) -> None:
    """Closes without an answer."""
