"""Claims what a batch of the writer needs to see: locked, and read in a few statements for any number."""

from __future__ import annotations

from typing import cast
from uuid import UUID

import asyncpg
import msgspec

from server.domain.interaction import Attachment
from server.domain.ticket import Ticket
from server.store.client_key import client_key
from server.store.columns import columns
from server.store.statements import statements
from server.store.tickets import fold_rows

_SQL = statements("tickets")


class Said(msgspec.Struct, frozen=True):
    """What a client id said the first time."""

    ticket_id: UUID
    seq: int
    public_seq: int | None
    type: str
    content: str
    attachment_ids: tuple[UUID, ...]


class Kept(msgspec.Struct, frozen=True):
    """What a key did the first time."""

    fingerprint: bytes
    ticket_id: UUID
    seq: int


class Upload(msgspec.Struct, frozen=True):
    """An uploaded file that is not part of anything yet, and who uploaded it."""

    attachment: Attachment
    uploader_id: UUID | None


SaidKey = tuple[UUID, UUID, str]  # ticket, author, client id


class Wanted(msgspec.Struct):
    """What a batch needs to see before it can be decided."""

    openings: int = 0
    tickets: set[UUID] = msgspec.field(default_factory=set)
    said: set[SaidKey] = msgspec.field(default_factory=set)
    command_keys: set[tuple[str, str]] = msgspec.field(default_factory=set)
    request_keys: set[tuple[UUID, str]] = msgspec.field(default_factory=set)
    uploads: set[UUID] = msgspec.field(default_factory=set)


class Claimed(msgspec.Struct):
    """What a batch sees, locked until its transaction ends."""

    transaction: str
    config_version: int
    last_number: int
    tickets: dict[UUID, Ticket] = {}
    subjects: dict[UUID, str] = {}
    said: dict[SaidKey, Said] = {}
    command_keys: dict[tuple[str, str], Kept] = {}
    request_keys: dict[tuple[UUID, str], Kept] = {}
    uploads: dict[UUID, Upload] = {}


async def claim(db: asyncpg.Connection, workspace_id: UUID, wanted: Wanted) -> Claimed:
    """Lock and read all that `wanted` names, in the order that keeps writers from waiting for each other."""
    claimed = Claimed("", 0, 0)
    head = await db.fetchrow(_SQL["claim_numbers"], workspace_id) if wanted.openings else None
    if wanted.command_keys:
        rows = await db.fetch(_SQL["find_command_keys"], workspace_id, *columns(wanted.command_keys, 2))
        claimed.command_keys = {(row["scope"], row["key"]): _kept(row) for row in rows}
    if wanted.request_keys:
        rows = await db.fetch(_SQL["find_request_keys"], workspace_id, *columns(wanted.request_keys, 2))
        claimed.request_keys = {(row["actor_id"], row["key"]): _kept(row) for row in rows}
    repeated = {kept.ticket_id for kept in (*claimed.command_keys.values(), *claimed.request_keys.values())}
    ids = list(wanted.tickets | repeated)
    if ids or head is None:
        rows = await db.fetch(_SQL["claim_tickets"], workspace_id, ids)
        if not rows:
            return claimed  # there is no such workspace
        head = rows[0]
        if head["id"] is not None:
            keys = [client_key(*said) for said in wanted.said]
            before = await db.fetchrow(_SQL["find_before"], workspace_id, ids, keys)
            claimed.tickets = fold_rows(workspace_id, rows, before["targets"] or ())
            claimed.subjects = {row["id"]: row["subject"] for row in rows}
            claimed.said = {tuple(row[:3]): _said(row) for row in before["said"] or ()}
    claimed.transaction = head["transaction"]
    claimed.config_version, claimed.last_number = head["config_version"], head["last_ticket_number"]
    if wanted.uploads:
        rows = await db.fetch(_SQL["claim_attachments"], workspace_id, list(wanted.uploads))
        claimed.uploads = {row["id"]: _upload(row) for row in rows}
    return claimed


async def find_transaction(db: asyncpg.Connection, transaction: str) -> str | None:
    """How a transaction ended: committed, aborted or in progress; None when too long ago to tell."""
    return cast("str | None", await db.fetchval(_SQL["find_transaction"], transaction))


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(row["fingerprint"], row["ticket_id"], row["seq"])


def _said(row: asyncpg.Record) -> Said:
    ticket_id, _, _, seq, public_seq, kind, content, attachment_ids = row
    return Said(ticket_id, seq, public_seq, kind, content, tuple(attachment_ids))


def _upload(row: asyncpg.Record) -> Upload:
    file = Attachment(row["id"], row["filename"], row["mime_type"], row["size_bytes"])
    return Upload(file, row["uploaded_by"])
