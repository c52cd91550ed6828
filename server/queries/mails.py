"""Mail as agents and admins look at it: the log of a ticket, what is parked or failed, the mailboxes.

Raw bytes are read in one place only, to be handed over as a file; nothing here shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.domain.authentication import Authentication
from server.domain.inbound import Person
from server.domain.mail import Head
from server.domain.mail_resources import MailAuthentication, Mailbox, MailInfo, MailPerson
from server.store.listing import Listing, Slice, Sort
from server.store.mails import Envelope
from server.store.outgoing import People
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("mail_log")
MAX_OF_TICKET = 200
RECEIVED = Listing(
    SQL["select_received"],
    "m.id",
    filters={"id": "m.id = {}", "ticket_id": "m.ticket_id = {}", "state": "m.state = {}"},
    sorts={"at": Sort("m.received_at", datetime)},
)
SENT = Listing(
    SQL["select_sent"],
    "o.interaction_id",
    filters={"id": "o.interaction_id = {}", "ticket_id": "o.ticket_id = {}", "state": "o.state = {}"},
    sorts={"at": Sort("o.created_at", datetime)},
)
_NOTHING_KNOWN = MailAuthentication(spf="none", dkim="none", dmarc="none", source=None)


async def list_parked(db: Connection, workspace_id: UUID, part: Slice) -> Sequence[Any]:
    """Rows of parked mails, one more than the page, for `received`."""
    return await _list(db, RECEIVED, workspace_id, {"state": "parked"}, part)


async def list_failed(db: Connection, workspace_id: UUID, part: Slice) -> Sequence[Any]:
    """Rows of mails that could not be sent, one more than the page, for `sent`."""
    return await _list(db, SENT, workspace_id, {"state": "failed"}, part)


async def list_of_ticket(db: Connection, workspace_id: UUID, ticket_id: UUID) -> list[MailInfo]:
    """The mails of a ticket, oldest first; the last MAX_OF_TICKET."""
    part, chosen = Slice("at", True, MAX_OF_TICKET), {"ticket_id": ticket_id}
    mails = [received(row) for row in await _list(db, RECEIVED, workspace_id, chosen, part)]
    mails += [sent(row) for row in await _list(db, SENT, workspace_id, chosen, part)]
    return sorted(mails, key=lambda mail: (mail.at, mail.id))[-MAX_OF_TICKET:]


async def find_mail(db: Connection, workspace_id: UUID, mail_id: UUID) -> MailInfo | None:
    """One mail that came or left."""
    part, chosen = Slice("at", True, 1), {"id": mail_id}
    for listing, shape in ((RECEIVED, received), (SENT, sent)):
        for row in await _list(db, listing, workspace_id, chosen, part):
            return shape(row)
    return None


async def list_mailboxes(db: Connection, workspace_id: UUID) -> list[Mailbox]:
    """The fetched mailboxes of a workspace, folder by folder; a thousand at most."""
    return [Mailbox(**row) for row in await db.fetch(SQL["list_mailboxes"], workspace_id)]


async def _list(
    db: Connection, listing: Listing, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    sql, values = listing.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


def received(row: Any) -> MailInfo:
    """The resource of a mail that came. One that was never read is known by its envelope."""
    head = msgspec.json.decode(row["head"], type=Head)
    envelope = msgspec.json.decode(row["envelope"], type=Envelope)
    unread = head == Head()
    return MailInfo(
        id=row["id"],
        direction="in",
        inbox_id=row["inbox_id"],
        ticket_id=row["ticket_id"],
        interaction_id=row["interaction_id"],
        from_=MailPerson(name="", email=envelope.mail_from) if unread else _person(head.sender),
        to=[MailPerson(name="", email=to) for to in envelope.recipients] if unread else _people(head.to),
        cc=_people(head.cc),
        date=head.date,
        at=row["at"],
        class_=row["mail_class"],
        auto=head.auto,
        defects=list(row["defects"]),
        authentication=_authentication(head.authentication),
        forged=head.forged,
        verified_sender=head.authentication.proves_sender,
        state=row["state"],
        attempts=row["attempts"],
        error=row["error"],
        size_bytes=row["size_bytes"],
        raw_url=f"/api/v1/mails/{row['id']}/raw",
    )


def sent(row: Any) -> MailInfo:
    """The resource of a mail that leaves: to the customer, until it is written down to whom it went."""
    people = msgspec.json.decode(row["people"])
    to = [MailPerson(name=row["customer_name"] or "", email=row["customer_email"] or "")]
    sender, cc = MailPerson(name=row["inbox_name"] or "", email=row["address"] or ""), []
    if people:
        known = msgspec.convert(people, People)
        sender, to, cc = _person(known.sender), _people(known.to), _people(known.cc)
    return MailInfo(
        id=row["id"],
        direction="out",
        inbox_id=row["inbox_id"],
        ticket_id=row["ticket_id"],
        interaction_id=row["interaction_id"],
        from_=sender,
        to=to,
        cc=cc,
        date=row["sent_at"],
        at=row["at"],
        class_="auto_reply" if row["automatic"] else "human",
        auto=None,
        defects=[],
        authentication=_NOTHING_KNOWN,
        forged=False,
        verified_sender=False,
        state=row["state"],
        attempts=row["attempts"],
        error=row["error"],
        size_bytes=None,
        raw_url=None,
    )


def _person(person: Person) -> MailPerson:
    return MailPerson(name=person.name, email=person.email)


def _people(people: Sequence[Person]) -> list[MailPerson]:
    return [_person(person) for person in people]


def _authentication(found: Authentication) -> MailAuthentication:
    return MailAuthentication(spf=found.spf, dkim=found.dkim, dmarc=found.dmarc, source=found.source)
