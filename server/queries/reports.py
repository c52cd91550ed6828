"""How well SLA promises were kept, by any of four groupings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from server.domain.report_resources import ComplianceRow, ComplianceTotals
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("reports")
Grouping = Literal["policy", "team", "priority", "day"]

# A closed set of SQL: what is grouped by, and how it is called.
_GROUPS: dict[Grouping, dict[str, str]] = {
    "policy": {"policy_id": "s.policy_id::text", "policy_name": "p.name"},
    "team": {"team_id": "t.team_id::text", "team_name": "m.name"},
    "priority": {"priority": "t.priority"},
    "day": {"day": "to_char(s.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"},
}


async def list_compliance(
    db: Connection,
    workspace_id: UUID,
    begin: datetime,
    end: datetime,
    inbox_ids: Sequence[UUID] | None,
    groupings: Sequence[Grouping],
) -> list[ComplianceRow]:
    """Targets that started in [begin, end), one row for each group and kind of target."""
    columns = {name: sql for grouping in groupings for name, sql in _GROUPS[grouping].items()}
    selected = "".join(f"{sql} AS {name}, " for name, sql in columns.items())
    grouped = "".join(f", {sql}" for sql in columns.values())
    sql = SQL["sla_compliance"].replace("/*groups*/", selected).replace("/*by*/", grouped)
    rows = await db.fetch(sql, workspace_id, begin, end, inbox_ids)
    return [_row(row, list(columns)) for row in rows]


def _row(row: Any, columns: Sequence[str]) -> ComplianceRow:
    return ComplianceRow(
        group={name: row[name] for name in columns},
        target=row["target"],
        targets=row["targets"],
        met=row["met"],
        breached=row["breached"],
        running=row["running"],
        compliance=_share(row["met"], row["breached"]),
    )


def totals(rows: Sequence[ComplianceRow]) -> ComplianceTotals:
    """All groups together."""
    met = sum(row.met for row in rows)
    breached = sum(row.breached for row in rows)
    return ComplianceTotals(
        targets=sum(row.targets for row in rows),
        met=met,
        breached=breached,
        running=sum(row.running for row in rows),
        compliance=_share(met, breached),
    )


def _share(met: int, breached: int) -> float | None:
    return round(met / (met + breached), 4) if met + breached else None
