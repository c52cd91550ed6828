"""Business hours: when a desk is open, how much working time lies between two instants, and when so much of
it will have passed.

Periods are wall-clock times in a zone; what is measured is time that really passes, so that the day on which
the clocks change is an hour longer or shorter where a period spans the change. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from zoneinfo import ZoneInfo

import holidays
import msgspec

DAY_MINUTES = 24 * 60
MAX_PERIODS = 12  # a day
HORIZON = timedelta(
    days=3660
)  # no promise reaches further: a calendar that is closed for ten years is closed

Span = tuple[datetime, datetime]


class Period(msgspec.Struct, frozen=True, order=True):
    """Open from one minute of the day up to another, 0 to 1440."""

    start: int
    end: int


Day = tuple[Period, ...]


class Calendar(msgspec.Struct, frozen=True):
    """When a desk is open.

    `week` has the periods of Monday to Sunday; `days` those of single dates, which come first: none for a day
    off, others for a special one. `country` (ISO 3166-1, with a `subdivision` of ISO 3166-2 or none) closes
    its public holidays.
    """

    zone: str
    week: tuple[Day, Day, Day, Day, Day, Day, Day]
    days: tuple[tuple[date, Day], ...] = ()
    country: str | None = None
    subdivision: str | None = None

    def periods(self, day: date) -> Day:
        """The periods of a date."""
        special = _by_date(self.days).get(day)
        return self.usual(day) if special is None else special

    def usual(self, day: date) -> Day:
        """Those of a date that is none of its own."""
        if self.country is not None and day in public_holidays(self.country, self.subdivision, day.year):
            return ()
        return self.week[day.weekday()]


class CalendarRefused(ValueError):
    """A calendar that cannot be; says what is wrong with it."""


def check(calendar: Calendar) -> None:
    """Raises CalendarRefused for a calendar by which nothing can be measured."""
    try:
        ZoneInfo(calendar.zone)
    except (KeyError, OSError, ValueError) as wrong:  # not there; a folder; no name at all
        raise CalendarRefused(f"there is no time zone {calendar.zone!r}") from wrong
    for day in (*calendar.week, *(day for _, day in calendar.days)):
        _check_day(day)
    if not any(calendar.week):
        raise CalendarRefused("it is never open")
    if calendar.country is not None:
        public_holidays(calendar.country, calendar.subdivision, 2026)


def _check_day(day: Day) -> None:
    if len(day) > MAX_PERIODS:
        raise CalendarRefused(f"a day has at most {MAX_PERIODS} periods")
    before = 0
    for period in day:
        if not before <= period.start < period.end <= DAY_MINUTES:
            raise CalendarRefused("periods follow one another within the day")
        before = period.end


def working_between(calendar: Calendar | None, start: datetime, end: datetime) -> timedelta:
    """The working time from `start` to `end`; without a calendar all time is. Never negative."""
    if end <= start:
        return timedelta()
    if calendar is None:
        return end - start
    total = timedelta()
    for opens, closes in _spans_from(calendar, start):
        if opens >= end:
            break
        total += min(closes, end) - max(opens, start)
    return total


def due_after(calendar: Calendar | None, start: datetime, needed: timedelta) -> datetime | None:
    """The first instant by which `needed` working time has passed since `start`; None beyond the horizon.

    Nothing needed is due at `start`, open or not.
    """
    if needed <= timedelta():
        return start
    if calendar is None:
        return start + needed
    for opens, closes in _spans_from(calendar, start):
        begins = max(opens, start)
        if closes - begins >= needed:
            return begins + needed
        needed -= closes - begins
    return None


def is_open(calendar: Calendar | None, at: datetime) -> bool:
    """Whether working time passes at that instant."""
    if calendar is None:
        return True
    opens, _ = next(_spans_from(calendar, at), (at + HORIZON, at))
    return opens <= at


def open_spans(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """When it is open from `start` to `end`, in order; what touches is not joined."""
    for opens, closes in _spans_from(calendar, start):
        if max(opens, start) >= end:
            return
        yield max(opens, start), min(closes, end)


def spans_on(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """When it is open on a date of its zone, as instants in UTC."""
    return _spans_of(calendar.zone, day, calendar.periods(day))


def local_date(calendar: Calendar, at: datetime) -> date:
    """The date that the calendar's wall shows."""
    return at.astimezone(ZoneInfo(calendar.zone)).date()


def _spans_from(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """The open spans that end after `start`, in order, up to the horizon, as instants in UTC."""
    day = start.astimezone(ZoneInfo(calendar.zone)).date()
    own = _by_date(calendar.days)  # looked up once: to hash some hundred dates costs more than a day's spans
    for _ in range(HORIZON.days):
        periods = own.get(day)
        if periods is None:
            periods = calendar.usual(day)
        for opens, closes in _spans_of(calendar.zone, day, periods):
            if closes > start:
                yield opens, closes
        day += timedelta(days=1)


@lru_cache(maxsize=20_000)
def _spans_of(zone: str, day: date, periods: Day) -> tuple[Span, ...]:
    """A date's periods as instants; one that the clocks' change swallowed is not there."""
    spans = ((instant(zone, day, each.start), instant(zone, day, each.end)) for each in periods)
    return tuple((opens, closes) for opens, closes in spans if opens < closes)


def instant(zone: str, day: date, minute: int) -> datetime:
    """When the wall clock in a zone shows a minute of a date: the first time if twice, and if never, the
    moment that jumps over it."""
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    place = ZoneInfo(zone)
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    first = wall.replace(tzinfo=place).astimezone(UTC)
    if first.astimezone(place).replace(tzinfo=None) == wall:
        return first
    # In the gap: `fold` 1 reads the wall by the offset after it, `fold` 0 by the one before (PEP 495).
    early, late = wall.replace(tzinfo=place, fold=1).astimezone(UTC), first
    before = early.astimezone(place).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + ((late - early) / 2)
        if middle.astimezone(place).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


@lru_cache(maxsize=64)
def _by_date(days: tuple[tuple[date, Day], ...]) -> dict[date, Day]:
    return dict(days)


def load_holidays() -> None:
    """Import the rules of all countries, as the first look-up otherwise does on its event loop, for 80 ms."""
    import_module("holidays.countries")


@lru_cache(maxsize=2000)
def public_holidays(country: str, subdivision: str | None, year: int) -> dict[date, str]:
    """The public holidays of a year, by name in the country's own language, whatever the server speaks.

    Raises CalendarRefused for an unknown place.
    """
    try:
        place = holidays.country_holidays(country, subdiv=subdivision)
        own = place.default_language
        return dict(holidays.country_holidays(country, subdiv=subdivision, years=year, language=own))
    except NotImplementedError as unknown:  # how the library says that it does not know a place
        raise CalendarRefused("the holidays of that country or region are not known") from unknown
