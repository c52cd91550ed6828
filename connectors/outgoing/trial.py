"""The connection test of a relay, step by step: what worked, where and why it stopped. Nothing is sent."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import aiosmtplib

from connectors.outgoing.errors import NeedsAdmin, SendError, send_error
from connectors.outgoing.relay import Patience, Relay, relay_of
from server.domain.mail_resources import TrialStep
from server.domain.resources import InboxSettings
from server.store.vault import Secrets

FetchToken = Callable[[], Awaitable[str]]

_PATIENCE = Patience(connect=10.0, command=10.0)
_FAULTS = (SendError, aiosmtplib.SMTPException, OSError, TimeoutError, UnicodeError, ValueError)


async def try_relay(
    settings: InboxSettings, secrets: Secrets, sender: str = "", fetch_token: FetchToken | None = None
) -> list[TrialStep]:
    """Resolve, connect, encrypt, greet, sign in, and ask whether it takes mail from `sender`.

    Without one, from the user that we sign in as, when that is an address. Ends after the first step that
    fails; raises NoRelay without a relay. At most a minute.
    """
    relay = relay_of(settings.smtp, secrets.smtp_password, None)
    sender = sender or (relay.username if "@" in relay.username else "")
    trial = _Trial(relay, sender, fetch_token)
    try:
        await trial.run()
    except _FAULTS as error:
        trial.failed(error)
    finally:
        trial.client.close()
    return trial.steps


class _Trial:
    """One trial; `current` is the step that is being made."""

    def __init__(self, relay: Relay, sender: str, fetch_token: FetchToken | None) -> None:
        self.relay = relay
        self.fetch_token = fetch_token
        self.sender = sender
        self.steps: list[TrialStep] = []
        self.current = "resolve"
        self.client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.security == "tls",
            start_tls=False,  # a step of its own
            timeout=_PATIENCE.command,
            local_hostname=sender.rpartition("@")[2] or "localhost",
        )

    async def run(self) -> None:
        """Make the steps; what goes wrong is raised."""
        client, relay = self.client, self.relay
        self._worked(f"{relay.host} is at {', '.join(await _resolve(relay))}.", "connect")
        await client.connect(timeout=_PATIENCE.connect)
        self._worked(f"Port {relay.port} answers as a mail server.", "certificate")
        if relay.security == "starttls":
            await client.starttls(timeout=_PATIENCE.connect)
        self._worked(_encryption(client), "greet")
        greeting = await client.ehlo()
        self._worked(_first_line(greeting.message) or "It greets us.", "sign_in")
        if relay.username:
            answer = await self._sign_in()
            self._worked(f"It knows {relay.username}: {_first_line(answer.message)}", "sender")
        else:
            self._worked("No user is set, so nobody signs in.", "sender")
        answer = await client.mail(self.sender)
        self._worked(f"It takes mail from {self.sender or 'us'}: {_first_line(answer.message)}", "leave")
        await client.quit()
        self._worked("It lets us go. Nothing was sent.", "")

    async def _sign_in(self) -> aiosmtplib.SMTPResponse:
        client, relay = self.client, self.relay
        if relay.auth == "password":
            return await client.login(relay.username, relay.password)
        if self.fetch_token is None or "xoauth2" not in client.server_auth_methods:
            raise NeedsAdmin("The relay takes no tokens (XOAUTH2)")
        return await client.auth_xoauth2(relay.username, await self.fetch_token())

    def failed(self, error: Exception) -> None:
        """Note the step that was being made; a bad certificate shows only when the port has answered."""
        told = send_error(error)
        if self.current == "connect" and "certificate" in str(told):
            self._worked(f"Port {self.relay.port} answers.", "certificate")
        if isinstance(error, socket.gaierror):
            text = f"The name {self.relay.host} is not known: {error.strerror}"
        elif self.current == "certificate" and isinstance(error, ssl.SSLError):
            text = (
                f"TLS does not work: {error.reason or error}" if "certificate" not in str(told) else str(told)
            )
        else:
            text = str(told)
        self.steps.append(TrialStep(name=self.current, ok=False, detail=text))

    def _worked(self, detail: str, then: str) -> None:
        self.steps.append(TrialStep(name=self.current, ok=True, detail=detail))
        self.current = then


async def _resolve(relay: Relay) -> list[str]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_PATIENCE.connect):
        found = await loop.getaddrinfo(relay.host, relay.port, type=socket.SOCK_STREAM)
    return sorted({str(address[0]) for *_, address in found})


def _encryption(client: aiosmtplib.SMTP) -> str:
    """Whose certificate it is, who signed it and until when, and how the connection is encrypted."""
    certificate: dict[str, Any] | None = client.get_transport_info("peercert")
    if not certificate:
        return "The connection is not encrypted: passwords and mail can be read on the way."
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    issuer = ", ".join(value for part in certificate.get("issuer", ()) for _, value in part)
    version = client.get_transport_info("ssl_object").version()
    until = certificate.get("notAfter", "?")
    return f"{version}, certificate of {', '.join(names[:5])}, signed by {issuer}, until {until}."


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0][:200]
