"""Where a mail belongs: the decision, pure.

What a header says never makes somebody an agent, nor a ticket's customer: a reply token (signed by us,
known only to who got our mail) or a known mail id leads to a ticket, and only that ticket's own customer
speaks as its customer.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from server.domain.inbound import InboundMessage
from server.store.mails import KnownId, KnownTicket, RawMail


class Arrived(msgspec.Struct, frozen=True):
    """A mail that was read. `html` is sanitised, `number` the ticket that a genuine reply token names."""

    mail: RawMail
    message: InboundMessage
    html: str | None
    number: int | None
    key: str


class Continue(msgspec.Struct, frozen=True):
    """It goes on in this ticket; `other` when its sender is not the ticket's customer."""

    ticket: KnownTicket
    other: bool = False


class Remark(msgspec.Struct, frozen=True):
    """A machine's mail about this ticket: a note, which answers nobody and reopens nothing."""

    ticket: KnownTicket


class Begin(msgspec.Struct, frozen=True):
    """It begins a ticket, which goes on from `previous` when that is closed."""

    previous: KnownTicket | None = None


class Ours(msgspec.Struct, frozen=True):
    """A mail that we sent ourselves has come back."""

    known: KnownId


Choice = Continue | Remark | Begin | Ours


def choose(
    message: InboundMessage, customer_id: UUID, by_token: KnownTicket | None, ids: dict[str, KnownId]
) -> Choice:
    """Where a mail belongs: by reply token, then by the mails that it answers, newest first."""
    own = ids.get(message.message_id or "")
    if own is not None and own.outgoing:
        return Ours(own)
    answered = (message.in_reply_to, *reversed(message.references))
    found = by_token or next((ids[known].ticket for known in answered if known in ids), None)
    if found is None:
        return Begin()
    if message.mail_class in ("auto_reply", "bounce"):
        return Remark(found)
    if found.customer_id != customer_id and by_token is None:
        return Begin()  # anybody can write a References header
    if found.status == "closed":
        return Begin(found)
    return Continue(found, found.customer_id != customer_id)
