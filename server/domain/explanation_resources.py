"""The JSON shapes of a ticket's explained clocks."""

from __future__ import annotations

from uuid import UUID

from msgspec import field

from server.domain.events import Status, TargetName
from server.domain.resources import Instant, Resource
from server.domain.sla.explanation import Cause, Code, MarkKind, Standing, State


class ExplainedRule(Resource, frozen=True, kw_only=True):
    """By what a clock was measured; without terms all time counted. Names are those of today, or null."""

    policy_id: UUID
    policy_name: str | None
    terms_id: UUID | None
    made_at: Instant | None
    calendar_id: UUID | None
    calendar_name: str | None
    zone: str | None
    needed_seconds: float


class SegmentReason(Resource, frozen=True, kw_only=True):
    """Why it ran or stood still; `name` is a holiday's, or the reason for which a ticket waits."""

    code: Code
    status: Status | None
    name: str | None


class ExplainedSegment(Resource, frozen=True, kw_only=True):
    """A stretch of time, how much of it counted, and what was spent at its end.

    `rule` is an index into the run's rules; `parts` is above 1 where it stands for several.
    """

    from_: Instant = field(name="from")
    to: Instant
    state: State
    reason: SegmentReason
    rule: int
    counted_seconds: float
    spent_seconds: float
    parts: int


class ExplainedMark(Resource, frozen=True, kw_only=True):
    """What happened at an instant, or is to come (`ahead`); `told_at` is when it was written down."""

    at: Instant
    kind: MarkKind
    ahead: bool
    told_at: Instant | None
    step_id: UUID | None
    percent: int | None
    offset_minutes: int | None
    actions: list[str]


class ExplainedChange(Resource, frozen=True, kw_only=True):
    """Measured by another rule from `since` on, as was written down at `at`; rules by their index."""

    at: Instant
    since: Instant
    causes: list[Cause]
    rule_before: int
    rule_after: int
    due_before: Instant
    due_after: Instant
    spent_seconds: float


class ExplainedRun(Resource, frozen=True, kw_only=True):
    """One run of a target, named by the seq of the event that began it.

    The segments follow one another from its start to its end, or to now; what they count is what it spent.
    """

    id: int
    target: TargetName
    standing: Standing
    started_at: Instant
    due_at: Instant
    needed_seconds: float
    spent_seconds: float
    met_at: Instant | None
    breached_at: Instant | None
    stopped_at: Instant | None
    rules: list[ExplainedRule]
    segments: list[ExplainedSegment]
    marks: list[ExplainedMark]
    changes: list[ExplainedChange]
    shortened: bool


class TicketSla(Resource, frozen=True, kw_only=True):
    """Every run of every target of a ticket, explained as of an instant."""

    ticket_id: UUID
    as_of: Instant
    runs: list[ExplainedRun]
