"""The JSON shapes of reports."""

from __future__ import annotations

from typing import Literal

import msgspec

from server.domain.events import TargetName
from server.domain.resources import Instant, Resource


class ComplianceTotals(Resource, frozen=True, kw_only=True):
    """Targets of a period; `compliance` is met in time of what is decided, null when nothing is."""

    targets: int
    met: int
    breached: int
    running: int
    compliance: float | None


class ComplianceRow(ComplianceTotals, frozen=True, kw_only=True):
    """The targets of one group."""

    group: dict[str, str | None]
    target: TargetName


class SlaCompliance(Resource, frozen=True, kw_only=True):
    """How well the promises of a period were kept."""

    from_: Instant = msgspec.field(name="from")
    to: Instant
    group_by: list[Literal["policy", "team", "priority", "day"]]
    totals: ComplianceTotals
    data: list[ComplianceRow]
