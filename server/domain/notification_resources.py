"""The JSON shapes of what agents are notified of."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from server.domain.events import TargetName
from server.domain.resources import Instant, Links, Meta, Resource

NotificationKind = Literal[
    "sla_warned", "sla_breached", "sla_escalated", "ticket_assigned", "customer_answered", "webhook_disabled"
]


class NotifiedTicket(Resource, frozen=True, kw_only=True):
    """The ticket that a notification is about."""

    id: UUID
    number: int
    subject: str


class NotifiedWebhook(Resource, frozen=True, kw_only=True):
    """The outgoing webhook that a notification is about."""

    id: UUID
    name: str


class Notification(Resource, frozen=True, kw_only=True):
    """Something that an agent should know; `actor_name` is who assigned, None for Parley itself."""

    id: UUID
    kind: NotificationKind
    at: Instant
    read_at: Instant | None
    ticket: NotifiedTicket | None
    target: TargetName | None
    due_at: Instant | None
    actor_name: str | None
    webhook: NotifiedWebhook | None


class Unread(Resource, frozen=True, kw_only=True):
    """How many notifications an agent has not read."""

    unread: int


class NotificationSettings(Resource, frozen=True, kw_only=True):
    """How an agent hears of what they do not read in the console: with `mail`, soon by mail."""

    mail: bool


class NotificationPage(Resource, frozen=True, kw_only=True):
    """A page of an agent's notifications, the newest first, and how many of all are unread."""

    data: list[Notification]
    meta: Meta
    links: Links
    unread: int
