"""A period as the fewest slices that roll-ups have, of grids of whole months, days and hours of UTC.

A period that begins an hour after a month is the month less an hour: slices are taken away too, where that is
nearer than what is finer. Single runs are what no grid has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

Grid = Literal["month", "day", "hour"]
Kind = Literal[Grid, "runs"]
_FIRST = {
    "month": {"day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
    "hour": {"minute": 0, "second": 0, "microsecond": 0},
}
_LONGEST = {"month": timedelta(days=31), "day": timedelta(days=1), "hour": timedelta(hours=1)}


class Slice(msgspec.Struct, frozen=True):
    """From `begin` up to but not including `end`, which lie on its grid; to be added, or taken away."""

    kind: Kind
    begin: datetime
    end: datetime
    added: bool = True


def slices(begin: datetime, end: datetime, grids: Sequence[Grid]) -> list[Slice]:
    """The slices that together are [begin, end), in UTC; of these grids, the coarsest first."""
    if begin >= end:
        return []
    for n, grid in enumerate(grids):
        first, last = _nearest(grid, begin), _nearest(grid, end)
        if abs(begin - first) + abs(end - last) < end - begin:
            finer = grids[n + 1 :]
            return [Slice(grid, first, last), *_moved(first, begin, finer), *_moved(end, last, finer)]
    return [Slice("runs", begin, end)]


def _moved(at: datetime, to: datetime, grids: Sequence[Grid]) -> list[Slice]:
    """What lies between is too much where `at` is the earlier one, and missing where it is the later."""
    if at <= to:
        return [msgspec.structs.replace(one, added=not one.added) for one in slices(at, to, grids)]
    return slices(to, at, grids)


def period_of(grid: Grid, at: datetime) -> datetime:
    """When the month, day or hour of an instant began, in UTC."""
    return at.astimezone(UTC).replace(**_FIRST[grid])  # type: ignore[arg-type]


def _nearest(grid: Grid, at: datetime) -> datetime:
    before = period_of(grid, at)
    after = period_of(grid, before + _LONGEST[grid])
    return before if at - before <= after - at else after
