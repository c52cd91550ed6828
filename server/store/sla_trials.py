"""Trials of SLA policies over past tickets: what is proposed, how far it is, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain.calendar import Calendar
from server.domain.errors import NotFound
from server.domain.events import Recorded
from server.domain.sla.comparison import Comparison
from server.domain.sla.policy import Policy
from server.store import sla_policies
from server.store.conflicts import refusing
from server.store.fold import list_records_of
from server.store.pool import Connection
from server.store.statements import statements

MAX_TICKETS = 100_000
MAX_KEPT = 20
_SQL = statements("sla_trials")
_SECOND = {"sla_trials_one": ("A trial is under way already", "")}
State = Literal["queued", "running", "done", "cancelled", "failed"]


class Proposal(msgspec.Struct, frozen=True):
    """Which policies, in order, over the tickets opened from `begin` until before `end`."""

    begin: datetime
    end: datetime
    inbox_id: UUID | None
    policies: tuple[Policy, ...]


class Trial(msgspec.Struct, frozen=True):
    """A trial as it stands; `found` is None in lists, and before the first page."""

    id: UUID
    state: State
    proposal: Proposal
    done: int
    total: int
    found: Comparison | None
    created_at: datetime
    finished_at: datetime | None


class Work(msgspec.Struct):
    """A trial that goes on: the tickets before `before` are still to come, newest first."""

    workspace_id: UUID
    id: UUID
    proposal: Proposal
    before: tuple[datetime, UUID]
    done: int
    total: int
    found: Comparison
    until: datetime


class Past(NamedTuple):
    """A ticket to be replayed: its number, its log, and which of its interactions nobody wrote."""

    number: int
    records: Sequence[Recorded]
    by_machines: set[UUID]


async def add(db: Connection, workspace_id: UUID, proposal: Proposal) -> UUID:
    """Queue a trial; Conflict while another of the workspace is under way."""
    trial_id = new_id()
    with refusing(_SECOND):
        await db.execute(_SQL["add"], workspace_id, trial_id, _json(proposal), MAX_KEPT)
    return trial_id


async def find_calendars(
    db: Connection, workspace_id: UUID, ids: Iterable[UUID | None]
) -> dict[UUID, Calendar]:
    """Those of these calendars that are there."""
    rows = await db.fetch(sla_policies.SQL["find_calendars"], workspace_id, list(ids))
    return {row["id"]: msgspec.json.decode(row["definition"], type=Calendar) for row in rows}


async def list_newest(db: Connection, workspace_id: UUID) -> list[Trial]:
    """The newest, without what they found."""
    return [_trial(row) for row in await db.fetch(_SQL["list_newest"], workspace_id, MAX_KEPT)]


async def find(db: Connection, workspace_id: UUID, trial_id: UUID) -> Trial | None:
    """One trial."""
    row = await db.fetchrow(_SQL["find"], workspace_id, trial_id)
    return None if row is None else _trial(row)


async def cancel(db: Connection, workspace_id: UUID, trial_id: UUID) -> None:
    """Stop a trial, or forget one that has finished; NotFound when there is none."""
    if await db.fetchval(_SQL["cancel"], workspace_id, trial_id) is None:
        raise NotFound


async def list_waiting(db: Connection, limit: int) -> list[tuple[UUID, UUID]]:
    """Workspace and id of the oldest that are under way, on a connection without a workspace."""
    return [(row["workspace_id"], row["id"]) for row in await db.fetch(_SQL["list_waiting"], limit)]


async def find_work(db: Connection, workspace_id: UUID, trial_id: UUID) -> Work | None:
    """A trial to go on with; None when it was cancelled meanwhile. Counts its tickets at first."""
    row = await db.fetchrow(_SQL["read_work"], workspace_id, trial_id)
    if row is None:
        return None
    proposal = msgspec.json.decode(row["proposal"], type=Proposal)
    total: int = row["total"]
    if row["before_at"] is None:
        where = (workspace_id, proposal.begin, proposal.end, proposal.inbox_id, MAX_TICKETS)
        total = await db.fetchval(_SQL["count_tickets"], *where)
    return Work(
        workspace_id,
        trial_id,
        proposal,
        (row["before_at"] or proposal.end, row["before_id"] or UUID(int=0)),
        row["done"],
        total,
        _found(row["found"]) or Comparison(),
        row["created_at"],
    )


async def list_past(db: Connection, work: Work, limit: int) -> list[Past]:
    """The next tickets; moves the work's place behind them."""
    at, ticket_id = work.before
    room = min(limit, MAX_TICKETS - work.done)
    where = (work.workspace_id, work.proposal.begin, at, ticket_id, work.proposal.inbox_id, room)
    rows = await db.fetch(_SQL["list_tickets"], *where)
    if not rows:
        return []
    work.before = (rows[-1]["created_at"], rows[-1]["id"])
    ids = [row["id"] for row in rows]
    logs = await list_records_of(db, work.workspace_id, ids)
    machines = await db.fetch(_SQL["list_by_machines"], work.workspace_id, ids)
    by_machines = {row["interaction_id"] for row in machines}
    return [Past(row["number"], logs.get(row["id"], []), by_machines) for row in rows]


async def advance(db: Connection, work: Work, *, over: bool) -> None:
    """Keep how far it is and what was found."""
    await db.execute(
        _SQL["advance"],
        work.workspace_id,
        work.id,
        "done" if over else "running",
        *work.before,
        work.done,
        work.total,
        _json(work.found),
    )


async def fail(db: Connection, workspace_id: UUID, trial_id: UUID) -> None:
    """It cannot go on."""
    await db.execute(_SQL["fail"], workspace_id, trial_id)


def _trial(row: Any) -> Trial:
    return Trial(
        row["id"],
        row["state"],
        msgspec.json.decode(row["proposal"], type=Proposal),
        row["done"],
        row["total"],
        _found(row["found"]),
        row["created_at"],
        row["finished_at"],
    )


def _found(data: str | None) -> Comparison | None:
    return None if data is None else msgspec.json.decode(data, type=Comparison)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
