"""Outgoing webhooks: addresses of others that are told what happens, signed as Standard Webhooks has it."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.clock import new_id
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.resources import Page
from server.domain.rights import Action
from server.domain.webhook_resources import (
    DeliveryState,
    NewOutgoingWebhook,
    OutgoingWebhook,
    WebhookAnswer,
    WebhookDelivery,
    WebhookKind,
)
from server.domain.webhook_secret import SECRET_BYTES, secret_of
from server.http.call import Call
from server.http.inputs import ById, Id, Name
from server.http.limits import check
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import webhooks
from server.store.pool import Connection
from server.store.webhooks import Terms

Address = Annotated[
    str,
    Meta(
        max_length=2048,
        pattern=r"^https?://[A-Za-z0-9._:\[\]-]+([/?][!\"$-~]*)?$",
        description="an http or https address that is public",
    ),
]
Kinds = Annotated[list[WebhookKind], Meta(max_length=20, description="Which events it is told of")]


class WebhooksQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which webhooks, in which order."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class DeliveriesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which deliveries: all, or those that wait, were taken, or failed."""

    state: DeliveryState | None = None


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook to be. Without `kinds` it is told only what a step of an SLA policy tells it."""

    name: Name
    url: Address
    kinds: Kinds = []
    active: bool = True


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    url: Address | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class DeliveryPath(msgspec.Struct, frozen=True):
    """The path of a delivery."""

    id: Id
    delivery_id: Id


@operation("GET", "/outgoing-webhooks", Action.MANAGE_DESK, {200: Page[OutgoingWebhook]})
async def list_webhooks(call: Call, db: Connection, query: WebhooksQuery) -> Page[OutgoingWebhook]:
    """List outgoing webhooks."""
    part = slice_of(query, webhooks.LISTING.sorts, query.sort)
    rows = await webhooks.list_webhooks(db, call.workspace_id, {}, part)
    return page_of(rows, part, webhooks.shape, call.path, call.query_string)


@operation(
    "POST",
    "/outgoing-webhooks",
    Action.MANAGE_DESK,
    {201: NewOutgoingWebhook},
    tagged=True,
    refusals=("conflict",),
)
async def add(call: Call, db: Connection, body: NewWebhook) -> NewOutgoingWebhook:
    """Make an outgoing webhook; its secret is shown this once.

    It is told what happens from now on, each event at least once under the same `webhook-id`, those of one
    ticket in order; a body has ids and facts and never a text. Fifty at most.
    """
    webhook_id, secret = new_id(), secret_of(secrets.token_bytes(SECRET_BYTES))
    terms = Terms(body.name, _checked(body.url), _chosen(body.kinds), body.active)
    sealed = call.state.vault.seal(secret.encode())
    await webhooks.add_webhook(db, call.workspace_id, webhook_id, terms, sealed)
    made = await _fetch(call, db, webhook_id)
    return NewOutgoingWebhook(**msgspec.structs.asdict(made), secret=secret)


@operation("GET", "/outgoing-webhooks/{id}", Action.MANAGE_DESK, {200: OutgoingWebhook}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> OutgoingWebhook:
    """Read an outgoing webhook."""
    return await _fetch(call, db, path.id)


@operation("PATCH", "/outgoing-webhooks/{id}", Action.MANAGE_DESK, {200: OutgoingWebhook}, tagged=True)
async def change(call: Call, db: Connection, path: ById, body: WebhookChange) -> OutgoingWebhook:
    """Change an outgoing webhook.

    What waits for one that is switched off fails; one that is switched on again is told what happens from
    then on, and begins without its history of failures.
    """
    await webhooks.lock_webhook(db, call.workspace_id, path.id)
    now = await _fetch(call, db, path.id)
    call.require_match(now)
    terms = Terms(
        now.name if body.name is UNSET else body.name,
        now.url if body.url is UNSET else _checked(body.url),
        _chosen(now.kinds if body.kinds is UNSET else body.kinds),
        now.active if body.active is UNSET else body.active,
    )
    await webhooks.change_webhook(db, call.workspace_id, path.id, terms)
    return await _fetch(call, db, path.id)


@operation("DELETE", "/outgoing-webhooks/{id}", Action.MANAGE_DESK, {204: None}, tagged=True)
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End an outgoing webhook, and forget its deliveries; a policy's step that calls it calls nobody then."""
    await webhooks.lock_webhook(db, call.workspace_id, path.id)
    call.require_match(await _fetch(call, db, path.id))
    await webhooks.delete_webhook(db, call.workspace_id, path.id)


@operation("POST", "/outgoing-webhooks/{id}/secret", Action.MANAGE_DESK, {201: NewOutgoingWebhook})
async def rotate_secret(call: Call, db: Connection, path: ById) -> NewOutgoingWebhook:
    """Give it a new secret, shown this once; the old one signs nothing any more."""
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    sealed = call.state.vault.seal(secret.encode())
    await webhooks.change_secret(db, call.workspace_id, path.id, sealed)
    return NewOutgoingWebhook(**msgspec.structs.asdict(await _fetch(call, db, path.id)), secret=secret)


@operation("POST", "/outgoing-webhooks/{id}/test", Action.MANAGE_DESK, {200: WebhookAnswer})
async def ping(call: Call, path: ById) -> WebhookAnswer:
    """Post one signed ping to it, and say which status came back, or why none did; nothing is tried again.

    One that takes it is well again: what waits for it is sent at once.
    """
    check(call.state.limits.trials, call.workspace_id)
    async with call.state.store.read(call.workspace_id) as db:
        found = await webhooks.find_secret(db, call.workspace_id, path.id)
    if found is None:
        raise NotFound
    answer = await call.state.ping_webhook(*found)
    if answer.ok:
        async with call.state.store.write(call.workspace_id) as db:
            await webhooks.mark_well(db, call.workspace_id, path.id)
    return answer


@operation("GET", "/outgoing-webhooks/{id}/deliveries", Action.MANAGE_DESK, {200: Page[WebhookDelivery]})
async def list_deliveries(
    call: Call, db: Connection, path: ById, query: DeliveriesQuery
) -> Page[WebhookDelivery]:
    """List what it was told, or is to be, the newest first; what was settled is kept for thirty days."""
    await _fetch(call, db, path.id)
    part = slice_of(query, webhooks.DELIVERIES.sorts, "-at")
    rows = await webhooks.list_deliveries(db, call.workspace_id, path.id, {"state": query.state}, part)
    return page_of(rows, part, webhooks.delivery, call.path, call.query_string)


@operation(
    "POST",
    "/outgoing-webhooks/{id}/deliveries/{delivery_id}/retry",
    Action.MANAGE_DESK,
    {200: WebhookDelivery},
    refusals=("conflict",),
)
async def retry(call: Call, db: Connection, path: DeliveryPath) -> WebhookDelivery:
    """Send a delivery that failed once more, under its id and with its body."""
    webhook = await _fetch(call, db, path.id)
    if await webhooks.find_delivery(db, call.workspace_id, path.id, path.delivery_id) is None:
        raise NotFound
    if not webhook.active:
        raise Conflict("The webhook is switched off")
    if not await webhooks.retry(db, call.workspace_id, path.id, path.delivery_id):
        raise Conflict("It did not fail")
    found = await webhooks.find_delivery(db, call.workspace_id, path.id, path.delivery_id)
    if found is None:
        raise NotFound
    return found


def _checked(url: str) -> str:
    """The address; Invalid for one that has the letters of an address and is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port of six digits, half an IPv6 address
        host, port = "", None
    if not host.strip(".-") or port == 0:
        raise Invalid("Not an address of the web", pointer="/url")
    return url


def _chosen(kinds: list[WebhookKind]) -> tuple[WebhookKind, ...]:
    return tuple(sorted(set(kinds)))


async def _fetch(call: Call, db: Connection, webhook_id: Id) -> OutgoingWebhook:
    found = await webhooks.find_webhook(db, call.workspace_id, webhook_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (
    list_webhooks,
    add,
    read,
    change,
    remove,
    rotate_secret,
    ping,
    list_deliveries,
    retry,
)
