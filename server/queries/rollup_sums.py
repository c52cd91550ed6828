"""Targets summed up from roll-ups, by what readers group and choose them by.

A period is read in the fewest slices, each from the narrowest cut that tells apart what is asked for: all of
it, or each day, week or month of a reader's time zone for itself. Customers may be as many as tickets: over
whole months only those are looked at who were large in one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from server.domain.errors import Invalid
from server.domain.events import TargetName
from server.domain.rollups.cells import TARGETS, Cut, fields_of
from server.domain.rollups.clock import Part, Span, Unit, parts_of
from server.domain.rollups.periods import Grid, Kind, Slice, period_of, slices
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("reports")
Grouping = Literal["policy", "team", "agent", "inbox", "priority", "customer", "day", "week", "month"]
MAX_GROUPS, MAX_CUSTOMERS, PREFETCH = 3_333, 200, 100

_TIME: Mapping[Grouping, str] = {
    "day": "day",
    "week": "date_trunc('week', day::timestamp)::date",
    "month": "to_char(day, 'YYYY-MM')",
}
_TABLES = {
    "policy": "sla_policies",
    "team": "teams",
    "agent": "agents",
    "inbox": "inboxes",
    "customer": "customers",
}
_COLUMNS: tuple[tuple[TargetName, str], ...] = tuple(
    zip(TARGETS, ("first", "next", "resolution"), strict=True)
)


class Choice(msgspec.Struct, frozen=True):
    """Only these targets; None leaves it open."""

    inbox_id: UUID | None = None
    policy_id: UUID | None = None
    team_id: UUID | None = None
    agent_id: UUID | None = None
    priority: str | None = None


class TargetSums(msgspec.Struct, frozen=True):
    """The runs of one kind of target; `durations` is a number for `counts_of`, None unless asked for."""

    targets: int
    met: int
    breached: int
    durations: str | None


class Group(msgspec.Struct, frozen=True):
    """What is called by `names`, and its targets, those that are none left out."""

    names: dict[str, str | None]
    sums: dict[TargetName, TargetSums]


class Summed(msgspec.Struct, frozen=True):
    """The largest groups, and everything together."""

    whole: dict[TargetName, TargetSums]
    groups: list[Group]
    truncated: bool


async def sum_targets(
    db: Connection,
    workspace_id: UUID,
    span: Span,
    inbox_ids: Sequence[UUID] | None,
    groupings: Sequence[Grouping],
    choice: Choice,
    *,
    durations: bool,
) -> Summed:
    """Targets that started in a span, by its zone's days; Invalid for what cannot be asked together."""
    limit = MAX_CUSTOMERS if "customer" in groupings else MAX_GROUPS
    values: list[object] = [workspace_id, inbox_ids, limit]
    sql = _statement(span, groupings, choice, values, durations=durations)
    rows = await db.fetch(sql, *values)
    whole = _sums(rows[0], durations=durations) if rows else {}
    if "customer" in groupings:
        everybody = await sum_targets(
            db, workspace_id, span, inbox_ids, ["inbox"], choice, durations=durations
        )
        whole = everybody.whole
    found = [Group(_names(row, groupings), _sums(row, durations=durations)) for row in rows[1 : limit + 1]]
    return Summed(whole, found, len(rows) > limit + 1)


async def each_group(
    db: Connection,
    workspace_id: UUID,
    span: Span,
    inbox_ids: Sequence[UUID] | None,
    groupings: Sequence[Grouping],
    choice: Choice,
    *,
    durations: bool,
) -> AsyncIterator[Group]:
    """All groups, the largest first, however many: read from a cursor, PREFETCH at a time."""
    values: list[object] = [workspace_id, inbox_ids, None]
    sql = _statement(span, groupings, choice, values, durations=durations, everybody=True)
    async for row in db.cursor(sql, *values, prefetch=PREFETCH):
        if not row["whole"]:
            yield Group(_names(row, groupings), _sums(row, durations=durations))


def _statement(
    span: Span,
    groupings: Sequence[Grouping],
    choice: Choice,
    values: list[object],
    *,
    durations: bool,
    everybody: bool = False,
) -> str:
    fields = {f"{one}_id" if one in _TABLES else one for one in groupings if one not in _TIME}
    chosen = {name: value for name, value in msgspec.structs.asdict(choice).items() if value is not None}
    needed = (fields | chosen.keys()) - {"inbox_id"}
    found = _sliced(span, groupings, needed)
    large = "customer_id" in needed and not everybody
    months = [one for _, one in found if one.kind == "month" and large]
    filters = "".join(f" AND {name} = {_place(values, value)}" for name, value in chosen.items())
    groups = {one: _TIME.get(one) or (f"{one}_id" if one in _TABLES else one) for one in groupings}
    measures = ["targets", "met", "breached"]
    sums = [f"sum({short}_{it})::bigint AS {short}_{it}" for _, short in _COLUMNS for it in measures]
    if durations:
        sums += [f"sum({short}_durations)::text AS {short}_durations" for _, short in _COLUMNS]
    named = [one for one in groupings if one in _TABLES]
    return _filled(
        SQL["sums"],
        **{"with": _candidates(months, values)},
        names="".join(f", {one}_of.name AS {one}_name" for one in named),
        groups=", ".join(f"{sql} AS {one}_key" for one, sql in groups.items()),
        first=next(iter(groups.values())),
        sums=", ".join(sums),
        slices=" UNION ALL ".join(_selects(found, needed, values, candidates=bool(months))),
        filters=filters,
        by=", ".join(groups.values()),
        joins="".join(
            f" LEFT JOIN {_TABLES[one]} {one}_of"
            f" ON {one}_of.workspace_id = $1 AND {one}_of.id = summed.{one}_key"
            for one in named
        ),
    )


def _sliced(span: Span, groupings: Sequence[Grouping], needed: set[str]) -> list[tuple[date, Slice]]:
    """The slices of each part that is grouped by, with its first date."""
    units: list[Unit] = [one for one in groupings if one in ("day", "week", "month")]
    whole = Part(span.begin.astimezone(span.zone).date(), span.begin, span.end)
    parts = parts_of(span, units[0] if len(units) == 1 else "day") if units else [whole]
    grids: list[Grid] = ["month", "day"] if needed else ["month", "day", "hour"]
    return [(part.day, one) for part in parts for one in slices(part.begin, part.end, grids)]


def _selects(
    found: Sequence[tuple[date, Slice]], needed: set[str], values: list[object], *, candidates: bool
) -> list[str]:
    """A statement for the slices of each kind, one for those that are added and one for those taken away."""
    alike: defaultdict[tuple[Kind, bool], list[tuple[date, datetime, datetime]]] = defaultdict(list)
    for day, one in found:
        alike[one.kind, one.added].append((day, one.begin, one.end))
    selects = []
    for (kind, added), parts in alike.items():
        places = (_place(values, column) for column in map(list, zip(*parts, strict=True)))
        filled = dict(zip(("days", "begins", "ends"), places, strict=True)) | {"-": "" if added else "-"}
        if kind == "runs":
            join = " JOIN candidates USING (customer_id)" if candidates else ""
            selects.append(_filled(SQL["runs_slice"], **filled, candidates=join))
        else:
            join = " CROSS JOIN candidates" if candidates else ""
            theirs = " AND customer_id = candidates.customer_id" if candidates else ""
            cut = cut_for(needed, kind)
            selects.append(_filled(SQL["cells_slice"], **filled, candidates=join, theirs=theirs, cut=cut))
    return selects


def _candidates(slices_: Sequence[Slice], values: list[object]) -> str:
    """Who is looked at over whole months; everybody where there is none."""
    months = set()
    for one in slices_:
        month = one.begin
        while month < one.end:
            months.add(month)
            month = period_of("month", month + timedelta(days=31))
    return _filled(SQL["candidates"], months=_place(values, sorted(months))) if months else ""


def cut_for(needed: set[str], grid: Grid) -> Cut:
    """The narrowest cut that tells all that is needed apart; Invalid when there is none."""
    if "customer_id" in needed:
        if len(needed) > 1:
            raise Invalid("Customers can be grouped with inboxes and times only", pointer="?group_by")
        return "customers of a month" if grid == "month" else "customers"
    if grid == "month":
        return "all of a month"
    narrow: tuple[Cut, ...] = ("hours",) if grid == "hour" else ("teams", "agents")
    return next((cut for cut in narrow if needed <= fields_of(cut)), "all")


def _place(values: list[object], value: object) -> str:
    values.append(value)
    return f"${len(values)}"


def _filled(sql: str, **parts: str) -> str:
    for name, part in parts.items():
        sql = sql.replace(f"/*{name}*/", part)
    return sql


def _names(row: Any, groupings: Sequence[Grouping]) -> dict[str, str | None]:
    names: dict[str, str | None] = {}
    for one in groupings:
        key = row[f"{one}_key"]
        text = None if key is None else key.isoformat() if isinstance(key, date) else str(key)
        if one in _TABLES:
            names |= {f"{one}_id": text, f"{one}_name": row[f"{one}_name"]}
        else:
            names[one] = text
    return names


def _sums(row: Any, *, durations: bool) -> dict[TargetName, TargetSums]:
    return {
        name: TargetSums(
            row[f"{short}_targets"],
            row[f"{short}_met"],
            row[f"{short}_breached"],
            row[f"{short}_durations"] if durations else None,
        )
        for name, short in _COLUMNS
        if row[f"{short}_targets"]
    }
