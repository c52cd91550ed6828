"""An SMTP server that keeps what it is given, and can refuse, put off or stall."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Sink:
    """`answers` are given to the next mails, one each; then 250. An answer of None never comes.

    Nobody of `unknown` is known here; `good` are the tokens (XOAUTH2) that are good now, with their users.
    """

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers: list[str | None] = []
        self.unknown: set[str] = set()
        self.good: dict[str, str] = {}
        self.tokens: list[str] = []
        self.before_answer: Callable[[], Awaitable[None]] | None = None
        self.connections = 0
        self.port = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        """As Google and Microsoft do: what is wrong is a challenge, answered with nothing."""
        user, _, bearer = b64decode(args[1]).decode().strip("\x01").partition("\x01auth=Bearer ")
        self.tokens.append(bearer)
        if self.good.get(bearer) == user.removeprefix("user="):
            return AuthResult(success=True)
        assert await server.challenge_auth('{"status":"400","schemes":"Bearer"}') == b""
        return AuthResult(
            success=False, handled=False, message="535 5.7.8 Username and Password not accepted"
        )

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer is None:
            await asyncio.sleep(3600)
        assert answer is not None
        if self.before_answer is not None:
            await self.before_answer()
        if answer.startswith("250"):
            self.mails.append(envelope.original_content)
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return answer

    @asynccontextmanager
    async def open(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        users: dict[str, str] | None = None,
        by_token: bool = False,
    ) -> AsyncIterator[Sink]:
        """Serve; with `tls` from the first byte or else by STARTTLS, with `users` only to who signs in.

        `by_token` to who does that with a good token.
        """
        starting = None if implicit else tls

        def known(
            server: object, session: object, envelope: object, how: str, given: LoginPassword
        ) -> AuthResult:
            return AuthResult(
                success=(users or {}).get(given.login.decode()) == given.password.decode(), handled=False
            )

        loop = asyncio.get_running_loop()
        sessions: list[SMTP] = []

        def session() -> SMTP:
            self.connections += 1
            sessions.append(
                SMTP(
                    self,
                    loop=loop,
                    hostname="sink",
                    enable_SMTPUTF8=True,
                    tls_context=starting,
                    require_starttls=starting is not None,
                    authenticator=known if users else None,
                    auth_required=by_token or users is not None,
                    auth_exclude_mechanism=("PLAIN", "LOGIN") if by_token else ("XOAUTH2",),
                    auth_require_tls=False,
                )
            )
            return sessions[-1]

        server = await loop.create_server(session, "127.0.0.1", 0, ssl=tls if implicit else None)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for each in sessions:
                if isinstance(each.transport, asyncio.Transport):
                    each.transport.abort()
