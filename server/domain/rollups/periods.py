"""A period as the fewest slices that roll-ups have: whole months, whole days, and single runs at its ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import msgspec

Kind = Literal["runs", "day", "month"]


class Slice(msgspec.Struct, frozen=True):
    """From `begin` up to but not including `end`; both are midnights of UTC unless it is of single runs."""

    kind: Kind
    begin: datetime
    end: datetime


def slices(begin: datetime, end: datetime, *, months: bool) -> list[Slice]:
    """The slices that together are [begin, end), none of them empty; of months only where they are wanted."""
    first, last = _next_day(begin), _midnight(end.date())
    if first >= last:
        return _slice("runs", begin, end)
    inner = _slice("day", first, last)
    if months and (month := _next_month(first)) < (until := _midnight(end.date().replace(day=1))):
        inner = [*_slice("day", first, month), Slice("month", month, until), *_slice("day", until, last)]
    return [*_slice("runs", begin, first), *inner, *_slice("runs", last, end)]


def _slice(kind: Kind, begin: datetime, end: datetime) -> list[Slice]:
    return [Slice(kind, begin, end)] if begin < end else []


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _next_day(at: datetime) -> datetime:
    """The first midnight that is not before."""
    day = _midnight(at.date())
    return day if day == at else day + timedelta(days=1)


def _next_month(at: datetime) -> datetime:
    """The first beginning of a month that is not before a midnight."""
    return at if at.day == 1 else (at.replace(day=1) + timedelta(days=32)).replace(day=1)
