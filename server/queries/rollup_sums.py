"""Targets summed up from roll-ups, by what readers group and choose them by.

A period is read as few whole months as there are, else days, else single runs at its ends, each from the
narrowest cut that tells apart what is asked for. Customers may be as many as tickets: over whole months only
those are looked at who were large in one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from server.domain.errors import Invalid
from server.domain.events import TargetName
from server.domain.rollups.cells import TARGETS, Cut, fields_of
from server.domain.rollups.periods import Slice, slices
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("reports")
Grouping = Literal["policy", "team", "agent", "inbox", "priority", "customer", "day", "week", "month"]
MAX_GROUPS, MAX_CUSTOMERS = 3_333, 200

_TIME: Mapping[str, str] = {
    "day": "period",
    "week": "date_trunc('week', period)::date",
    "month": "to_char(period, 'YYYY-MM')",
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
    begin: datetime,
    end: datetime,
    inbox_ids: Sequence[UUID] | None,
    groupings: Sequence[Grouping],
    choice: Choice,
    *,
    durations: bool,
) -> Summed:
    """Targets that started in [begin, end). Raises Invalid for what cannot be asked together."""
    limit = MAX_CUSTOMERS if "customer" in groupings else MAX_GROUPS
    values: list[object] = [workspace_id, inbox_ids, limit]
    sql = _statement(begin, end, groupings, choice, values, durations=durations)
    rows = await db.fetch(sql, *values)
    whole = _sums(rows[0], durations=durations) if rows else {}
    if "customer" in groupings:
        everybody = await sum_targets(
            db, workspace_id, begin, end, inbox_ids, ["month"], choice, durations=durations
        )
        whole = everybody.whole
    found = [Group(_names(row, groupings), _sums(row, durations=durations)) for row in rows[1 : limit + 1]]
    return Summed(whole, found, len(rows) > limit + 1)


def _statement(
    begin: datetime,
    end: datetime,
    groupings: Sequence[Grouping],
    choice: Choice,
    values: list[object],
    *,
    durations: bool,
) -> str:
    fields = {f"{one}_id" if one in _TABLES else one for one in groupings if one not in _TIME}
    chosen = {name: value for name, value in msgspec.structs.asdict(choice).items() if value is not None}
    needed = (fields | chosen.keys()) - {"inbox_id"}
    parts = slices(begin, end, months=not {"day", "week"} & set(groupings))
    months = next((part for part in parts if part.kind == "month" and "customer_id" in needed), None)
    read = [_slice(part, needed, values, candidates=months is not None) for part in parts]
    filters = "".join(f" AND {name} = {_place(values, value)}" for name, value in chosen.items())
    groups = {one: _TIME.get(one) or (f"{one}_id" if one in _TABLES else one) for one in groupings}
    measures = ["targets", "met", "breached"]
    sums = [f"sum({short}_{it})::bigint AS {short}_{it}" for _, short in _COLUMNS for it in measures]
    if durations:
        sums += [f"sum({short}_durations)::text AS {short}_durations" for _, short in _COLUMNS]
    named = [one for one in groupings if one in _TABLES]
    return _filled(
        SQL["sums"],
        **{"with": "" if months is None else _dated(SQL["candidates"], months, values)},
        names="".join(f", {one}_of.name AS {one}_name" for one in named),
        groups=", ".join(f"{sql} AS {one}_key" for one, sql in groups.items()),
        first=next(iter(groups.values())),
        sums=", ".join(sums),
        slices=" UNION ALL ".join(read),
        filters=filters,
        by=", ".join(groups.values()),
        joins="".join(
            f" LEFT JOIN {_TABLES[one]} {one}_of"
            f" ON {one}_of.workspace_id = $1 AND {one}_of.id = summed.{one}_key"
            for one in named
        ),
    )


def _slice(part: Slice, needed: set[str], values: list[object], *, candidates: bool) -> str:
    join = " JOIN candidates USING (customer_id)" if candidates else ""
    if part.kind == "runs":
        begin, end = _place(values, part.begin), _place(values, part.end)
        return _filled(SQL["runs_slice"], candidates=join, begin=begin, end=end)
    cut = cut_for(needed, monthly=part.kind == "month")
    return _dated(_filled(SQL["cells_slice"], candidates=join, cut=cut), part, values)


def _dated(sql: str, part: Slice, values: list[object]) -> str:
    return _filled(sql, begin=_place(values, part.begin.date()), end=_place(values, part.end.date()))


def cut_for(needed: set[str], *, monthly: bool) -> Cut:
    """The narrowest cut that tells all that is needed apart; Invalid when there is none."""
    if "customer_id" in needed:
        if len(needed) > 1:
            raise Invalid("Customers can be grouped with inboxes and times only", pointer="?group_by")
        return "customers of a month" if monthly else "customers"
    if monthly:
        return "all of a month"
    narrow: tuple[Cut, ...] = ("teams", "agents")
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
