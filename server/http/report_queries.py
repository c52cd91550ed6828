"""What can be asked of reports: a period, grouped by what, and of which tickets only."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, field

from server.domain.events import Priority, TargetName
from server.http.inputs import When, Zone
from server.queries.rollup_flows import AgeGrouping
from server.queries.rollup_sums import Grouping

Format = Literal["json", "csv"]


class PeriodQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which period: without `from` and `to`, the last thirty days; of which zone, else the workspace's.

    `format` wins over `Accept`.
    """

    from_: When | None = field(name="from", default=None)
    to: When | None = None
    time_zone: Zone | None = None
    format: Format | None = None


class TargetsQuery(PeriodQuery, frozen=True, forbid_unknown_fields=True):
    """Grouped by what, and which targets only."""

    group_by: Annotated[tuple[Grouping, ...], Meta(min_length=1, max_length=4)] = ("policy",)
    target: TargetName | None = None
    inbox_id: UUID | None = None
    policy_id: UUID | None = None
    team_id: UUID | None = None
    agent_id: UUID | None = None
    priority: Priority | None = None


class FlowQuery(PeriodQuery, frozen=True, forbid_unknown_fields=True):
    """Of which inbox."""

    inbox_id: UUID | None = None


class InboxFlowQuery(FlowQuery, frozen=True, forbid_unknown_fields=True):
    """The same, perhaps each inbox for itself."""

    group_by: Literal["inbox"] | None = None


class AgeQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Grouped by what, and of which inbox."""

    group_by: AgeGrouping | None = None
    inbox_id: UUID | None = None
    format: Format | None = None
