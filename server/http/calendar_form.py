"""A business calendar as it comes in and as it is shown; times of the day are written `09:30`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Annotated

import holidays
import msgspec
from msgspec import Meta

from server.domain.calendar import (
    DAY_MINUTES,
    MAX_PERIODS,
    Calendar,
    CalendarRefused,
    Day,
    Period,
    check,
    public_holidays,
)
from server.domain.errors import Invalid
from server.domain.policy_resources import (
    BusinessCalendar,
    Clock,
    HolidayCountry,
    HolidaysOf,
    OpenHours,
    OwnDay,
    WeekHours,
)
from server.http.inputs import zone_of
from server.store.calendars import Kept, Named

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_DAYS = 400


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of what comes in."""


class HoursForm(_Form, frozen=True):
    """Open from one time of the day up to another."""

    start: Clock
    end: Clock


Hours = Annotated[tuple[HoursForm, ...], Meta(max_length=MAX_PERIODS)]


class WeekForm(_Form, frozen=True):
    """The open hours of each day of the week, in order; a day that is left out is closed."""

    monday: Hours = ()
    tuesday: Hours = ()
    wednesday: Hours = ()
    thursday: Hours = ()
    friday: Hours = ()
    saturday: Hours = ()
    sunday: Hours = ()


class DayForm(_Form, frozen=True):
    """A date with hours of its own; none for a day off."""

    date: date
    hours: Hours = ()
    name: Annotated[
        str,
        Meta(
            max_length=200,
            pattern=r"^[^\u0000-\u001f\u007f]*$",
            description="one line without control characters",
        ),
    ] = ""


class HolidaysForm(_Form, frozen=True):
    """Whose public holidays are days off."""

    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", description="a country (ISO 3166-1), like AT")]
    subdivision: Annotated[str, Meta(min_length=1, max_length=60)] | None = None


Days = Annotated[tuple[DayForm, ...], Meta(max_length=MAX_DAYS)]


def calendar_of(zone: str, hours: WeekForm, days: Sequence[DayForm], closed: HolidaysForm | None) -> Named:
    """The calendar; raises Invalid, pointing at the fault, for one by which nothing can be measured."""
    zone_of(zone, "/time_zone")
    week = [_day(getattr(hours, name), f"/hours/{name}") for name in WEEKDAYS]
    own: dict[date, Day] = {}
    for place, day in enumerate(days):
        if day.date in own:
            raise Invalid("This date is there already", pointer=f"/days/{place}/date")
        own[day.date] = _day(day.hours, f"/days/{place}/hours")
    if closed is not None:
        _check_holidays(closed)
    calendar = Named(
        zone,
        (week[0], week[1], week[2], week[3], week[4], week[5], week[6]),
        tuple(sorted(own.items())),
        None if closed is None else closed.country,
        None if closed is None else closed.subdivision,
        {day.date: day.name for day in days if day.name},
    )
    try:
        check(calendar)
    except CalendarRefused as wrong:
        raise Invalid(f"A calendar cannot be so: {wrong}", pointer="/hours") from wrong
    return calendar


def _day(hours: Sequence[HoursForm], pointer: str) -> Day:
    before = 0
    periods = []
    for place, each in enumerate(hours):
        period = Period(_minute(each.start), _minute(each.end))
        if not before <= period.start < period.end:
            raise Invalid("Hours follow one another within the day", pointer=f"{pointer}/{place}")
        before = period.end
        periods.append(period)
    return tuple(periods)


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _check_holidays(closed: HolidaysForm) -> None:
    if closed.country not in supported():
        raise Invalid("The holidays of this country are not known", pointer="/holidays/country")
    try:
        public_holidays(closed.country, closed.subdivision, 2026)
    except CalendarRefused as unknown:
        raise Invalid("There is no such part of the country", pointer="/holidays/subdivision") from unknown


@cache
def supported() -> dict[str, list[str]]:
    """The countries whose holidays are known, by ISO 3166-1 alpha-2, each with its parts."""
    return dict(holidays.list_supported_countries(include_aliases=False))


def list_countries() -> list[HolidayCountry]:
    """The same as resources, by their codes."""
    return [HolidayCountry(country=code, subdivisions=parts) for code, parts in sorted(supported().items())]


def shape(kept: Kept) -> BusinessCalendar:
    """The resource of a calendar."""
    calendar = kept.calendar
    return BusinessCalendar(
        id=kept.id,
        name=kept.name,
        time_zone=calendar.zone,
        hours=WeekHours(**{name: _hours(day) for name, day in zip(WEEKDAYS, calendar.week, strict=True)}),
        days=[
            OwnDay(date=day, hours=_hours(periods), name=calendar.day_names.get(day, ""))
            for day, periods in calendar.days
        ],
        holidays=holidays_of(calendar),
        policy_ids=list(kept.policy_ids),
        created_at=kept.created_at,
        updated_at=kept.updated_at,
    )


def holidays_of(calendar: Calendar) -> HolidaysOf | None:
    """Whose public holidays close it."""
    if calendar.country is None:
        return None
    return HolidaysOf(country=calendar.country, subdivision=calendar.subdivision)


def _hours(day: Day) -> list[OpenHours]:
    return [OpenHours(start=_clock(period.start), end=_clock(period.end)) for period in day]


def _clock(minute: int) -> str:
    return "24:00" if minute == DAY_MINUTES else f"{minute // 60:02}:{minute % 60:02}"
