"""The JSON shapes of trials of SLA policies."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec import field

from server.domain.events import TargetName
from server.domain.resources import Instant, Resource
from server.domain.sla.comparison import End

TrialState = Literal["queued", "running", "done", "cancelled", "failed"]


class TrialSum(Resource, frozen=True, kw_only=True):
    """Runs of targets; `compliance` is met in time of what is decided, null when nothing is."""

    targets: int
    met: int
    breached: int
    running: int
    compliance: float | None


class TrialTotal(Resource, frozen=True, kw_only=True):
    """One kind of target: as it was, and as it would have been."""

    target: TargetName
    was: TrialSum
    would: TrialSum


class TrialLine(TrialTotal, frozen=True, kw_only=True):
    """The same under one policy; its name is null when it is gone."""

    policy_id: UUID
    policy_name: str | None


class TrialExample(Resource, frozen=True, kw_only=True):
    """A target whose breach would go away, or would be new."""

    ticket_id: UUID
    number: int
    target: TargetName
    was: End
    would: End


class TrialResult(Resource, frozen=True, kw_only=True):
    """What was found so far; `not_replayed` are tickets whose log cannot be."""

    tickets: int
    not_replayed: int
    totals: list[TrialTotal]
    lines: list[TrialLine]
    better: int
    worse: int
    examples: list[TrialExample]


class TrialProgress(Resource, frozen=True, kw_only=True):
    """Of so many tickets."""

    done: int
    total: int


class SlaTrial(Resource, frozen=True, kw_only=True):
    """Policies tried over the tickets that were opened in a period."""

    id: UUID
    state: TrialState
    from_: Instant = field(name="from")
    to: Instant
    inbox_id: UUID | None
    created_at: Instant
    finished_at: Instant | None
    progress: TrialProgress
    result: TrialResult | None


class SlaTrials(Resource, frozen=True, kw_only=True):
    """The newest trials, without their results."""

    data: list[SlaTrial]
