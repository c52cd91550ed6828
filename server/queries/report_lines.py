"""Lines of reports from sums. Pure, and at times much work: callers may give it to a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from server.domain.events import TargetName
from server.domain.report_resources import (
    AgeRow,
    BacklogDay,
    BreachHour,
    ComplianceRow,
    ComplianceTotals,
    DurationRow,
    DurationTotals,
    Names,
    VolumeDay,
)
from server.domain.rollups.cells import TARGETS
from server.domain.rollups.digits import counts_of
from server.domain.rollups.durations import quantiles
from server.queries.rollup_flows import AGE_DAYS, Hours, Volume
from server.queries.rollup_sums import Group, Summed, TargetSums


def compliance(
    summed: Summed, target: TargetName | None, *, by_size: bool
) -> tuple[ComplianceTotals, list[ComplianceRow]]:
    """All together, and a line for each group and target."""
    lines = [line for group in _ordered(summed, by_size=by_size) for line in compliance_of(group, target)]
    wanted = [sums for name, sums in summed.whole.items() if target in (None, name)]
    return ComplianceTotals(**_counts(wanted)), lines


def durations(
    summed: Summed, target: TargetName | None, *, by_size: bool
) -> tuple[list[DurationTotals], list[DurationRow]]:
    """Each target's, and a line for each group and target of which any was met."""
    lines = [line for group in _ordered(summed, by_size=by_size) for line in durations_of(group, target)]
    totals = [
        DurationTotals(target=name, **_quantiles(sums))
        for name, sums in summed.whole.items()
        if target in (None, name)
    ]
    return totals, lines


def compliance_of(group: Group, target: TargetName | None) -> list[ComplianceRow]:
    """A line for each target of a group."""
    return [
        ComplianceRow(group=group.names, target=name, **_counts([sums]))
        for name, sums in group.sums.items()
        if target in (None, name)
    ]


def durations_of(group: Group, target: TargetName | None) -> list[DurationRow]:
    """A line for each target of a group of which any was met."""
    lines = (
        DurationRow(group=group.names, target=name, **_quantiles(sums))
        for name, sums in group.sums.items()
        if target in (None, name)
    )
    return [line for line in lines if line.count]


def breaches(hours: Hours) -> list[BreachHour]:
    """Every hour of a week."""
    lines = []
    for place in [(weekday, hour) for weekday in range(1, 8) for hour in range(24)]:
        counts = {name: hours[place][name] if place in hours else 0 for name in TARGETS}
        lines.append(BreachHour(weekday=place[0], hour=place[1], **counts, breached=sum(counts.values())))
    return lines


def volume(found: Volume, names: Mapping[UUID, str]) -> list[VolumeDay]:
    """Every inbox's every day."""
    return [
        VolumeDay(
            group=_inbox(inbox, names),
            day=day,
            opened=one.opened,
            reopened=one.reopened,
            resolved=one.resolved,
        )
        for inbox in _by_name(found, names)
        for day, one in found[inbox].items()
    ]


def backlog(found: Volume, names: Mapping[UUID, str]) -> list[BacklogDay]:
    """Every inbox's every day."""
    return [
        BacklogDay(group=_inbox(inbox, names), day=day, open=one.open)
        for inbox in _by_name(found, names)
        for day, one in found[inbox].items()
    ]


def ages(rows: Sequence[Any], grouping: str | None) -> list[AgeRow]:
    """Every group's every age, those of nobody too."""
    bounds = [*zip((0, *AGE_DAYS), (*AGE_DAYS, None), strict=True)]
    counts = {(row["id"], row["age"]): row["open"] for row in rows}
    groups = dict(sorted({row["id"]: row["name"] for row in rows}.items(), key=lambda item: str(item[1])))
    return [
        AgeRow(group=names, from_days=begin, to_days=end, open=counts.get((one, age), 0))
        for one, names in ((one, _aged(grouping, one, name)) for one, name in groups.items())
        for age, (begin, end) in enumerate(bounds)
    ]


def _aged(grouping: str | None, one: str | None, name: str | None) -> Names:
    if grouping is None:
        return {}
    return {"priority": one} if grouping == "priority" else {f"{grouping}_id": one, f"{grouping}_name": name}


def _inbox(inbox: UUID | None, names: Mapping[UUID, str]) -> Names:
    return {} if inbox is None else {"inbox_id": str(inbox), "inbox_name": names.get(inbox)}


def _by_name(found: Volume, names: Mapping[UUID, str]) -> list[UUID | None]:
    return sorted(found, key=lambda inbox: (names.get(inbox, "") if inbox else "", str(inbox)))


def _ordered(summed: Summed, *, by_size: bool) -> list[Group]:
    """Groups in the order of their values, or as they are, the largest first."""
    return summed.groups if by_size else sorted(summed.groups, key=_order)


def _order(group: Group) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for key, value in group.names.items() if not key.endswith("_id")]


def _counts(several: Sequence[TargetSums]) -> dict[str, Any]:
    targets, met, breached = (
        sum(getattr(sums, name) for sums in several) for name in ("targets", "met", "breached")
    )
    decided = met + breached
    return {
        "targets": targets,
        "met": met,
        "breached": breached,
        "running": targets - decided,
        "compliance": round(met / decided, 4) if decided else None,
    }


def _quantiles(sums: TargetSums) -> dict[str, Any]:
    counts = counts_of(sums.durations)
    told = quantiles(counts, 0.5, 0.9)
    median, p90 = (None, None) if told is None else (_rounded(seconds) for seconds in told)
    return {"count": sum(counts), "median_seconds": median, "p90_seconds": p90}


def _rounded(seconds: float) -> float:
    return round(seconds, 1 if seconds < 1000 else 0)
