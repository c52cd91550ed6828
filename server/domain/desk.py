"""The desk: what the writer must know of a workspace to decide, as a snapshot with a version."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from server.domain.events import Channel, Priority
from server.domain.identity import Agent
from server.domain.sla import Policy


class Inbox(msgspec.Struct, frozen=True):
    """One configured receiving point."""

    id: UUID
    name: str
    channel: Channel
    sneak_peek: bool = False


class Desk(msgspec.Struct, frozen=True):
    """A workspace's configuration at one version: active agents, teams, inboxes, tags and policies by key."""

    workspace_id: UUID
    version: int
    agents: Mapping[UUID, Agent] = {}
    teams: Mapping[UUID, str] = {}
    inboxes: Mapping[UUID, Inbox] = {}
    tags: Mapping[UUID, str] = {}
    policies: Mapping[Priority, Policy] = {}
