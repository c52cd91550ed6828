"""The desk: what the writer must know of a workspace to decide, as a snapshot with a version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from server.domain.events import Channel
from server.domain.identity import Agent
from server.domain.sla.policy import Policy, Terms


class Inbox(msgspec.Struct, frozen=True):
    """One configured receiving point."""

    id: UUID
    name: str
    channel: Channel
    sneak_peek: bool = False


class Desk(msgspec.Struct, frozen=True):
    """A workspace's configuration at one version: active agents, teams, inboxes, tags and reasons by key.

    `policies` are the active ones in their order; `terms` has all that a running target may still name, and
    `policies_changed_at` is when policies or calendars were last changed.
    """

    workspace_id: UUID
    version: int
    agents: Mapping[UUID, Agent] = {}
    teams: Mapping[UUID, str] = {}
    inboxes: Mapping[UUID, Inbox] = {}
    tags: Mapping[UUID, str] = {}
    policies: tuple[Policy, ...] = ()
    terms: Mapping[UUID, Terms] = {}
    policies_changed_at: datetime | None = None
    reasons: Mapping[UUID, str] = {}
    judges_customers: bool = False
    promises_next_response: bool = False
