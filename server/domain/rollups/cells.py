"""From runs to cells and flows: sums over all runs of an hour, day or month that have something in common.

Every cell carries its inbox, since that is who may see it. What a change of runs does to the sums is a
difference that is added to them, so that nobody counts again what did not change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import md5
from typing import Literal
from uuid import UUID

import msgspec

from server.domain.events import TargetName
from server.domain.rollups.digits import number_of
from server.domain.rollups.periods import Grid, period_of
from server.domain.rollups.runs import Run

Cut = Literal[
    "hours",
    "hours of agents",
    "teams",
    "agents",
    "customers",
    "all",
    "customers of a month",
    "all of a month",
]
Flow = Literal["opened", "reopened", "resolved", "first_response", "next_response", "resolution"]
TARGETS: tuple[TargetName, ...] = ("first_response", "next_response", "resolution")
SLOTS, SLOT_MINUTES = 96, 15  # of a day: every time zone's hours begin with one
_FIELDS: dict[Cut, tuple[str, ...]] = {
    "hours": ("team_id",),
    "hours of agents": ("agent_id",),
    "teams": ("policy_id", "team_id", "priority"),
    "agents": ("agent_id",),
    "customers": ("customer_id",),
    "all": ("policy_id", "team_id", "agent_id", "priority"),
    "customers of a month": ("customer_id",),
    "all of a month": ("policy_id", "team_id", "agent_id", "priority"),
}
_LENGTHS: dict[Cut, Grid] = {
    "hours": "hour",
    "hours of agents": "hour",
    "customers of a month": "month",
    "all of a month": "month",
}


class Cell(msgspec.Struct, frozen=True):
    """What the runs of a cell have in common; None also where its cut does not look."""

    cut: Cut
    period: datetime
    inbox_id: UUID
    policy_id: UUID | None = None
    team_id: UUID | None = None
    agent_id: UUID | None = None
    priority: str | None = None
    customer_id: UUID | None = None

    @property
    def key(self) -> UUID:
        """The same for the same cell, within its cut and period; `cell_key` of migration 0022 makes it."""
        parts = (self.inbox_id, self.policy_id, self.team_id, self.agent_id, self.priority, self.customer_id)
        text = "|".join("" if part is None else str(part) for part in parts)
        return UUID(bytes=md5(text.encode(), usedforsecurity=False).digest())


class FlowCell(msgspec.Struct, frozen=True):
    """One kind of thing that happened on one day, in UTC, in one inbox."""

    day: date
    inbox_id: UUID
    kind: Flow


# What is added to a cell: by target, each of COUNTS, and durations by their bucket.
Sums = Counter[tuple[TargetName, str | int]]
COUNTS = ("targets", "met", "breached")


def columns_of(sums: Sums) -> tuple[object, ...]:
    """The columns of sums, the three targets one after the other."""
    buckets: dict[TargetName, dict[int, int]] = {target: {} for target in TARGETS}
    for (target, what), count in sums.items():
        if isinstance(what, int):
            buckets[target][what] = count
    return tuple(
        column
        for target in TARGETS
        for column in (*(sums[target, what] for what in COUNTS), str(number_of(buckets[target])))
    )


class Difference:
    """What a change of runs adds to cells and flows."""

    def __init__(self) -> None:
        self.cells: defaultdict[Cell, Sums] = defaultdict(Counter)
        self.flows: defaultdict[FlowCell, Counter[int]] = defaultdict(Counter)

    def replace(self, before: Run | None, after: Run | None) -> None:
        """A run became another one; None where there was none, or is none any more."""
        if before == after:
            return
        for run, sign in ((before, -1), (after, 1)):
            if run is not None:
                self._count(run, sign)

    def _count(self, run: Run, sign: int) -> None:
        for kind, at in flows_of(run):
            self.flows[FlowCell(at.astimezone(UTC).date(), run.owners.inbox_id, kind)][slot_of(at)] += sign
        counted = list(counted_as(run))
        for cell in cells_of(run) if counted else ():
            sums = self.cells[cell]
            for name in counted:
                sums[name] += sign


def counted_as(run: Run) -> Iterable[tuple[TargetName, str | int]]:
    """What a run counts as; nothing when it stopped before it was decided."""
    if run.kind == "open" or (run.stopped_at is not None and run.breached_at is None):
        return
    yield run.kind, "targets"
    if run.breached_at is not None:
        yield run.kind, "breached"
    elif run.met_at is not None:
        yield run.kind, "met"
    if run.bucket is not None:
        yield run.kind, run.bucket


def cells_of(run: Run) -> Iterable[Cell]:
    """Where a run is counted."""
    values: dict[str, object] = {
        "policy_id": run.policy_id,
        "team_id": run.owners.team_id,
        "agent_id": run.owners.agent_id,
        "priority": run.owners.priority,
        "customer_id": run.owners.customer_id,
    }
    for cut, fields in _FIELDS.items():
        cell = Cell(cut, period_of(length_of(cut), run.started_at), run.owners.inbox_id)
        yield msgspec.structs.replace(cell, **{name: values[name] for name in fields})


def flows_of(run: Run) -> Iterable[tuple[Flow, datetime]]:
    """What happened because of a run, and when; a stopped clock that never rang is nothing."""
    if run.kind != "open":
        if run.breached_at is not None:
            yield run.kind, run.breached_at
        return
    yield ("opened" if run.seq == 1 else "reopened"), run.started_at
    if run.met_at is not None:
        yield "resolved", run.met_at


def slot_of(at: datetime) -> int:
    """The quarter of an hour of its day in UTC, 0 to 95."""
    at = at.astimezone(UTC)
    return (at.hour * 60 + at.minute) // SLOT_MINUTES


def fields_of(cut: Cut) -> frozenset[str]:
    """What a cut tells apart, besides inbox and period."""
    return frozenset(_FIELDS[cut])


def length_of(cut: Cut) -> Grid:
    """How long its periods are."""
    return _LENGTHS.get(cut, "day")
