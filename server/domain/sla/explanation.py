"""What is said of a clock: runs, their segments and marks, and the rules by which they were measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from server.domain.events import Status, TargetName

State = Literal["running", "paused", "outside_hours", "ended"]
Code = Literal[
    "always", "business_hours",  # it counts
    "outside_hours", "day_off", "public_holiday",  # the calendar is closed
    "waiting",  # the ticket's status pauses it
    "answered", "resolved", "done", "not_promised",  # it had ended, and went on later
]  # fmt: skip
Standing = Literal["running", "outside_hours", "paused", "met", "stopped"]
MarkKind = Literal["warning", "step", "due", "breached", "met", "stopped"]
Cause = Literal[
    "priority", "assignment", "tags", "customer", "reopened",  # of the ticket
    "time", "calendar", "pauses", "steps",  # of its policy, which was edited
    "rules",  # which policy has it: their order, conditions, or the customer's standing
]  # fmt: skip


class Reason(msgspec.Struct, frozen=True):
    """Why: with the status and its reason where the ticket waits, and the name of a holiday."""

    code: Code
    status: Status | None = None
    reason_id: UUID | None = None
    holiday: str | None = None


class Rule(msgspec.Struct, frozen=True):
    """By what it was measured; what the first versions began has no terms, and counted all time."""

    policy_id: UUID
    terms_id: UUID | None
    made_at: datetime | None
    calendar_id: UUID | None
    zone: str | None
    needed: timedelta


class Segment(msgspec.Struct, frozen=True):
    """A stretch of time: how much of it counted, and what was spent at its end.

    `parts` are the segments that it stands for where there were too many to tell each.
    """

    begin: datetime
    end: datetime
    state: State
    reason: Reason
    rule: int
    counted: timedelta
    spent: timedelta
    parts: int = 1


class Mark(msgspec.Struct, frozen=True):
    """Something on the line: what happened, or (`ahead`) what is to come if nothing else does.

    `at` is when its time was, `told_at` when it was written down.
    """

    at: datetime
    kind: MarkKind
    ahead: bool = False
    told_at: datetime | None = None
    step_id: UUID | None = None
    percent: int | None = None
    offset_minutes: int | None = None
    actions: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """It was measured otherwise from `since` on, by what was written down at `at`."""

    at: datetime
    since: datetime
    causes: tuple[Cause, ...]
    rule_before: int
    rule_after: int
    due_before: datetime
    due_after: datetime
    spent: timedelta


class Run(msgspec.Struct, frozen=True):
    """One run of a target; `id` is the seq of the event that began it.

    `shortened` when there are too many segments, and some stand for several.
    """

    id: int
    target: TargetName
    standing: Standing
    started_at: datetime
    due_at: datetime
    needed: timedelta
    spent: timedelta
    met_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None
    rules: tuple[Rule, ...]
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    changes: tuple[Change, ...]
    shortened: bool
