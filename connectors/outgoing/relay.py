"""The relay that an inbox's mail leaves by: its own, or the desk's (`PARLEY_SMTP_RELAY_URL`)."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from connectors.outgoing.errors import NoRelay
from server.domain.resources import Security, ServerAuth, SmtpSettings

_SECURITY: dict[str, Security] = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
_PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}


class Patience(msgspec.Struct, frozen=True):
    """How long a relay may take, in seconds: to be connected, to answer a command, to take a mail.

    Shorter than RFC 5321 §4.5.3.2 allows: a mail that was not taken in time is tried again, with the same id.
    """

    connect: float = 20.0
    command: float = 60.0
    mail: float = 180.0


PATIENT = Patience()


class Relay(msgspec.Struct, frozen=True):
    """Where to and how; the password, or token, never leaves this value but to sign in."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = ""
    auth: ServerAuth = "password"

    def __repr__(self) -> str:
        return f"Relay({self.host}:{self.port}, {self.security})"

    def client(self, hostname: str, patience: Patience) -> aiosmtplib.SMTP:
        """A client that is not connected yet and calls itself `hostname`.

        With TLS, the certificate must be good for the relay's host: signed by an authority that this machine
        trusts, not expired, of that name. Nothing is said in the clear where TLS is set and not offered.
        """
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username or None,
            password=None if self.auth == "xoauth2" else self.password or None,
            oauth_token_generator=self._give_token if self.auth == "xoauth2" else None,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            timeout=patience.command,
            local_hostname=hostname,
        )

    async def _give_token(self) -> str:
        return self.password


def relay_of(own: SmtpSettings | None, password: str | None, default_url: str | None) -> Relay:
    """The relay of an inbox with these settings, without a token; raises NoRelay when there is none."""
    if own is not None:
        return Relay(own.host, own.port, own.security, own.username, password or "", own.auth)
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

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._client: aiosmtplib.SMTP | None = None
        self._relay: Relay | None = None

    async def to(self, relay: Relay, hostname: str) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected and relay == self._relay:
            return self._client
        await self.close()
        client = relay.client(hostname, self.patience)
        try:
            async with asyncio.timeout(self.patience.connect * 2):
                await client.connect(timeout=self.patience.connect)
        except BaseException:
            client.close()
            raise
        self._client, self._relay = client, relay
        return client

    def drop(self) -> None:
        """Hang up without a word: nobody knows what the other side still does."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def close(self) -> None:
        """Take leave, if the connection still lives."""
        client, self._client = self._client, None
        if client is None or not client.is_connected:
            return
        try:
            await client.quit(timeout=min(5.0, self.patience.command))
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            client.close()
