"""What a step of an SLA policy asks of those who tell others, found by the event that says it has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from server.domain.events import SlaEscalated
from server.domain.sla.policy import Action, Promise
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("escalations")
Steps = Mapping[UUID, tuple[Action, ...]]

_decoder = msgspec.json.Decoder(tuple[Promise, ...])


async def list_actions(db: Connection, workspace_id: UUID, events: Iterable[SlaEscalated]) -> Steps:
    """The actions of the steps that have come, by step; terms that are gone have none."""
    wanted = {event.step: event.terms_id for event in events}
    if not wanted:
        return {}
    rows = await db.fetch(SQL["list_terms"], workspace_id, list(set(wanted.values())))
    return {
        step.id: step.actions
        for row in rows
        for promise in _decoder.decode(row["promises"])
        for step in promise.steps
        if wanted.get(step.id) == row["id"]
    }
