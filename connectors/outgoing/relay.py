"""The relay that an inbox's mail leaves by: its own, or the desk's (`PARLEY_SMTP_RELAY_URL`)."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from connectors.outgoing.errors import NoRelay
from server.domain.resources import Security, SmtpSettings

CONNECT_SECONDS = 20.0
COMMAND_SECONDS = 60.0
_SECURITY: dict[str, Security] = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
_PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}


class Relay(msgspec.Struct, frozen=True):
    """Where to and how; the password never leaves this value but to sign in."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Relay({self.host}:{self.port}, {self.security})"

    def client(self, hostname: str) -> aiosmtplib.SMTP:
        """A client that is not connected yet and calls itself `hostname`.

        With TLS, the certificate must be good for the relay's host.
        """
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username or None,
            password=self.password or None,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            timeout=COMMAND_SECONDS,
            local_hostname=hostname,
        )


def relay_of(own: SmtpSettings | None, password: str | None, default_url: str | None) -> Relay:
    """The relay of an inbox with these settings; raises NoRelay when there is none."""
    if own is not None:
        return Relay(own.host, own.port, own.security, own.username, password or "")
    if default_url is None:
        raise NoRelay("No SMTP relay is set for this inbox, and none for the desk")
    return parse_relay(default_url)


def parse_relay(url: str) -> Relay:
    """`smtp://`, `smtp+starttls://` or `smtps://`, with user, password and port if needed.

    Raises ValueError for anything else.
    """
    parts = urlsplit(url)
    security = _SECURITY.get(parts.scheme)
    if security is None or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("should look like smtp://user:password@host:port (or smtp+starttls, smtps)")
    return Relay(
        parts.hostname,
        parts.port or _PORTS[security],
        security,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


class Connection:
    """The relay's connection while a batch is sent; made on first use, made again when it broke."""

    def __init__(self) -> None:
        self._client: aiosmtplib.SMTP | None = None

    async def to(self, relay: Relay, hostname: str) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            client = relay.client(hostname)
            async with asyncio.timeout(CONNECT_SECONDS * 2):
                await client.connect(timeout=CONNECT_SECONDS)
            self._client = client
        return self._client

    async def close(self) -> None:
        if self._client is None or not self._client.is_connected:
            return
        try:
            await self._client.quit(timeout=5)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._client.close()
