"""Reports: how well the promises of a period were kept."""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, field

from server import clock
from server.domain.errors import Invalid
from server.domain.report_resources import SlaCompliance
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import When, check_instant
from server.http.operation import operation
from server.queries import reports
from server.queries.reports import Grouping
from server.queries.tickets import visible_to
from server.store.pool import Connection

MAX_PERIOD = timedelta(days=3 * 366)


class ComplianceQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which period, grouped by what. Without `from` and `to`, the last thirty days."""

    from_: When | None = field(name="from", default=None)
    to: When | None = None
    group_by: Annotated[tuple[Grouping, ...], Meta(min_length=1, max_length=4)] = ("policy",)


@operation("GET", "/reports/sla-compliance", Action.READ_DESK, {200: SlaCompliance}, timeout_seconds=30)
async def read_sla_compliance(call: Call, db: Connection, query: ComplianceQuery) -> SlaCompliance:
    """Report SLA targets that started in a period: met, breached, still running.

    One row for each group and kind of target, from the asking agent's inboxes. `compliance` is
    what was met in time of what is decided. Days are those of UTC.
    """
    end = check_instant(query.to or clock.now(), "?to")
    begin = check_instant(query.from_ or end - timedelta(days=30), "?from")
    if not begin < end:
        raise Invalid("The period ends before it begins", pointer="?to")
    if end - begin > MAX_PERIOD:
        raise Invalid(f"A period of {MAX_PERIOD.days} days at most", pointer="?from")
    groupings = list(dict.fromkeys(query.group_by))
    seen = visible_to(call.agent)
    rows = await reports.list_compliance(db, call.workspace_id, begin, end, seen, groupings)
    return SlaCompliance(from_=begin, to=end, group_by=groupings, totals=reports.totals(rows), data=rows)


OPERATIONS = (read_sla_compliance,)
