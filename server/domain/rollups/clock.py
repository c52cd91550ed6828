"""Days of UTC, in quarters of an hour, as a reader's wall clock shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from server.domain.rollups.cells import SLOT_MINUTES, SLOTS

_SLOT = timedelta(minutes=SLOT_MINUTES)


class Span(NamedTuple):
    """A period, and whose clocks tell it."""

    begin: datetime
    end: datetime
    zone: ZoneInfo


class Stretch(NamedTuple):
    """Quarters of a day of UTC, from `first` up to but not including `last`, that one hour or date has."""

    first: int
    last: int
    day: date
    hour: int


def hours_of(span: Span, day: date) -> list[Stretch]:
    """The part of a day of UTC that is in the span, hour by hour of the wall clock."""
    return list(_stretches(span, day, lambda wall: (wall.date(), wall.hour)))


def dates_of(span: Span, day: date) -> list[Stretch]:
    """The same date by date: most days of UTC have a part in two."""
    return list(_stretches(span, day, lambda wall: (wall.date(), 0)))


def slots_before(span: Span, day: date) -> int:
    """How many quarters of a day of UTC lie before the span."""
    return min(max(-((_midnight(day) - span.begin) // _SLOT), 0), SLOTS)


def dates_between(span: Span) -> list[date]:
    """The dates that the span touches, in order."""
    first = span.begin.astimezone(span.zone).date()
    last = (span.end - timedelta(microseconds=1)).astimezone(span.zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _stretches(span: Span, day: date, name: Callable[[datetime], tuple[date, int]]) -> Iterator[Stretch]:
    start = _midnight(day)
    slots = range(slots_before(span, day), min(-((start - span.end) // _SLOT), SLOTS))
    for (shown, hour), found in groupby(
        slots, lambda slot: name((start + _SLOT * slot).astimezone(span.zone))
    ):
        quarters = list(found)
        yield Stretch(quarters[0], quarters[-1] + 1, shown, hour)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
