"""Where a mail belongs, and whom it brings along: the decisions, pure.

What a header says never makes somebody an agent (`agents` says what does), nor a ticket's customer: a reply
token (signed by us, known only to who got our mail) leads to a ticket whoever writes; a known mail id or a
signed subject leads its customer and its participants there, and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from server.domain.authentication import Authentication
from server.domain.identity import Agent
from server.domain.inbound import InboundMessage, Person
from server.domain.mail import AgentToken, is_machine
from server.store.mail_people import Own
from server.store.mails import KnownId, KnownTicket, RawMail

MAX_BROUGHT = 20  # people that one mail can bring into a ticket


class Arrived(msgspec.Struct, frozen=True):
    """A mail that was read. `html` is sanitised; `number` and `subject_number` are the tickets that a
    genuine token in an address and in the subject name, `agent_token` what an agent's in an address says."""

    mail: RawMail
    message: InboundMessage
    html: str | None
    number: int | None
    key: str
    subject_number: int | None = None
    authentication: Authentication = Authentication()
    agent_token: AgentToken | None = None


class Continue(msgspec.Struct, frozen=True):
    """It goes on in this ticket, which opens again if it must and may; `other` when a stranger wrote."""

    ticket: KnownTicket
    other: bool = False
    reopen: bool = False


class Remark(msgspec.Struct, frozen=True):
    """A machine's mail about this ticket, or one that `doubt` is about: a note, which answers nobody and
    reopens nothing."""

    ticket: KnownTicket
    doubt: str = ""


class Answer(msgspec.Struct, frozen=True):
    """An agent's answer to the customer."""

    ticket: KnownTicket
    agent: Agent
    email: str


class Begin(msgspec.Struct, frozen=True):
    """It begins a ticket, which goes on from `previous` when that is closed."""

    previous: KnownTicket | None = None


class Ours(msgspec.Struct, frozen=True):
    """A mail that we sent ourselves has come back."""

    known: KnownId


Choice = Continue | Remark | Answer | Begin | Ours
Tickets = Mapping[int, KnownTicket]
Ids = Mapping[str, KnownId]


def choose(each: Arrived, customer_id: UUID, tickets: Tickets, ids: Ids, own: Own) -> Choice:
    """Where a mail belongs: by reply token, then by the mails that it answers, newest first, then by the
    token in its subject."""
    message = each.message
    known = ids.get(message.message_id or "")
    if known is not None and known.outgoing and own.is_inbox(message.sender.email):
        return Ours(known)
    by_token = tickets.get(each.number or 0)
    found = by_token or _answered(message, ids) or tickets.get(each.subject_number or 0)
    if found is None:
        return Begin()
    closed, machine = found.status == "closed", is_machine(message)
    if message.mail_class in ("auto_reply", "bounce") or (machine and closed):
        return Remark(found)
    if by_token is None and (each.authentication.forged or not found.has(customer_id)):
        return Begin()  # anybody can write References, and whose address they like into From
    reopen = not machine and own.settings_of(each.mail.inbox_id).closed_reply == "reopen"
    if closed and not reopen:
        return Begin(found)
    return Continue(found, not found.has(customer_id), reopen)


def _answered(message: InboundMessage, ids: Ids) -> KnownTicket | None:
    answered = (message.in_reply_to, *reversed(message.references))
    return next((ids[known].ticket for known in answered if known is not None and known in ids), None)


def is_forged(each: Arrived, own: Own) -> bool:
    """Whether it is not from whom it says: their domain disowns it, or it claims to be from one of us and
    nothing proves that."""
    claimed = own.has(each.message.sender.email)
    return each.authentication.forged or (claimed and not each.authentication.proves_sender)


def brought(each: Arrived, choice: Choice, own: Own) -> list[Person]:
    """Who takes part in the ticket from now on: those in Cc, and beside us in To, when somebody who belongs
    to the ticket named them. A machine, a stranger and a forger bring nobody."""
    strange = isinstance(choice, Remark | Answer | Ours) or (isinstance(choice, Continue) and choice.other)
    if strange or is_machine(each.message) or is_forged(each, own):
        return []
    message = each.message
    to_us = any(own.is_inbox(person.email) for person in message.to)
    named = (*message.cc, *(message.to if to_us else ()))
    people = {
        person.email.lower(): person
        for person in named
        if "@" in person.email and len(person.email) <= 320 and not own.has(person.email)
    }
    people.pop(message.sender.email.lower(), None)
    return list(people.values())[:MAX_BROUGHT]
