"""The JSON shapes of outgoing webhooks, and of what they tell others."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from server.domain.identity import ActorType
from server.domain.resources import Instant, Resource

WebhookKind = Literal[
    "sla_warned",
    "sla_breached",
    "sla_escalated",
    "ticket_opened",
    "status_changed",
    "ticket_assigned",
    "interaction_added",
]
DeliveryState = Literal["queued", "delivered", "failed"]


class OutgoingWebhook(Resource, frozen=True, kw_only=True):
    """An address that is told what happens; its secret is never read back.

    `failing_since` is the first failure that no success has followed, `disabled_at` when Parley gave it up.
    """

    id: UUID
    name: str
    url: str
    kinds: list[WebhookKind]
    active: bool
    failing_since: Instant | None
    last_error: str | None
    disabled_at: Instant | None
    created_at: Instant
    updated_at: Instant


class NewOutgoingWebhook(OutgoingWebhook, frozen=True, kw_only=True):
    """One whose secret is shown this once."""

    secret: str


class WebhookDelivery(Resource, frozen=True, kw_only=True):
    """What an outgoing webhook was, or is to be, told of one event; `id` is its `webhook-id`."""

    id: UUID
    webhook_id: UUID
    kind: WebhookKind
    ticket_id: UUID
    seq: int
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    created_at: Instant
    next_attempt_at: Instant | None
    settled_at: Instant | None


class WebhookAnswer(Resource, frozen=True, kw_only=True):
    """What came back to a ping: a status, or why there was none."""

    ok: bool
    status: int | None
    error: str | None
    took_ms: int


class WebhookTicket(Resource, frozen=True, kw_only=True):
    """Which ticket an event is of."""

    id: UUID
    number: int
    inbox_id: UUID


class WebhookActor(Resource, frozen=True, kw_only=True):
    """Who did it; nobody's name."""

    type: ActorType
    id: UUID | None


class WebhookData(Resource, frozen=True, kw_only=True):
    """What happened: the event's place in its ticket, and its own members in `facts`; never a text."""

    ticket: WebhookTicket
    seq: int
    actor: WebhookActor
    facts: dict[str, Any]


class WebhookBody(Resource, frozen=True, kw_only=True):
    """What is posted."""

    type: str
    timestamp: Instant
    data: WebhookData | dict[str, Any]
