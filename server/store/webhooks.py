"""Outgoing webhooks: who is told what, which deliveries wait, and what became of them.

`claim` takes a connection without a workspace and goes through a function of parley_definer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.domain.errors import Conflict, NotFound
from server.domain.webhook_resources import OutgoingWebhook, WebhookDelivery, WebhookKind, WebhookTicket
from server.store import notifications
from server.store.columns import columns
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("webhooks")
MAX_WEBHOOKS = 50  # of a workspace
LISTING = Listing(
    SQL["select_webhooks"],
    "w.id",
    filters={"id": "w.id = {}"},
    sorts={"name": Sort("lower(w.name)", str), "created_at": Sort("w.created_at", datetime)},
)
DELIVERIES = Listing(
    SQL["select_deliveries"],
    "d.id",
    filters={"id": "d.id = {}", "state": "d.state = {}"},
    sorts={"at": Sort("d.created_at", datetime)},
)


class Terms(msgspec.Struct, frozen=True):
    """What can be changed of a webhook."""

    name: str
    url: str
    kinds: tuple[WebhookKind, ...]
    active: bool


class Listener(msgspec.Struct, frozen=True):
    """An active webhook: what it wants to hear, of what happened after it was made."""

    id: UUID
    kinds: frozenset[str]
    created_at: datetime


class NewDelivery(msgspec.Struct, frozen=True):
    """What one webhook is to be told of one event."""

    id: UUID
    webhook_id: UUID
    ticket_id: UUID
    seq: int
    kind: str
    body: str


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that `claimed_by` holds."""

    workspace_id: UUID
    id: UUID
    webhook_id: UUID
    ticket_id: UUID
    arrival: int
    claimed_by: UUID


class Attempt(msgspec.Struct, frozen=True):
    """All that one attempt needs; `attempts` counts it, `failures` are the endpoint's in a row."""

    id: UUID
    webhook_id: UUID
    body: str
    attempts: int
    queued_at: datetime
    url: str
    secret: bytes
    failures: int


# administration


def shape(row: Any) -> OutgoingWebhook:
    """The resource of a row."""
    return OutgoingWebhook(**{name: row[name] for name in OutgoingWebhook.__struct_fields__})


async def list_webhooks(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of webhooks, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_webhook(db: Connection, workspace_id: UUID, webhook_id: UUID) -> OutgoingWebhook | None:
    """One webhook."""
    rows = await list_webhooks(db, workspace_id, {"id": webhook_id}, Slice("name", False, 1))
    return shape(rows[0]) if rows else None


async def lock_webhook(db: Connection, workspace_id: UUID, webhook_id: UUID) -> None:
    """Hold a webhook's row until commit."""
    await db.execute(SQL["lock_webhook"], workspace_id, webhook_id)


async def add_webhook(
    db: Connection, workspace_id: UUID, webhook_id: UUID, terms: Terms, sealed: bytes
) -> None:
    """Keep a new webhook; Conflict when there are enough."""
    if await db.fetchval(SQL["count_webhooks"], workspace_id) >= MAX_WEBHOOKS:
        raise Conflict(f"A desk has at most {MAX_WEBHOOKS} outgoing webhooks")
    values = (terms.name, terms.url, list(terms.kinds), terms.active, sealed)
    await db.execute(SQL["add_webhook"], workspace_id, webhook_id, *values)


async def change_webhook(db: Connection, workspace_id: UUID, webhook_id: UUID, terms: Terms) -> None:
    """Write a webhook anew; what waits for one that is not active any more fails."""
    values = (terms.name, terms.url, list(terms.kinds), terms.active)
    await db.execute(SQL["change_webhook"], workspace_id, webhook_id, *values)
    if not terms.active:
        await fail_waiting(db, workspace_id, webhook_id, "The webhook was switched off")


async def change_secret(db: Connection, workspace_id: UUID, webhook_id: UUID, sealed: bytes) -> None:
    """Give a webhook another secret; NotFound when there is none."""
    if await db.fetchval(SQL["change_secret"], workspace_id, webhook_id, sealed) is None:
        raise NotFound


async def delete_webhook(db: Connection, workspace_id: UUID, webhook_id: UUID) -> None:
    """End a webhook and all its deliveries; NotFound when there is none."""
    if await db.fetchval(SQL["delete_webhook"], workspace_id, webhook_id) is None:
        raise NotFound


async def find_secret(db: Connection, workspace_id: UUID, webhook_id: UUID) -> tuple[str, bytes] | None:
    """Its URL and its sealed secret."""
    row = await db.fetchrow(SQL["find_secret"], workspace_id, webhook_id)
    return None if row is None else (row["url"], row["secret"])


async def reseal(db: Connection, workspace_id: UUID, seal_again: Callable[[bytes], bytes | None]) -> None:
    """Under the new key what the old one sealed; harmless to repeat."""
    for row in await db.fetch(SQL["list_secrets"], workspace_id):
        if (sealed := seal_again(row["secret"])) is not None:
            await change_secret(db, workspace_id, row["id"], sealed)


# queueing


async def list_active(db: Connection, workspace_id: UUID) -> list[Listener]:
    """The active webhooks of a workspace."""
    rows = await db.fetch(SQL["list_active"], workspace_id)
    return [Listener(row["id"], frozenset(row["kinds"]), row["created_at"]) for row in rows]


async def list_tickets(
    db: Connection, workspace_id: UUID, ticket_ids: Collection[UUID]
) -> dict[UUID, WebhookTicket]:
    """What is said of these tickets."""
    rows = await db.fetch(SQL["list_tickets"], workspace_id, list(ticket_ids))
    return {row["id"]: WebhookTicket(**row) for row in rows}


async def queue(db: Connection, workspace_id: UUID, deliveries: Sequence[NewDelivery]) -> None:
    """Queue deliveries in this order; repeating it is harmless."""
    rows = map(msgspec.structs.astuple, deliveries)
    await db.execute(SQL["queue"], workspace_id, *columns(rows, 6))


async def list_full(
    db: Connection, workspace_id: UUID, webhook_ids: Collection[UUID], max_waiting: int
) -> list[UUID]:
    """Which of these webhooks have more deliveries waiting than that."""
    rows = await db.fetch(SQL["list_full"], workspace_id, list(webhook_ids), max_waiting)
    return [row["id"] for row in rows]


# delivering


async def claim(
    db: Connection, max_each: int, max_endpoints: int, lease: timedelta, busy: Sequence[UUID], claimant: UUID
) -> list[Claimed]:
    """Take due deliveries of all workspaces but for the endpoints in `busy`, in the order of the log.

    Of a ticket an endpoint's oldest only. Who neither settles nor holds them (`hold`) loses them again.
    """
    rows = await db.fetch(SQL["claim"], max_each, max_endpoints, lease, list(busy), claimant)
    return sorted((Claimed(**row, claimed_by=claimant) for row in rows), key=lambda one: one.arrival)


async def hold(db: Connection, batch: Sequence[Claimed], lease: timedelta) -> set[UUID]:
    """Keep what one claim took in a workspace for `lease` from now; returns what it still holds."""
    first = batch[0]
    ids = [one.id for one in batch]
    rows = await db.fetch(SQL["hold"], first.workspace_id, ids, first.claimed_by, lease)
    return {row["id"] for row in rows}


async def release(db: Connection, batch: Sequence[Claimed]) -> None:
    """Give back what was claimed and not tried."""
    if batch:
        first = batch[0]
        await db.execute(SQL["release"], first.workspace_id, [one.id for one in batch], first.claimed_by)


async def begin(db: Connection, claimed: Claimed) -> Attempt | None:
    """Count an attempt; None when it is somebody else's by now, or its endpoint is told nothing any more."""
    row = await db.fetchrow(SQL["begin"], claimed.workspace_id, claimed.id, claimed.claimed_by)
    return None if row is None else Attempt(**row)


async def mark_delivered(db: Connection, claimed: Claimed, status: int) -> None:
    """It was taken, and so the endpoint works."""
    await db.execute(SQL["delivered"], claimed.workspace_id, claimed.id, status)
    await mark_well(db, claimed.workspace_id, claimed.webhook_id)


async def mark_well(db: Connection, workspace_id: UUID, webhook_id: UUID) -> None:
    """The endpoint works: it rests no longer, and what it failed before is forgotten."""
    await db.execute(SQL["succeeded"], workspace_id, webhook_id)


async def mark_retry(
    db: Connection, claimed: Claimed, status: int | None, error: str, after: timedelta
) -> None:
    """It was not taken this time; nothing when somebody else holds it by now."""
    values = (claimed.workspace_id, claimed.id, claimed.claimed_by, status, error, after)
    await db.execute(SQL["retry_later"], *values)


async def mark_failed(db: Connection, claimed: Claimed, status: int | None, error: str) -> None:
    """It will not be taken; nothing when somebody else holds it by now."""
    await db.execute(SQL["fail"], claimed.workspace_id, claimed.id, claimed.claimed_by, status, error)


async def note_failure(db: Connection, claimed: Claimed, error: str, rest: timedelta) -> timedelta:
    """The endpoint failed, and rests for a while; returns for how long it has been failing."""
    values = (claimed.workspace_id, claimed.webhook_id, error, rest)
    return await db.fetchval(SQL["failed"], *values) or timedelta(0)


async def give_up(db: Connection, workspace_id: UUID, webhook_id: UUID, error: str) -> set[UUID]:
    """Tell an endpoint nothing any more, fail all that waits for it, and notify the admins, who are returned.

    Nothing when it is not active.
    """
    if await db.fetchval(SQL["disable"], workspace_id, webhook_id, error) is None:
        return set()
    await fail_waiting(db, workspace_id, webhook_id, "The webhook was given up")
    return await notifications.add_webhook_disabled(db, workspace_id, webhook_id)


async def fail_waiting(db: Connection, workspace_id: UUID, webhook_id: UUID, error: str) -> None:
    """What waits for an endpoint will not be sent."""
    await db.execute(SQL["fail_waiting"], workspace_id, webhook_id, error)


# the log of deliveries


def delivery(row: Any) -> WebhookDelivery:
    """The resource of a row."""
    return WebhookDelivery(**{name: row[name] for name in WebhookDelivery.__struct_fields__})


async def list_deliveries(
    db: Connection, workspace_id: UUID, webhook_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of a webhook's deliveries, one more than the page."""
    sql, values = DELIVERIES.statement(workspace_id, filters, part, webhook_id)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_delivery(
    db: Connection, workspace_id: UUID, webhook_id: UUID, delivery_id: UUID
) -> WebhookDelivery | None:
    """One of a webhook's deliveries."""
    part = Slice("at", True, 1)
    rows = await list_deliveries(db, workspace_id, webhook_id, {"id": delivery_id}, part)
    return delivery(rows[0]) if rows else None


async def retry(db: Connection, workspace_id: UUID, webhook_id: UUID, delivery_id: UUID) -> bool:
    """Send one that failed once more, under its id; False when it did not fail, or is not there."""
    return await db.fetchval(SQL["requeue"], workspace_id, webhook_id, delivery_id) is True


async def sweep(db: Connection, workspace_id: UUID, kept: timedelta) -> int:
    """Forget a thousand deliveries that were settled longer ago than `kept`; returns how many there were."""
    return len(await db.fetch(SQL["sweep"], workspace_id, kept))
