"""What the listener does with a client's words: whose mail it takes, and when it says 250.

The hooks that aiosmtpd calls. An address is looked up without its plus part; a mail for inboxes of two
workspaces is kept once in each. 250 is said after the commit, 451 when storage is away.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import Any
from uuid import UUID

import structlog
from aiosmtpd.smtp import AuthResult, LoginPassword

from connectors.inbound.receiver import Receiver
from connectors.mail.address import split_address
from connectors.smtp.peers import Peers
from connectors.smtp.replies import (
    KEPT,
    STORAGE_AWAY,
    TOO_FAST,
    TOO_MANY_FAILURES,
    TOO_MANY_RECIPIENTS,
    TOO_MANY_UNKNOWN,
    UNKNOWN_ADDRESS,
    reply_to,
)
from server.clock import new_id
from server.domain.errors import Refusal
from server.store import mails
from server.store.mails import Envelope, NewMail
from server.store.pool import Store

_REMEMBERED_SECONDS = 2.0
_MAX_REMEMBERED = 1000
_MAX_UNKNOWN = 10
_log = structlog.get_logger("parley.smtp")


class Reception:
    """One for all sessions."""

    def __init__(
        self,
        store: Store,
        receiver: Receiver,
        peers: Peers,
        *,
        max_recipients: int,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.peers = peers
        self._store = store
        self._receiver = receiver
        self._max_recipients = max_recipients
        self._login = login
        self._remembered: dict[str, tuple[float, tuple[UUID, UUID]]] = {}

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        peer = session.peer[0]
        trusted = bool(session.authenticated) or self.peers.is_relay(peer)
        if not self.peers.may_send(peer, trusted=trusted):
            return TOO_FAST
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= self._max_recipients:
            return TOO_MANY_RECIPIENTS
        try:
            found = await self._inbox_of(address)
        except Refusal as refusal:
            return reply_to(refusal)
        if found is None:
            return self._unknown(server, session)
        envelope.rcpt_tos.append((address, *found))
        return "250 2.1.5 OK"

    def _unknown(self, server: Any, session: Any) -> str:
        """The reply for an address that is not here; who tries many is looking for some that are."""
        session.unknown = getattr(session, "unknown", 0) + 1
        if session.unknown < _MAX_UNKNOWN or self.peers.is_relay(session.peer[0]):
            return UNKNOWN_ADDRESS
        server.hang_up()
        return TOO_MANY_UNKNOWN

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, offers: list[str]
    ) -> list[str]:
        """What is offered: aiosmtpd's list, and what it does not know that it can."""
        session.host_name = hostname
        kept = [offer for offer in offers if offer.strip() != "250-AUTH"]
        return [*kept[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", kept[-1]]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail; the reply is good only when it is kept wherever it should be."""
        replies = await self.keep(session, envelope)
        return next((reply for reply in replies if not reply.startswith("250")), replies[0])

    async def keep(self, session: Any, envelope: Any) -> list[str]:
        """Keep a mail once in each workspace that it is for; a reply for each recipient, in their order."""
        addresses = tuple(_storable(address) for address, *_ in envelope.rcpt_tos)
        peer = session.peer[0]
        relayed = bool(session.authenticated) or self.peers.is_relay(peer)
        helo = _storable(session.host_name or "")[:255]
        signed_in = bool(session.authenticated)
        kept = Envelope(_storable(envelope.mail_from), addresses, peer, helo, relayed, signed_in)
        inboxes: dict[UUID, UUID] = {}
        for _, workspace_id, inbox_id in envelope.rcpt_tos:
            inboxes.setdefault(workspace_id, inbox_id)
        new = [
            NewMail(workspace_id, new_id(), inbox_id, "smtp", envelope.content, kept)
            for workspace_id, inbox_id in inboxes.items()
        ]
        if len(new) == 1:
            return [await self._store_one(new[0])] * len(envelope.rcpt_tos)
        replies = await asyncio.gather(*(self._store_one(mail) for mail in new))
        by_workspace = dict(zip(inboxes, replies, strict=True))
        return [by_workspace[workspace_id] for _, workspace_id, _ in envelope.rcpt_tos]

    async def _store_one(self, mail: NewMail) -> str:
        try:
            await self._receiver.store([mail])
        except Refusal as refusal:
            return reply_to(refusal)
        except Exception:  # noqa: BLE001 (whatever it is, the mail stays with its sender)
            _log.exception("smtp_mail_refused")
            return STORAGE_AWAY
        return f"{KEPT} as {mail.id}"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        """Whether a relay that signs in knows the desk's one name and password; constant in time."""
        if self._login is None or not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        peer = session.peer[0]
        if not self.peers.may_try(peer):
            server.hang_up()
            return AuthResult(success=False, handled=False, message=TOO_MANY_FAILURES)
        name = hmac.compare_digest(data.login, self._login[0].encode())
        password = hmac.compare_digest(data.password, self._login[1].encode())
        if not (name and password):
            self.peers.failed(peer)
        return AuthResult(success=name and password, handled=False)

    async def _inbox_of(self, address: str) -> tuple[UUID, UUID] | None:
        """Workspace and inbox of an address; what was found is remembered for two seconds."""
        bare = split_address(address)[0]
        known = self._remembered.get(bare)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        if "\x00" in bare or not bare.isprintable():
            return None
        async with self._store.across() as db:
            found = await mails.find_inbox(db, bare)
        if found is not None:
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[bare] = (time.monotonic() + _REMEMBERED_SECONDS, found)
        return found


def _storable(address: str) -> str:
    """An address as text that can be stored: a client may have sent any bytes."""
    text = address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text.replace("\x00", "\u2400")[:320]
