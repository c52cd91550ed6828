"""Reports: how well promises were kept and how long it took; what came, went and stayed open.

All from roll-ups, which a consumer of the log keeps: each answer says up to which moment they are complete.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from uuid import UUID

from anyio import to_thread

from server.domain.errors import Invalid
from server.domain.report_resources import (
    Ageing,
    AgeRow,
    Backlog,
    BacklogDay,
    Breaches,
    BreachHour,
    ComplianceRow,
    DurationRow,
    Durations,
    SlaCompliance,
    Volume,
    VolumeDay,
)
from server.domain.resources import Resource
from server.domain.rights import Action
from server.domain.rollups import durations
from server.domain.rollups.clock import Span, midnight
from server.http.call import Call
from server.http.csv_table import MEDIA_TYPE
from server.http.inputs import check_instant, zone_of
from server.http.operation import Answer, operation
from server.http.report_queries import AgeQuery, FlowQuery, InboxFlowQuery, PeriodQuery, TargetsQuery
from server.http.told_reports import Asked, Lines, tell
from server.queries import report_lines, rollup_flows, rollup_sums
from server.queries.rollup_sums import FILE_SECONDS, Breakdown, Choice, Grouping, Summed
from server.queries.tickets import visible_to
from server.store.pool import Connection

MAX_PERIOD = timedelta(days=3 * 366)
_USUAL = timedelta(days=30)
# A reader who says `to` says now, by a clock that may differ a little: what began since is meant too.
_NOW = timedelta(minutes=1)
_CSV = (MEDIA_TYPE,)


@operation(
    "GET",
    "/reports/sla-compliance",
    Action.READ_DESK,
    {200: SlaCompliance, 304: None},
    also_as=_CSV,
    timeout_seconds=FILE_SECONDS,
)
async def read_sla_compliance(call: Call, db: Connection, query: TargetsQuery) -> Answer:
    """Report SLA targets that started in a period: met, breached, still running.

    One row for each group and kind of target, from the asking agent's inboxes. `compliance` is
    what was met in time of what is decided. A target is its agent's, team's and so on who had it when
    it was decided, or have it now. Days, weeks and months are those of `time_zone`. Customers go with
    inboxes and times only, and are the 200 with most targets. As JSON or CSV, with an ETag for
    `If-None-Match`; a CSV file has all groups, the largest first where JSON has a part of them.
    """
    asked, span = await _spanned(call, db, query)

    async def read() -> Lines:
        wanted = _breakdown(call, query, span, with_durations=False)
        summed = await rollup_sums.sum_targets(db, call.workspace_id, wanted)
        totals, data = report_lines.compliance(summed, query.target, by_size=_by_size(query))
        report = SlaCompliance(
            **asked.about, group_by=_groupings(query), totals=totals, data=data, truncated=summed.truncated
        )
        return Lines(report, data, ComplianceRow, _every(call, db, query, wanted, summed))

    return await tell(call, asked, read)


@operation(
    "GET",
    "/reports/durations",
    Action.READ_DESK,
    {200: Durations, 304: None},
    also_as=_CSV,
    timeout_seconds=FILE_SECONDS,
)
async def read_durations(call: Call, db: Connection, query: TargetsQuery) -> Answer:
    """Report how much working time targets took that started in a period: median and ninetieth percentile.

    Of those that were met, late ones too. Each figure is within the share `error` of the true one; grouped
    and chosen like the compliance.
    """
    asked, span = await _spanned(call, db, query)

    async def read() -> Lines:
        wanted = _breakdown(call, query, span, with_durations=True)
        summed = await rollup_sums.sum_targets(db, call.workspace_id, wanted)
        totals, data = await to_thread.run_sync(
            lambda: report_lines.durations(summed, query.target, by_size=_by_size(query))
        )
        report = Durations(
            **asked.about,
            group_by=_groupings(query),
            error=durations.ERROR,
            totals=totals,
            data=data,
            truncated=summed.truncated,
        )
        return Lines(report, data, DurationRow, _every(call, db, query, wanted, summed))

    return await tell(call, asked, read)


@operation(
    "GET", "/reports/breaches", Action.READ_DESK, {200: Breaches, 304: None}, also_as=_CSV, timeout_seconds=30
)
async def read_breaches(call: Call, db: Connection, query: FlowQuery) -> Answer:
    """Report on which weekdays and hours promises were broken in a period, on a zone's wall clocks."""
    asked, span = await _flowing(call, db, query)

    async def read() -> Lines:
        seen = _inboxes(call, query.inbox_id)
        data = report_lines.breaches(await rollup_flows.sum_breaches(db, call.workspace_id, span, seen))
        total = sum(line.breached for line in data)
        return Lines(Breaches(**asked.about, total=total, data=data), data, BreachHour)

    return await tell(call, asked, read)


@operation(
    "GET", "/reports/volume", Action.READ_DESK, {200: Volume, 304: None}, also_as=_CSV, timeout_seconds=30
)
async def read_volume(call: Call, db: Connection, query: InboxFlowQuery) -> Answer:
    """Report how many tickets were opened, opened again and resolved on each day of a period, in a zone."""
    asked, span = await _flowing(call, db, query)

    async def read() -> Lines:
        found = await rollup_flows.sum_volume(
            db, call.workspace_id, span, _inboxes(call, query.inbox_id), by_inbox=query.group_by is not None
        )
        names = await rollup_flows.list_inbox_names(db, call.workspace_id)
        data = await to_thread.run_sync(report_lines.volume, found, names)
        return Lines(Volume(**asked.about, data=data), data, VolumeDay)

    return await tell(call, asked, read)


@operation(
    "GET", "/reports/backlog", Action.READ_DESK, {200: Backlog, 304: None}, also_as=_CSV, timeout_seconds=30
)
async def read_backlog(call: Call, db: Connection, query: InboxFlowQuery) -> Answer:
    """Report how many tickets were open at the end of each day of a period, in a zone."""
    asked, span = await _flowing(call, db, query)

    async def read() -> Lines:
        found = await rollup_flows.sum_volume(
            db, call.workspace_id, span, _inboxes(call, query.inbox_id), by_inbox=query.group_by is not None
        )
        names = await rollup_flows.list_inbox_names(db, call.workspace_id)
        data = await to_thread.run_sync(report_lines.backlog, found, names)
        return Lines(Backlog(**asked.about, data=data), data, BacklogDay)

    return await tell(call, asked, read)


@operation(
    "GET", "/reports/ageing", Action.READ_DESK, {200: Ageing, 304: None}, also_as=_CSV, timeout_seconds=30
)
async def read_ageing(call: Call, db: Connection, query: AgeQuery) -> Answer:
    """Report the tickets that are open now by how long ago they were opened."""
    asked = await Asked.about_now(call, db, query)

    async def read() -> Lines:
        seen = _inboxes(call, query.inbox_id)
        rows = await rollup_flows.count_ages(db, call.workspace_id, asked.now, seen, query.group_by)
        data = report_lines.ages(rows, query.group_by)
        return Lines(Ageing(**asked.about, open=sum(line.open for line in data), data=data), data, AgeRow)

    return await tell(call, asked, read)


async def _spanned(call: Call, db: Connection, query: PeriodQuery) -> tuple[Asked, Span]:
    """What is asked, and the instants between which to look for it."""
    asked = await Asked.about_now(call, db, query)
    zone = zone_of(query.time_zone or asked.time_zone, "?time_zone")
    to = check_instant(query.to or asked.now, "?to").astimezone(UTC)
    begin = query.from_ or midnight(zone, to.astimezone(zone).date() - _USUAL)
    begin = check_instant(begin, "?from").astimezone(UTC)
    if not begin < to:
        raise Invalid("The period ends before it begins", pointer="?to")
    if to - begin > MAX_PERIOD:
        raise Invalid(f"A period of {MAX_PERIOD.days} days at most", pointer="?from")
    tomorrow = midnight(zone, asked.now.astimezone(zone).date() + timedelta(days=1))
    end = tomorrow if to > asked.now - _NOW and begin < tomorrow else to
    return asked.of_period(begin, to, end, zone.key), Span(begin, end, zone)


async def _flowing(call: Call, db: Connection, query: PeriodQuery) -> tuple[Asked, Span]:
    """The same for what happened until now, in quarters of an hour."""
    asked, span = await _spanned(call, db, query)
    today = asked.now.astimezone(span.zone).date()
    begin = span.begin.replace(minute=span.begin.minute // 15 * 15, second=0, microsecond=0)
    return asked.known_by(today.isoformat()), Span(begin, min(span.end, asked.now), span.zone)


def _inboxes(call: Call, chosen: UUID | None) -> list[UUID] | None:
    """The inboxes that the asking agent sees, or the chosen one of them; None is all."""
    seen = visible_to(call.agent)
    if chosen is None:
        return seen
    return [chosen] if seen is None or chosen in seen else []


def _breakdown(call: Call, query: TargetsQuery, span: Span, *, with_durations: bool) -> Breakdown:
    choice = Choice(query.inbox_id, query.policy_id, query.team_id, query.agent_id, query.priority)
    return Breakdown(span, visible_to(call.agent), _groupings(query), choice, with_durations)


def _every(
    call: Call, db: Connection, query: TargetsQuery, wanted: Breakdown, part: Summed
) -> AsyncIterator[Resource] | None:
    """The lines of all groups, the largest first, where a report has a part of them."""
    if not part.truncated and not _by_size(query):
        return None
    lines_of = report_lines.durations_of if wanted.durations else report_lines.compliance_of
    groups = rollup_sums.each_group(db, call.workspace_id, wanted)
    return (line async for group in groups for line in lines_of(group, query.target))


def _groupings(query: TargetsQuery) -> list[Grouping]:
    return list(dict.fromkeys(query.group_by))


def _by_size(query: TargetsQuery) -> bool:
    return "customer" in query.group_by


OPERATIONS = (read_sla_compliance, read_durations, read_breaches, read_volume, read_backlog, read_ageing)
