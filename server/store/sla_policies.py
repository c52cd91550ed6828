"""SLA policies. A change raises the workspace's configuration version, which the writer reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.domain import resources
from server.domain.errors import NotFound
from server.domain.events import Priority
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("sla_policies")
_RANK = "array_position('{low,normal,high,urgent}'::text[], p.priority_level)"
LISTING = Listing(
    SQL["select_policies"],
    "p.id",
    filters={"id": "p.id = {}"},
    sorts={
        "priority_level": Sort(_RANK, int),
        "name": Sort("lower(p.name)", str),
        "created_at": Sort("p.created_at", datetime),
    },
)


class Terms(msgspec.Struct, frozen=True):
    """What a policy promises."""

    name: str
    description: str
    priority_level: Priority
    first_response_time_minutes: int | None
    resolution_time_hours: float | None
    warning_percent: int
    active: bool


def shape(row: Any) -> resources.SLAPolicy:
    """The resource of a row."""
    return resources.SLAPolicy(**{name: row[name] for name in resources.SLAPolicy.__struct_fields__})


async def list_policies(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of policies, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_policy(db: Connection, workspace_id: UUID, policy_id: UUID) -> resources.SLAPolicy | None:
    """One policy."""
    rows = await list_policies(db, workspace_id, {"id": policy_id}, Slice("name", False, 1))
    return shape(rows[0]) if rows else None


async def lock_policy(db: Connection, workspace_id: UUID, policy_id: UUID) -> None:
    """Hold a policy's row until commit."""
    await db.execute(SQL["lock_policy"], workspace_id, policy_id)


async def add_policy(db: Connection, workspace_id: UUID, policy_id: UUID, terms: Terms) -> None:
    """Keep a new policy."""
    values = msgspec.structs.astuple(terms)
    await db.execute(SQL["add_policy"], workspace_id, policy_id, *values)


async def change_policy(db: Connection, workspace_id: UUID, policy_id: UUID, terms: Terms) -> None:
    """Write a policy anew."""
    values = msgspec.structs.astuple(terms)
    await db.execute(SQL["change_policy"], workspace_id, policy_id, *values)


async def delete_policy(db: Connection, workspace_id: UUID, policy_id: UUID) -> None:
    """End a policy; NotFound when there is none."""
    if await db.fetchval(SQL["delete_policy"], workspace_id, policy_id) is None:
        raise NotFound
