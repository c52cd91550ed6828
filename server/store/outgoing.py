"""Replies that leave by mail: queued once, claimed when due, and what became of them.

`claim` takes a connection without a workspace and goes through a function of parley_definer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from server.domain import resources
from server.domain.inbound import Person
from server.store import mails
from server.store.columns import columns
from server.store.mails import StoredFile
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("outgoing")


class Queued(msgspec.Struct, frozen=True):
    """A reply, or a letter to an agent, that `claimed_by` holds; `attempts` counts this one."""

    workspace_id: UUID
    interaction_id: UUID
    ticket_id: UUID
    inbox_id: UUID
    message_id: str
    attempts: int
    created_at: datetime
    claimed_by: UUID
    agent_id: UUID | None = None


class People(msgspec.Struct, frozen=True):
    """From whom and to whom; the JSON of `outgoing_mails.people`."""

    sender: Person = msgspec.field(name="from")
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()


class Told(msgspec.Struct, frozen=True):
    """Something said before, to be quoted."""

    name: str
    content: str
    created_at: datetime


class Bounced(msgspec.Struct, frozen=True):
    """An address that mail came back from."""

    email: str
    bounced_at: datetime
    bounce: str | None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """All that a reply is made of. `automatic` when nobody wrote it; `author_name` is the agent's, or empty.

    `copied` are the ticket's participants, `thread` the message ids before it, oldest first, ours marked,
    `quoted` what was said before, newest first.
    """

    number: int
    subject: str
    customer_name: str
    customer_email: str | None
    author_name: str
    content: str
    content_html: str | None
    created_at: datetime
    queued_at: datetime
    automatic: bool
    inbox_name: str
    address: str
    settings: resources.InboxSettings
    secrets: bytes | None
    files: tuple[StoredFile, ...] = ()
    thread: tuple[tuple[str, bool], ...] = ()
    copied: tuple[Person, ...] = ()
    quoted: tuple[Told, ...] = ()


async def queue(
    db: Connection, workspace_id: UUID, messages: Sequence[tuple[UUID, int, str]], max_age: timedelta
) -> None:
    """Queue what agents, or the desk itself, said to customers in mail inboxes: (ticket, seq, Message-ID).

    Anything else is left out: other inboxes, notes, customers without an address who did not write by mail,
    and what was said longer than `max_age` ago. What the desk says by itself is marked as automatic. The id
    joins the ticket's thread at once, so that an answer finds it however soon it comes.
    """
    rows = await db.fetch(SQL["queue_outgoing"], workspace_id, *columns(messages, 3), max_age)
    known = [(row["message_id"], row["ticket_id"], row["interaction_id"], True) for row in rows]
    if known:
        await db.execute(mails.SQL["add_message_ids"], workspace_id, *columns(known, 4))


async def claim(
    db: Connection,
    max_mails: int,
    lease: timedelta,
    busy: Sequence[UUID],
    claimant: UUID,
    *,
    to_agents: bool = False,
) -> list[Queued]:
    """Take due replies (or letters to agents) of all workspaces, but for the inboxes in `busy`, in the order
    they were written.

    Who neither settles nor holds them (`hold`) within `lease` loses them again.
    """
    rows = await db.fetch(SQL["claim_outgoing"], max_mails, lease, list(busy), claimant, to_agents)
    return [Queued(**row, claimed_by=claimant) for row in rows]


async def hold(db: Connection, batch: Sequence[Queued], lease: timedelta) -> int:
    """Keep what one claim took in a workspace for `lease` from now; returns how many it still holds."""
    ids = [queued.interaction_id for queued in batch]
    first = batch[0]
    return len(await db.fetch(SQL["hold_outgoing"], first.workspace_id, ids, first.claimed_by, lease))


async def fetch_reply(db: Connection, queued: Queued) -> Reply | None:
    """What to send; None when its ticket or inbox is gone."""
    row = await db.fetchrow(SQL["fetch_reply"], queued.workspace_id, queued.ticket_id, queued.interaction_id)
    if row is None:
        return None
    given = dict(row)
    seq, attachment_ids = given.pop("seq"), list(given.pop("attachment_ids"))
    settings = msgspec.json.decode(given.pop("settings"), type=resources.InboxSettings)
    thread = await db.fetch(SQL["list_thread"], queued.workspace_id, queued.ticket_id, queued.message_id)
    files = await db.fetch(SQL["list_files"], queued.workspace_id, attachment_ids) if attachment_ids else ()
    copied = await db.fetch(SQL["list_copied"], queued.workspace_id, queued.ticket_id)
    quoted = (
        await db.fetch(SQL["list_quoted"], queued.workspace_id, queued.ticket_id, seq)
        if settings.quote
        else ()
    )
    return Reply(
        **given,
        settings=settings,
        files=tuple(StoredFile(**file) for file in files),
        thread=tuple((known["message_id"], known["outgoing"]) for known in thread),
        copied=tuple(Person(person["name"], person["email"]) for person in copied),
        quoted=tuple(Told(**told) for told in quoted),
    )


async def find_bounced(db: Connection, workspace_id: UUID, addresses: Sequence[str]) -> list[Bounced]:
    """Which of these addresses mail came back from."""
    rows = await db.fetch(SQL["list_bounced"], workspace_id, [address.lower() for address in addresses])
    return [Bounced(**row) for row in rows]


async def note_people(db: Connection, queued: Queued, people: People) -> None:
    """Who it goes to; shown in the ticket's mail log."""
    written = msgspec.json.encode(people).decode()
    await db.execute(SQL["address_outgoing"], queued.workspace_id, queued.interaction_id, written)


async def mark_sent(db: Connection, queued: Queued) -> None:
    """The relay has taken it."""
    await db.execute(SQL["sent"], queued.workspace_id, queued.interaction_id)


async def mark_retry(db: Connection, queued: Queued, error: str, after: timedelta) -> None:
    """The relay did not take it this time; nothing when somebody else holds it by now."""
    await db.execute(SQL["retry_outgoing"], *_held(queued), error[:1000], after)


async def mark_failed(db: Connection, queued: Queued, error: str) -> None:
    """It will not be taken; nothing when somebody else holds it by now."""
    await db.execute(SQL["fail_outgoing"], *_held(queued), error[:1000])


async def give_back(db: Connection, queued: Queued, after: timedelta) -> None:
    """Return what was claimed and not tried, to be tried after a while; it does not count as an attempt."""
    await db.execute(SQL["give_back_outgoing"], *_held(queued), after)


def _held(queued: Queued) -> tuple[UUID, UUID, UUID]:
    return queued.workspace_id, queued.interaction_id, queued.claimed_by


async def retry(db: Connection, workspace_id: UUID, interaction_id: UUID) -> bool:
    """Send a reply that failed once more, under its Message-ID; False when it did not fail, or is not there.

    Its patience with the relay begins anew.
    """
    return await db.fetchval(SQL["requeue_outgoing"], workspace_id, interaction_id) is True
