"""Where mails of one workspace come from, and over how many systems; all of a batch are asked for at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from connectors.authentication.checking import MAX_HEAD_BYTES, Came, Checking, header_values
from connectors.authentication.verify import Delivery
from server.domain.authentication import Authentication
from server.domain.inbound import InboundMessage
from server.intake import Arrived
from server.store import mail_people
from server.store.mail_people import Own
from server.store.pool import Store

MAX_HOPS = 25


class Senders:
    """Finds out what proves a mail's sender."""

    def __init__(self, store: Store, checking: Checking) -> None:
        self._store = store
        self._checking = checking

    async def authenticate(self, workspace_id: UUID, arrived: Sequence[Arrived]) -> list[Arrived]:
        """The mails with what is known of their senders; raises what AWAY lists."""
        own = await self._own(workspace_id) if any(map(_relayed, arrived)) else Own()
        trusted = [own.settings_of(each.mail.inbox_id).authserv_id for each in arrived]
        found = await asyncio.gather(
            *(self._check(each, name) for each, name in zip(arrived, trusted, strict=True))
        )
        return [
            msgspec.structs.replace(each, message=_counted(each), authentication=authentication)
            for each, authentication in zip(arrived, found, strict=True)
        ]

    async def _own(self, workspace_id: UUID) -> Own:
        """Whom the workspace's inboxes trust; asked only for mail that a relay may vouch for."""
        async with self._store.read(workspace_id) as db:
            return await mail_people.fetch_own(db, workspace_id, ())

    async def _check(self, each: Arrived, trusted: str) -> Authentication:
        envelope = each.mail.envelope
        came = Came(_relayed(each), Delivery(envelope.peer, envelope.helo, envelope.mail_from))
        return await self._checking.check(each.mail.raw, each.message.sender.email, came, trusted)


def _relayed(each: Arrived) -> bool:
    """Whether somebody who is trusted brought it, and not the one whose address is known."""
    envelope = each.mail.envelope
    return envelope.relayed or not envelope.peer


def _counted(each: Arrived) -> InboundMessage:
    """The mail, a machine's when it goes round in a circle, whoever began it (RFC 5321 §6.3)."""
    message, head = each.message, each.mail.raw[:MAX_HEAD_BYTES].lower()
    if message.auto is not None or head.count(b"received:") < MAX_HOPS:  # nearly all, and told at once
        return message
    if len(header_values(each.mail.raw, b"received")) < MAX_HOPS:
        return message
    return msgspec.structs.replace(message, auto="loop")
