"""Whom and what a policy names, and where; whatever is newly named must be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from server.domain.errors import Invalid
from server.domain.sla.policy import (
    Action,
    CallWebhook,
    NotifyAgents,
    NotifyTeam,
    Promise,
    PutTag,
    Reassign,
)
from server.store.pool import Connection
from server.store.sla_policies import Written, list_present

Naming = tuple[str, UUID]


class Named(NamedTuple):
    """Something that is named: what kind of thing, which, and where it stands."""

    kind: str
    id: UUID
    pointer: str

    @property
    def naming(self) -> Naming:
        return self.kind, self.id


async def check_names(db: Connection, workspace_id: UUID, before: Written, after: Written) -> None:
    """Invalid, pointing at it, for something that is named anew and is not there.

    What the policy named before may have gone since, and does not stand in the way of other changes.
    """
    old = {named.naming for named in list_named(before)}
    new = [named for named in list_named(after) if named.naming not in old]
    if not new:
        return
    present = await list_present(db, workspace_id, {named.id for named in new})
    for named in new:
        if named.naming not in present:
            raise Invalid(f"There is no such {named.kind}", pointer=named.pointer)


def list_named(written: Written) -> Iterator[Named]:
    """All that a policy names."""
    conditions = written.conditions
    yield from _each("inbox", conditions.inbox_ids, "/conditions/inbox_ids")
    yield from _each("team", conditions.team_ids, "/conditions/team_ids")
    yield from _each("tag", conditions.tag_ids, "/conditions/tag_ids")
    for place, promise in enumerate(written.promises):
        yield from _of_promise(promise, f"/targets/{place}")


def _each(kind: str, ids: Sequence[UUID | None], pointer: str) -> Iterator[Named]:
    for place, each in enumerate(ids):
        if each is not None:
            yield Named(kind, each, f"{pointer}/{place}")


def _one(kind: str, named: UUID | None, pointer: str) -> Iterator[Named]:
    if named is not None:
        yield Named(kind, named, pointer)


def _of_promise(promise: Promise, pointer: str) -> Iterator[Named]:
    yield from _one("calendar", promise.calendar_id, f"{pointer}/calendar_id")
    for place, pause in enumerate(promise.pauses):
        yield from _one("reason", pause.reason_id, f"{pointer}/pauses/{place}/reason_id")
    for number, step in enumerate(promise.steps):
        for place, action in enumerate(step.actions):
            yield from _of_action(action, f"{pointer}/steps/{number}/actions/{place}")


def _of_action(action: Action, pointer: str) -> Iterator[Named]:
    match action:
        case NotifyAgents(agent_ids=ids):
            yield from _each("agent", ids, f"{pointer}/agent_ids")
        case NotifyTeam(team_id=team_id):
            yield from _one("team", team_id, f"{pointer}/team_id")
        case Reassign(agent_id=agent_id, team_id=team_id):
            yield from _one("agent", agent_id, f"{pointer}/agent_id")
            yield from _one("team", team_id, f"{pointer}/team_id")
        case PutTag(tag_id=tag_id):
            yield from _one("tag", tag_id, f"{pointer}/tag_id")
        case CallWebhook(webhook_id=webhook_id):
            yield from _one("webhook", webhook_id, f"{pointer}/webhook_id")
        case _:
            pass
