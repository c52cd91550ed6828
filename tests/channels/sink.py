"""An SMTP server that keeps what it is given, and can refuse, put off or stall."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP


class Sink:
    """`answers` are given to the next mails, one each; then 250. An answer of None never comes."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers: list[str | None] = []
        self.connections = 0
        self.port = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer is None:
            await asyncio.sleep(3600)
        assert answer is not None
        if answer.startswith("250"):
            self.mails.append(envelope.original_content)
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return answer

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sink]:
        loop = asyncio.get_running_loop()
        sessions: list[SMTP] = []

        def session() -> SMTP:
            self.connections += 1
            sessions.append(SMTP(self, loop=loop, hostname="sink", enable_SMTPUTF8=True))
            return sessions[-1]

        server = await loop.create_server(session, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for each in sessions:
                if each.transport is not None:
                    each.transport.abort()
