"""A reader's wall clock: when its days, weeks and months begin, and what it shows of a day of UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from server.domain.rollups.cells import SLOT_MINUTES, SLOTS

_SLOT = timedelta(minutes=SLOT_MINUTES)


class Span(NamedTuple):
    """A period, and whose clocks tell it."""

    begin: datetime
    end: datetime
    zone: ZoneInfo


Unit = Literal["day", "week", "month"]


class Part(NamedTuple):
    """What a span has of one unit: from `begin` up to `end`; `day` is the first of its dates."""

    day: date
    begin: datetime
    end: datetime


class Stretch(NamedTuple):
    """Quarters of a day of UTC, from `first` up to but not including `last`, that one hour or date has."""

    first: int
    last: int
    day: date
    hour: int


def hours_of(span: Span, day: date) -> list[Stretch]:
    """The part of a day of UTC that is in the span, hour by hour of the wall clock."""
    return [_named(day, first, last, hour) for first, last, hour in _runs(_hours(span, day))]


def dates_of(span: Span, day: date) -> list[Stretch]:
    """The same date by date: most days of UTC have a part in two."""
    dates = [(slot, hour // 24 * 24) for slot, hour in _hours(span, day)]
    return [_named(day, first, last, hour) for first, last, hour in _runs(dates)]


def slots_before(span: Span, day: date) -> int:
    """How many quarters of a day of UTC lie before the span."""
    return min(max(-((_midnight(day) - span.begin) // _SLOT), 0), SLOTS)


def midnight(zone: ZoneInfo, day: date) -> datetime:
    """The instant at which a date begins: at its first midnight, or with the hour that was left out there."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def parts_of(span: Span, unit: Unit) -> list[Part]:
    """A span day by day, week by week (from Monday) or month by month, none of the parts empty."""
    dates = dates_between(span)
    firsts = [day for n, day in enumerate(dates) if n == 0 or _begins(unit, day)]
    begins = [span.begin, *(midnight(span.zone, day) for day in firsts[1:])]
    parts = map(Part, firsts, begins, [*begins[1:], span.end])
    return [part for part in parts if part.begin < part.end]


def _begins(unit: Unit, day: date) -> bool:
    return unit == "day" or (day.weekday() == 0 if unit == "week" else day.day == 1)


def dates_between(span: Span) -> list[date]:
    """The dates that the span touches, in order."""
    first = span.begin.astimezone(span.zone).date()
    last = (span.end - timedelta(microseconds=1)).astimezone(span.zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _hours(span: Span, day: date) -> list[tuple[int, int]]:
    """The slots of a day of UTC that are in the span, each with its wall clock's hours since that day."""
    start = _midnight(day)
    slots = range(slots_before(span, day), min(-((start - span.end) // _SLOT), SLOTS))
    offset = _offset(span.zone, start)
    if offset == _offset(span.zone, start + timedelta(days=1)):
        return [(slot, (offset + slot * SLOT_MINUTES) // 60) for slot in slots]
    return [(slot, (_offset(span.zone, start + _SLOT * slot) + slot * SLOT_MINUTES) // 60) for slot in slots]


def _offset(zone: ZoneInfo, at: datetime) -> int:
    """By how many minutes a zone's wall clock is ahead of UTC."""
    offset = at.astimezone(zone).utcoffset() or timedelta()
    return offset // timedelta(minutes=1)


def _runs(hours: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    for hour, found in groupby(hours, itemgetter(1)):
        slots = [slot for slot, _ in found]
        yield slots[0], slots[-1] + 1, hour


def _named(day: date, first: int, last: int, hour: int) -> Stretch:
    return Stretch(first, last, day + timedelta(days=hour // 24), hour % 24)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
