"""What happened when, from roll-ups, in a reader's time zone: breaches by hour, volume and backlog by day.

The sums of a year are many numbers to take apart: that runs in a thread.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from anyio import to_thread

from server.domain.events import TargetName
from server.domain.rollups.cells import SLOTS, TARGETS, Flow
from server.domain.rollups.clock import Span, Stretch, dates_between, dates_of, hours_of, slots_before
from server.domain.rollups.digits import counts_of, total_of
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("reports")
AgeGrouping = Literal["inbox", "team", "agent", "priority"]
AGE_DAYS = (1, 3, 7, 14, 30, 90)
_TURNS: tuple[Flow, ...] = ("opened", "reopened", "resolved")
_AGED = {"inbox": "inboxes", "team": "teams", "agent": "agents"}


class DayVolume(msgspec.Struct):
    """What happened on a day, and how many tickets were open at its end."""

    opened: int = 0
    reopened: int = 0
    resolved: int = 0
    open: int = 0

    def add(self, kind: Flow, count: int) -> None:
        """So many more tickets were opened, reopened or resolved."""
        match kind:
            case "opened":
                self.opened += count
            case "reopened":
                self.reopened += count
            case _:
                self.resolved += count


Volume = dict[UUID | None, dict[date, DayVolume]]
Hours = dict[tuple[int, int], Counter[TargetName]]
# Its first quarter in a day of UTC, the one after its last; its weekday and hour.
HourOfWeek = tuple[int, int, int, int]


async def sum_breaches(
    db: Connection, workspace_id: UUID, span: Span, inbox_ids: Sequence[UUID] | None
) -> Hours:
    """Breaches by weekday (1 is Monday) and hour, and target; in these inboxes, or all when None."""
    rows = await _flows(db, workspace_id, span, inbox_ids, TARGETS, by_inbox=False)
    return await to_thread.run_sync(_by_hour, rows, span)


async def sum_volume(
    db: Connection, workspace_id: UUID, span: Span, inbox_ids: Sequence[UUID] | None, *, by_inbox: bool
) -> Volume:
    """Every day of the span, by inbox (those with tickets) or under None all together."""
    first = span.begin.astimezone(UTC).date()
    rows = await _flows(db, workspace_id, span, inbox_ids, _TURNS, by_inbox=by_inbox)
    before = await db.fetch(SQL["open_before"], workspace_id, first, inbox_ids, by_inbox)
    backlog: dict[UUID | None, int] = {} if by_inbox else {None: 0}
    backlog |= {row["inbox_id"]: int(row["open"]) for row in before}
    return await to_thread.run_sync(_by_day, rows, span, backlog)


async def count_ages(
    db: Connection,
    workspace_id: UUID,
    now: datetime,
    inbox_ids: Sequence[UUID] | None,
    grouping: AgeGrouping | None,
) -> list[Any]:
    """Open tickets as rows of id, name, age (a place among AGE_DAYS) and open."""
    joins = ""
    if grouping in _AGED:
        column = f"t.{grouping}_id"
        joins = f" LEFT JOIN {_AGED[grouping]} g ON g.workspace_id = t.workspace_id AND g.id = {column}"
        name = "g.name"
    else:
        column = name = "t.priority" if grouping == "priority" else "NULL"
    sql = SQL["ageing"].replace("/*group*/", column).replace("/*name*/", name).replace("/*joins*/", joins)
    rows: list[Any] = await db.fetch(sql, workspace_id, now, inbox_ids, [float(days) for days in AGE_DAYS])
    return rows


async def list_inbox_names(db: Connection, workspace_id: UUID) -> dict[UUID, str]:
    """What inboxes are called."""
    return {row["id"]: row["name"] for row in await db.fetch(SQL["inbox_names"], workspace_id)}


async def _flows(
    db: Connection,
    workspace_id: UUID,
    span: Span,
    inbox_ids: Sequence[UUID] | None,
    kinds: Sequence[Flow],
    *,
    by_inbox: bool,
) -> list[Any]:
    first, last = span.begin.astimezone(UTC).date(), span.end.astimezone(UTC).date()
    rows: list[Any] = await db.fetch(
        SQL["flows"], workspace_id, first, last, inbox_ids, list(kinds), by_inbox
    )
    return rows


def _by_hour(rows: Sequence[Any], span: Span) -> Hours:
    weekdays = {day: _weekday(span, day) for day in {row["day"] for row in rows}}
    sums: defaultdict[tuple[TargetName, tuple[HourOfWeek, ...]], int] = defaultdict(int)
    for row in rows:
        sums[row["kind"], weekdays[row["day"]]] += int(row["slots"])
    found: Hours = defaultdict(Counter)
    for (kind, hours), number in sums.items():
        counts = counts_of(str(number))
        for first, last, weekday, hour in hours:
            found[weekday, hour][kind] += sum(counts[first:last])
    return found


def _weekday(span: Span, day: date) -> tuple[HourOfWeek, ...]:
    """The hours of a day of UTC; alike for a weekday's days, but where clocks change or a span ends."""
    return tuple((part.first, part.last, part.day.isoweekday(), part.hour) for part in hours_of(span, day))


def _by_day(rows: Sequence[Any], span: Span, backlog: dict[UUID | None, int]) -> Volume:
    dates, first = dates_between(span), span.begin.astimezone(UTC).date()
    inboxes = backlog.keys() | {row["inbox_id"] for row in rows}
    volume: Volume = {inbox: {day: DayVolume() for day in dates} for inbox in inboxes}
    shares = {day: _shared(dates_of(span, day)) for day in {row["day"] for row in rows}}
    for day, kind, inbox, happened, slots in rows:
        if day == first:
            before = total_of(slots, 0, slots_before(span, first))
            backlog[inbox] = backlog.get(inbox, 0) + (-before if kind == "resolved" else before)
        rest, parts = shares[day]
        by_day, left = volume[inbox], happened
        for part in parts:
            count = total_of(slots, part.first, part.last)
            by_day[part.day].add(kind, count)
            left -= count
        if rest is not None:
            by_day[rest].add(kind, left)
    for inbox, by_day in volume.items():
        left = backlog.get(inbox, 0)
        for of_day in by_day.values():
            left += of_day.opened + of_day.reopened - of_day.resolved
            of_day.open = left
    return volume


def _shared(parts: Sequence[Stretch]) -> tuple[date | None, Sequence[Stretch]]:
    """The date that has what others leave of a day of UTC, and the others; none where some is nobody's."""
    if sum(part.last - part.first for part in parts) < SLOTS:
        return None, parts
    longest = max(parts, key=lambda part: part.last - part.first)
    return longest.day, [part for part in parts if part != longest]
