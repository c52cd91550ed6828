"""The JSON shapes of reports."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from server.domain.events import TargetName
from server.domain.resources import Instant, Resource

GroupName = Literal["policy", "team", "agent", "inbox", "priority", "customer", "day", "week", "month"]
Names = dict[str, str | None]


class Report(Resource, frozen=True, kw_only=True):
    """Counted until `as_of`, which is now unless what counts is behind, by `lag_seconds`."""

    as_of: Instant
    lag_seconds: float


class PeriodReport(Report, frozen=True, kw_only=True):
    """About a period: `from` belongs to it, `to` does not; days and hours are those of `time_zone`."""

    from_: Instant = msgspec.field(name="from")
    to: Instant
    time_zone: str


class ComplianceTotals(Resource, frozen=True, kw_only=True):
    """Targets of a period; `compliance` is met in time of what is decided, null when nothing is."""

    targets: int
    met: int
    breached: int
    running: int
    compliance: float | None


class ComplianceRow(ComplianceTotals, frozen=True, kw_only=True):
    """The targets of one group."""

    group: Names
    target: TargetName


class SlaCompliance(PeriodReport, frozen=True, kw_only=True):
    """How well the promises of a period were kept; `truncated` when there are more groups."""

    group_by: list[GroupName]
    totals: ComplianceTotals
    data: list[ComplianceRow]
    truncated: bool


class DurationTotals(Resource, frozen=True, kw_only=True):
    """Working time that so many targets took until they were met; null when none was."""

    target: TargetName
    count: int
    median_seconds: float | None
    p90_seconds: float | None


class DurationRow(DurationTotals, frozen=True, kw_only=True):
    """Of one group."""

    group: Names


class Durations(PeriodReport, frozen=True, kw_only=True):
    """How long it took; each figure is within the share `error` of the true one."""

    group_by: list[GroupName]
    error: float
    totals: list[DurationTotals]
    data: list[DurationRow]
    truncated: bool


class BreachHour(Resource, frozen=True, kw_only=True):
    """Breaches within one hour of a weekday, 1 being Monday."""

    weekday: int
    hour: int
    first_response: int
    next_response: int
    resolution: int
    breached: int


class Breaches(PeriodReport, frozen=True, kw_only=True):
    """When promises were broken, on the wall clocks of a zone: all 168 hours of a week."""

    total: int
    data: list[BreachHour]


class VolumeDay(Resource, frozen=True, kw_only=True):
    """Tickets of one day."""

    group: Names
    day: date
    opened: int
    reopened: int
    resolved: int


class Volume(PeriodReport, frozen=True, kw_only=True):
    """How many tickets came and went, on every day of a zone."""

    data: list[VolumeDay]


class BacklogDay(Resource, frozen=True, kw_only=True):
    """Tickets open when a day ended."""

    group: Names
    day: date
    open: int


class Backlog(PeriodReport, frozen=True, kw_only=True):
    """How many tickets were open at the end of every day of a zone; of the last one, at `to`."""

    data: list[BacklogDay]


class AgeRow(Resource, frozen=True, kw_only=True):
    """Open tickets that were opened at least `from_days` and less than `to_days` ago."""

    group: Names
    from_days: int
    to_days: int | None
    open: int


class Ageing(Report, frozen=True, kw_only=True):
    """The tickets that are open now, by age."""

    open: int
    data: list[AgeRow]
