"""A relay as RFC 5321 §4.5.4 wants it: what is put off or unanswered stays in its queue and comes again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib

from connectors.smtp.replies import KEPT


class RetryingRelay:
    """`queue` has what is still to be delivered; `answers` is every code that a mail got, 0 for none, and
    `rounds` how often it came."""

    def __init__(self, port: int, recipient: str) -> None:
        self.port = port
        self.recipient = recipient
        self.queue: list[bytes] = []
        self.answers: list[int] = []
        self.rounds = 0

    async def deliver(self, seconds: float = 60.0) -> None:
        """Until the queue is empty, round after round."""
        async with asyncio.timeout(seconds):
            while self.queue:
                self.rounds += 1
                await self._round()

    async def _round(self) -> None:
        """One connection for what waits; a broken one ends the round."""
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=self.port, timeout=60, local_hostname="mx.test", start_tls=False
        )
        try:
            async with client:
                for raw in list(self.queue):
                    code = await self._offer(client, raw)
                    self.answers.append(code)
                    if 200 <= code < 300:
                        self.queue.remove(raw)
                    assert code < 500, "a relay would bounce this to its sender"
        except (aiosmtplib.SMTPServerDisconnected, OSError):
            self.answers.append(0)

    async def _offer(self, client: aiosmtplib.SMTP, raw: bytes) -> int:
        try:
            await client.sendmail("carla@customer.test", [self.recipient], raw)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return refused.recipients[0].code
        except aiosmtplib.SMTPServerDisconnected:
            raise
        except aiosmtplib.SMTPResponseException as refused:
            return refused.code
        return 250


@asynccontextmanager
async def losing_answers(port: int, losses: int) -> AsyncIterator[int]:
    """A port that passes everything on to another, but for the first answers to whole mails: the connection
    is cut in their place."""
    left = losses

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        inner, out = await asyncio.open_connection("127.0.0.1", port)
        passing = asyncio.create_task(_pass_on(reader, out))
        try:
            while line := await inner.readline():
                if left and line.startswith(KEPT.encode()):
                    left -= 1
                    break
                writer.write(line)
        except ConnectionError:
            pass
        finally:
            passing.cancel()
            out.close()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
