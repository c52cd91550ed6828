"""The JSON shapes of what is promised: SLA policies, business calendars, and reasons to wait."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from server.domain.events import Priority, TargetName
from server.domain.resources import Instant, Resource
from server.domain.sla.policy import Action, Conditions, ReopenRule

Waiting = Literal["pending", "on_hold"]
Clock = Annotated[
    str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", description="a time of day, like 09:30")
]


class PolicyPause(Resource, frozen=True, kw_only=True):
    """A status in which the clock stands still; without a reason for any of them."""

    status: Waiting
    reason_id: UUID | None


class StepMark(Resource, frozen=True, kw_only=True):
    """When a step comes: at a share of the time, or so many minutes after (negative: before) the due time."""

    percent: int | UnsetType = UNSET
    minutes: int | UnsetType = UNSET


class PolicyStep(Resource, frozen=True, kw_only=True):
    """Something to do at a mark; without actions it is a warning."""

    id: UUID
    mark: StepMark
    actions: list[Action]


class PolicyTarget(Resource, frozen=True, kw_only=True):
    """One promise; without a calendar all time counts."""

    target: TargetName
    minutes: float
    calendar_id: UUID | None
    pauses: list[PolicyPause]
    on_reopen: ReopenRule
    steps: list[PolicyStep]


class SLAPolicy(Resource, frozen=True, kw_only=True):
    """How soon which tickets are answered and resolved.

    Of the active ones that mean a ticket, the one with the lowest `position` has it.

    `priority_level`, the three times and `warning_percent` say it in a few numbers, as far as these can.
    """

    id: UUID
    name: str
    description: str
    position: int
    active: bool
    priority_level: Priority | None
    first_response_time_minutes: float | None
    next_response_time_minutes: float | None
    resolution_time_hours: float | None
    warning_percent: int | None
    conditions: Conditions
    targets: list[PolicyTarget]
    created_at: Instant
    updated_at: Instant


class PolicyOrder(Resource, frozen=True, kw_only=True):
    """All policies, the first to be asked first."""

    ids: list[UUID]


class OpenHours(Resource, frozen=True, kw_only=True):
    """Open from one time of the day up to another; the day ends at 24:00."""

    start: Clock
    end: Clock


class WeekHours(Resource, frozen=True, kw_only=True):
    """The open hours of each day of the week."""

    monday: list[OpenHours]
    tuesday: list[OpenHours]
    wednesday: list[OpenHours]
    thursday: list[OpenHours]
    friday: list[OpenHours]
    saturday: list[OpenHours]
    sunday: list[OpenHours]


class OwnDay(Resource, frozen=True, kw_only=True):
    """A date with hours of its own; none for a day off."""

    date: date
    hours: list[OpenHours]
    name: str


class HolidaysOf(Resource, frozen=True, kw_only=True):
    """Whose public holidays are days off: ISO 3166-1, and ISO 3166-2 without the country."""

    country: str
    subdivision: str | None


class BusinessCalendar(Resource, frozen=True, kw_only=True):
    """When a desk is open; own dates come before holidays, and these before the week."""

    id: UUID
    name: str
    time_zone: str
    hours: WeekHours
    days: list[OwnDay]
    holidays: HolidaysOf | None
    policy_ids: list[UUID]
    created_at: Instant
    updated_at: Instant


class PublicHoliday(Resource, frozen=True, kw_only=True):
    """A public holiday by which a calendar is closed."""

    date: date
    name: str


class HolidayCountry(Resource, frozen=True, kw_only=True):
    """A country whose public holidays are known, with its parts."""

    country: str
    subdivisions: list[str]


class OpenSpan(Resource, frozen=True, kw_only=True):
    """Open without a break."""

    start: Instant
    end: Instant


class CalendarPreview(Resource, frozen=True, kw_only=True):
    """When so much working time will have passed, None for never, and the open spans up to then."""

    due_at: Instant | None
    spans: list[OpenSpan]
    truncated: bool


class PauseReason(Resource, frozen=True, kw_only=True):
    """Why a ticket waits."""

    id: UUID
    name: str
    created_at: Instant
