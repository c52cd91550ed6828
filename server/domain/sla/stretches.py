"""A stretch of time in which a clock ran, cut where its calendar opens and closes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from server.domain.calendar import DAY_MINUTES, Calendar, instant, local_date, public_holidays, spans_on

Why = Literal["always", "business_hours", "outside_hours", "day_off", "public_holiday"]
_DAY = timedelta(days=1)


class Piece(NamedTuple):
    """A part of it: open or not, and why; a public holiday has its name."""

    begin: datetime
    end: datetime
    why: Why
    name: str | None = None

    @property
    def is_open(self) -> bool:
        return self.why in ("always", "business_hours")


def pieces(calendar: Calendar | None, begin: datetime, end: datetime) -> list[Piece]:
    """The parts from `begin` to `end`, one after the other without a gap; neighbours differ."""
    if calendar is None:
        return [Piece(begin, end, "always")] if begin < end else []
    found: list[Piece] = []
    for piece in _by_day(calendar, begin, end):
        last = found[-1] if found else None
        if last is not None and last[2:] == piece[2:]:
            found[-1] = last._replace(end=piece.end)
        else:
            found.append(piece)
    return found


def _by_day(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Piece]:
    day, at = local_date(calendar, begin), begin
    while at < end:
        closed, name = _closed(calendar, day)
        for opens, closes in spans_on(calendar, day):
            opens, closes = max(opens, at), min(closes, end)  # noqa: PLW2901 - clipped
            if opens < closes:
                if at < opens:
                    yield Piece(at, opens, closed, name)
                yield Piece(opens, closes, "business_hours")
                at = closes
        over = min(instant(calendar.zone, day, DAY_MINUTES), end)
        if at < over:
            yield Piece(at, over, closed, name)
            at = over
        day += _DAY


def _closed(calendar: Calendar, day: date) -> tuple[Why, str | None]:
    """Why it is closed on a date, where it is."""
    special = dict(calendar.days).get(day)
    if special is not None:
        return ("outside_hours" if special else "day_off"), None
    if calendar.country is not None:
        name = public_holidays(calendar.country, calendar.subdivision, day.year).get(day)
        if name is not None:
            return "public_holiday", name
    return "outside_hours", None
