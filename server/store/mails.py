"""Mail in the store: raw bytes and what became of them, and message ids.

What sees all workspaces (`claim`, `find_inbox`) takes a connection without
one and goes through the functions of parley_definer; everything else takes a transaction in its workspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from server.domain.events import Status
from server.domain.mail import Head
from server.store.columns import columns
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("mails")
Source = Literal["smtp", "imap", "webhook"]
# To send a parameter takes twice its size, to fetch a value three times: longer mails go in pieces. Each one
# that is sent costs Postgres another copy of those before it.
SENT_BYTES = 34_000_000
FETCHED_BYTES = 8_000_000


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a channel knows of a mail beside its bytes.

    `relayed` when `peer` is a relay that we trust: then it says nothing about where the mail comes from;
    `authenticated` when it signed in with our password.
    `told_in` is the ticket that says it could not be read, for a mail that is tried again.
    """

    mail_from: str = ""
    recipients: tuple[str, ...] = ()
    peer: str = ""
    helo: str = ""
    relayed: bool = False
    authenticated: bool = False
    told_in: UUID | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a fetched mail lay: `mailbox` names server, user and folder."""

    mailbox: str
    uidvalidity: int
    uid: int


class NewMail(msgspec.Struct, frozen=True):
    """A mail to be kept."""

    workspace_id: UUID
    id: UUID
    inbox_id: UUID
    source: Source
    raw: bytes
    envelope: Envelope = Envelope()
    place: Place | None = None


class RawMail(msgspec.Struct, frozen=True):
    """A mail that was claimed; `attempts` counts this one."""

    workspace_id: UUID
    id: UUID
    inbox_id: UUID
    envelope: Envelope
    raw: bytes
    received_at: datetime
    attempts: int


class KnownTicket(msgspec.Struct, frozen=True):
    """A ticket that a mail may belong to, with those who take part in it beside its customer."""

    id: UUID
    number: int
    customer_id: UUID
    status: Status
    participants: frozenset[UUID] = frozenset()
    inbox_id: UUID | None = None

    def has(self, customer_id: UUID) -> bool:
        """Whether it is that customer's, or they take part in it."""
        return customer_id == self.customer_id or customer_id in self.participants


class KnownId(msgspec.Struct, frozen=True):
    """A Message-ID seen before: of mail that left when `outgoing`."""

    ticket: KnownTicket
    interaction_id: UUID | None
    outgoing: bool


class Done(msgspec.Struct, frozen=True):
    """What became of a mail. `message_id` is kept for the mails that will refer to it."""

    id: UUID
    ticket_id: UUID
    interaction_id: UUID | None
    mail_class: str
    defects: tuple[str, ...]
    message_id: str | None
    head: Head = Head()


class StoredFile(msgspec.Struct, frozen=True):
    """An attachment whose bytes are safe in the attachment store."""

    id: UUID
    filename: str
    mime_type: str
    size_bytes: int
    content_key: str
    content_id: str | None = None


async def find_inbox(db: Connection, address: str) -> tuple[UUID, UUID] | None:
    """Workspace and inbox of an address without its plus part."""
    row = await db.fetchrow(SQL["find_mail_inbox"], address)
    return None if row is None else (row["workspace_id"], row["inbox_id"])


async def add_mails(db: Connection, workspace_id: UUID, mails: Sequence[NewMail]) -> None:
    """Keep mails of one workspace; a fetched one that is there already is left as it is.

    Without one of more than SENT_BYTES this is one statement, and `db` needs no transaction.
    """
    rows = [
        (
            mail.id,
            mail.inbox_id,
            mail.source,
            msgspec.json.encode(mail.envelope).decode(),
            memoryview(mail.raw)[:SENT_BYTES],
            *((None, None, None) if mail.place is None else msgspec.structs.astuple(mail.place)),
        )
        for mail in mails
    ]
    await db.execute(SQL["add_mails"], workspace_id, *columns(rows, 8))
    for mail in mails:
        for start in range(SENT_BYTES, len(mail.raw), SENT_BYTES):
            piece = memoryview(mail.raw)[start : start + SENT_BYTES]
            await db.execute(SQL["add_piece"], workspace_id, mail.id, start, piece)


async def claim(db: Connection, max_mails: int, max_bytes: int, lease: timedelta) -> list[RawMail]:
    """Take waiting mails, oldest first; who does not finish them within `lease` loses them again."""
    rows = await db.fetch(SQL["claim"], max_mails, max_bytes, lease, FETCHED_BYTES)
    return [
        RawMail(
            row["workspace_id"],
            row["id"],
            row["inbox_id"],
            msgspec.json.decode(row["envelope"], type=Envelope),
            row["bytes"] if len(row["bytes"]) == row["size_bytes"] else await _read_on(db, row),
            row["received_at"],
            row["attempts"],
        )
        for row in rows
    ]


async def _read_on(db: Connection, row: Any) -> bytes:
    """The whole of a mail that was claimed with its first bytes."""
    mail, pieces = (row["workspace_id"], row["id"]), [row["bytes"]]
    for start in range(FETCHED_BYTES, row["size_bytes"], FETCHED_BYTES):
        pieces.append(await db.fetchval(SQL["read_more"], *mail, start, FETCHED_BYTES))
    return b"".join(pieces)


async def release(db: Connection, *, forgive: bool) -> None:
    """Make what was claimed claimable again; with `forgive` the last attempt does not count.

    Takes a connection without a workspace.
    """
    await db.execute(SQL["release"], forgive)


async def finish(db: Connection, workspace_id: UUID, done: Sequence[Done]) -> None:
    """Note what became of mails, and their ids; repeating it is harmless."""
    rows = [
        (
            mail.id,
            mail.ticket_id,
            mail.interaction_id,
            mail.mail_class,
            _texts(mail.defects),
            msgspec.json.encode(mail.head).decode(),
        )
        for mail in done
    ]
    await db.execute(SQL["finish"], workspace_id, *columns(rows, 6))
    named = [
        (mail.message_id, mail.ticket_id, mail.interaction_id, False)
        for mail in done
        if mail.message_id is not None
    ]
    if named:
        await db.execute(SQL["add_message_ids"], workspace_id, *columns(named, 4))


def _texts(texts: Sequence[str]) -> str:
    """Texts as one `text[]`: arrays of arrays must be rectangular, so they travel as text."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


async def fail(db: Connection, workspace_id: UUID, mail_id: UUID, error: str, after: timedelta) -> None:
    """Leave a mail for another attempt."""
    await db.execute(SQL["fail"], workspace_id, mail_id, error[:1000], after)


async def park(db: Connection, workspace_id: UUID, mail_id: UUID, error: str, ticket_id: UUID | None) -> None:
    """Put a mail aside, bytes and all; nothing takes it by itself any more."""
    await db.execute(SQL["park"], workspace_id, mail_id, error[:1000], ticket_id)


async def find_message_ids(
    db: Connection, workspace_id: UUID, message_ids: Sequence[str]
) -> dict[str, KnownId]:
    """What is known of these Message-IDs."""
    rows = await db.fetch(SQL["find_message_ids"], workspace_id, list(message_ids))
    return {row["message_id"]: KnownId(_ticket(row), row["interaction_id"], row["outgoing"]) for row in rows}


async def find_numbers(db: Connection, workspace_id: UUID, numbers: Sequence[int]) -> dict[int, KnownTicket]:
    """The tickets of these numbers."""
    rows = await db.fetch(SQL["find_numbers"], workspace_id, list(numbers))
    return {row["number"]: _ticket(row) for row in rows}


def _ticket(row: Any) -> KnownTicket:
    return KnownTicket(
        row["id"],
        row["number"],
        row["customer_id"],
        row["status"],
        frozenset(row["participants"]),
        row["inbox_id"],
    )


async def find_interaction(db: Connection, workspace_id: UUID, ticket_id: UUID, seq: int) -> UUID | None:
    """The interaction that a ticket's event added."""
    found: UUID | None = await db.fetchval(SQL["find_interaction_at"], workspace_id, ticket_id, seq)
    return found


async def add_files(
    db: Connection, workspace_id: UUID, files: Sequence[StoredFile], by_type: str, by: UUID | None
) -> None:
    """Keep the rows of a mail's attachments; repeating it is harmless."""
    rows = [msgspec.structs.astuple(file) for file in files]
    await db.execute(SQL["add_files"], workspace_id, *columns(rows, 6), by_type, by)


async def fetch_raw(db: Connection, workspace_id: UUID, mail_id: UUID) -> bytes:
    """The bytes of a mail as they came."""
    raw: bytes = await db.fetchval(SQL["fetch_raw"], workspace_id, mail_id)
    return raw
