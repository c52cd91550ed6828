"""The connection test of a mailbox, step by step: what worked, and where and why it stopped."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Literal

import aioimaplib
import msgspec

from connectors.imap.mailbox import Account, Mailbox, MailboxError, connect, drop, sign_in

_SECONDS = 20.0
_FAULTS = (OSError, TimeoutError, MailboxError, aioimaplib.AioImapException, UnicodeError)


class Step(msgspec.Struct, frozen=True):
    """One step; `detail` is for an admin, and holds no secret."""

    name: Literal["resolve", "connect", "certificate", "sign_in", "folder"]
    ok: bool
    detail: str


async def try_mailbox(account: Account, folders: Sequence[str]) -> list[Step]:
    """Resolve, connect, encrypt, sign in and open each folder; ends after the first step that fails, but for
    folders, of which each is tried. Reads no mail and changes nothing."""
    steps: list[Step] = []
    try:
        addresses = await _resolve(account)
        steps.append(Step("resolve", True, ", ".join(addresses)))
    except _FAULTS as error:
        return [Step("resolve", False, _said(error))]
    try:
        async with asyncio.timeout(_SECONDS):
            client, lost = await connect(account)
    except ssl.SSLCertVerificationError as error:
        return [
            *steps,
            Step("connect", True, _place(account)),
            Step("certificate", False, error.verify_message),
        ]
    except _FAULTS as error:
        return [*steps, Step("connect", False, f"{_place(account)}: {_said(error)}")]
    try:
        steps.append(Step("connect", True, _place(account)))
        steps.append(Step("certificate", True, _certificate(client)))
        return [*steps, *await _inside(client, lost, account, folders)]
    finally:
        drop(client)


async def _inside(client: Any, lost: asyncio.Event, account: Account, folders: Sequence[str]) -> list[Step]:
    try:
        async with asyncio.timeout(_SECONDS):
            await sign_in(client, account)
    except _FAULTS as error:
        return [Step("sign_in", False, _said(error))]
    steps = [Step("sign_in", True, account.username)]
    for folder in folders:
        try:
            async with asyncio.timeout(_SECONDS):
                mailbox = await Mailbox.select(client, lost, folder)
            steps.append(Step("folder", True, f"{folder}: {mailbox.exists} mails"))
        except _FAULTS as error:
            steps.append(Step("folder", False, f"{folder}: {_said(error)}"))
    return steps


async def _resolve(account: Account) -> list[str]:
    async with asyncio.timeout(_SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(
            account.host, account.port, type=socket.SOCK_STREAM
        )
    return sorted({str(address[0]) for *_, address in found})


def _certificate(client: Any) -> str:
    """Whose it is, who signed it and until when, and how the connection is encrypted."""
    transport = client.protocol.transport
    certificate = transport.get_extra_info("peercert")
    if not certificate:
        return "The connection is not encrypted"
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    issuer = ", ".join(value for part in certificate.get("issuer", ()) for _, value in part)
    version = transport.get_extra_info("ssl_object").version()
    return f"{', '.join(names[:5])}; signed by {issuer}; until {certificate.get('notAfter', '?')}; {version}"


def _place(account: Account) -> str:
    return f"{account.host}:{account.port}"


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:300]
