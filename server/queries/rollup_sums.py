"""Targets summed up from roll-ups, by what readers group and choose them by.

A period is read in the fewest slices, each from the narrowest cut that tells apart what is asked for: all of
it, or each day, week or month of a reader's time zone for itself. Customers may be as many as tickets: over
whole months only those are looked at who were large in one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from anyio.lowlevel import checkpoint

from server.domain.errors import Invalid
from server.domain.events import TargetName
from server.domain.rollups.cells import TARGETS, Cut, fields_of
from server.domain.rollups.clock import Part, Span, Unit, parts_of
from server.domain.rollups.periods import Grid, Kind, Slice, period_of, slices
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("reports")
Grouping = Literal["policy", "team", "agent", "inbox", "priority", "customer", "day", "week", "month"]
MAX_GROUPS, MAX_CUSTOMERS, PREFETCH, TURN = 3_333, 200, 500, 50
FILE_SECONDS = 120  # that of fifty thousand customers takes three of a processor, or nine with durations

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
# From narrow to wide; not all hours are kept.
_CUTS: Mapping[Grid, tuple[Cut, ...]] = {
    "month": ("all of a month",),
    "day": ("teams", "agents", "all"),
    "hour": ("hours", "hours of agents"),
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


class Breakdown(NamedTuple):
    """Targets that started in a span, by its zone's days, and what they are grouped and chosen by.

    `inboxes` None is all; with `durations`, also how long they took.
    """

    span: Span
    inboxes: Sequence[UUID] | None
    groupings: Sequence[Grouping]
    choice: Choice
    durations: bool


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


class Asked(msgspec.Struct, frozen=True):
    """What is read of each slice: `fields` to group by and `measures`, of what the SQL `filters` leave.

    `needed` are the fields that are grouped or chosen by, besides inboxes. With `candidates`, theirs only.
    """

    fields: Sequence[str]
    measures: Sequence[str]
    needed: set[str]
    filters: str
    candidates: bool


async def sum_targets(db: Connection, workspace_id: UUID, wanted: Breakdown) -> Summed:
    """The sums of a breakdown; Invalid for what cannot be asked together."""
    groupings, durations = wanted.groupings, wanted.durations
    limit = MAX_CUSTOMERS if "customer" in groupings else MAX_GROUPS
    values: list[object] = [workspace_id, wanted.inboxes, limit]
    rows = await db.fetch(_statement(wanted, values), *values)
    whole = _sums(rows[0], durations=durations) if rows else {}
    if "customer" in groupings:
        everybody = await sum_targets(db, workspace_id, wanted._replace(groupings=["inbox"]))
        whole = everybody.whole
    found = [Group(_names(row, groupings), _sums(row, durations=durations)) for row in rows[1 : limit + 1]]
    return Summed(whole, found, len(rows) > limit + 1)


async def each_group(db: Connection, workspace_id: UUID, wanted: Breakdown) -> AsyncIterator[Group]:
    """All groups, the largest first, however many: read from a cursor, PREFETCH at a time; lets others work.

    All are added up before the first is told, which may take longer than a statement may otherwise.
    """
    values: list[object] = [workspace_id, wanted.inboxes, None]
    sql = _statement(wanted, values, everybody=True)
    told = 0
    async for row in db.cursor(sql, *values, prefetch=PREFETCH, timeout=FILE_SECONDS):
        told += 1
        if told % TURN == 0:
            await checkpoint()
        yield Group(_names(row, wanted.groupings), _sums(row, durations=wanted.durations))


def _statement(wanted: Breakdown, values: list[object], *, everybody: bool = False) -> str:
    span, _, groupings, choice, durations = wanted
    fields = [f"{one}_id" if one in _TABLES else one for one in groupings if one not in _TIME]
    chosen = {name: value for name, value in msgspec.structs.asdict(choice).items() if value is not None}
    needed = ({*fields} | chosen.keys()) - {"inbox_id"}
    found = _sliced(span, groupings, needed)
    large = "customer_id" in needed and not everybody
    months = [one for _, one in found if one.kind == "month" and large]
    measures = [f"{short}_{it}" for _, short in _COLUMNS for it in ("targets", "met", "breached")]
    spent = [f"{short}_durations" for _, short in _COLUMNS if durations]
    asked = Asked(
        fields,
        [*measures, *spent],
        needed,
        "".join(f" AND {name} = {_place(values, value)}" for name, value in chosen.items()),
        candidates=bool(months),
    )
    groups = {one: _TIME.get(one) or (f"{one}_id" if one in _TABLES else one) for one in groupings}
    by = ", ".join(groups.values())
    sums = [f"sum({it})::bigint AS {it}" for it in measures] + [f"sum({it})::text AS {it}" for it in spent]
    named = [one for one in groupings if one in _TABLES]
    return _filled(
        SQL["sums"],
        **{"with": _candidates(months, values)},
        names="".join(f", {one}_of.name AS {one}_name" for one in named),
        groups=", ".join(f"{sql} AS {one}_key" for one, sql in groups.items()),
        first=next(iter(groups.values())),
        sums=", ".join(sums),
        slices=" UNION ALL ".join(_selects(found, asked, values)),
        sets=by if everybody else f"GROUPING SETS (({by}), ())",
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
    grids: list[Grid] = ["month", "day"]
    if any(needed <= fields_of(cut) for cut in _CUTS["hour"]):
        grids.append("hour")
    return [(part.day, one) for part in parts for one in slices(part.begin, part.end, grids)]


def _selects(found: Sequence[tuple[date, Slice]], asked: Asked, values: list[object]) -> list[str]:
    """A statement for the slices of each kind: added, taken away, or passed from day to day."""
    added: defaultdict[tuple[Kind, datetime, datetime], list[date]] = defaultdict(list)
    taken: defaultdict[tuple[Kind, datetime, datetime], list[date]] = defaultdict(list)
    for day, one in found:
        (added if one.added else taken)[one.kind, one.begin, one.end].append(day)
    alike: defaultdict[tuple[Kind, str], list[tuple[object, ...]]] = defaultdict(list)
    for kind, begin, end in added | taken:
        for more, less in zip_longest(added[kind, begin, end], taken[kind, begin, end]):
            if more is None or less is None:
                alike[kind, "-" if more is None else ""].append((more or less, begin, end))
            else:
                alike[kind, "turn.sign * "].append((more, less, begin, end))
    return [_select(kind, sign, parts, asked, values) for (kind, sign), parts in alike.items()]


def _select(
    kind: Kind, sign: str, parts: Sequence[tuple[object, ...]], asked: Asked, values: list[object]
) -> str:
    """The statement for some slices; with the sign of a turn, those of two days."""
    shared = len(parts[0]) == 4
    names = ("days", "less", "begins", "ends") if shared else ("days", "begins", "ends")
    columns = zip(names, map(list, zip(*parts, strict=True)), strict=True)
    if kind == "runs":
        source, candidates, theirs = SQL["runs"], "", " AND customer_id IN (TABLE candidates)"
    else:
        source = _filled(SQL["cells"], cut=cut_for(asked.needed, kind))
        candidates, theirs = " CROSS JOIN candidates", " AND customer_id = candidates.customer_id"
    return _filled(
        SQL["shared_slice" if shared else "slice"],
        source=_filled(source, filters=asked.filters + (theirs if asked.candidates else "")),
        fields="".join(f", cell.{field}" for field in asked.fields),
        measures=", ".join(f"{sign}{it} AS {it}" for it in asked.measures),
        sums=", ".join([*asked.fields, *(f"sum({it}) AS {it}" for it in asked.measures)]),
        by=", ".join(asked.fields),
        candidates=candidates if asked.candidates else "",
        **{name: _place(values, column) for name, column in columns},
    )


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
    return next(cut for cut in _CUTS[grid] if needed <= fields_of(cut))


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
