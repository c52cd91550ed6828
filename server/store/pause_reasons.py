"""Why tickets wait. A reason that is gone cannot be chosen; tickets and their history keep its name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.clock import new_id
from server.domain.errors import Conflict
from server.domain.policy_resources import PauseReason
from server.store import sla_policies
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

MAX_REASONS = 100
SQL = statements("pause_reasons")
LISTING = Listing(
    SQL["select_reasons"],
    "r.id",
    filters={"id": "r.id = {}"},
    sorts={"name": Sort("lower(r.name)", str), "created_at": Sort("r.created_at", datetime)},
)
_DOUBLED = {"pause_reasons_name": ("Another reason has this name", "/name")}


def shape(row: Any) -> PauseReason:
    """The resource of a row."""
    return PauseReason(id=row["id"], name=row["name"], created_at=row["created_at"])


async def list_reasons(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of reasons, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_reason(db: Connection, workspace_id: UUID, reason_id: UUID) -> PauseReason | None:
    """One reason."""
    rows = await list_reasons(db, workspace_id, {"id": reason_id}, Slice("name", False, 1))
    return shape(rows[0]) if rows else None


async def add_reason(db: Connection, workspace_id: UUID, name: str) -> UUID:
    """Keep a new reason; Conflict when the name is another's, or there are MAX_REASONS."""
    await sla_policies.lock_policies(db, workspace_id)
    if await db.fetchval(SQL["count_reasons"], workspace_id) >= MAX_REASONS:
        raise Conflict(f"A workspace has at most {MAX_REASONS} reasons")
    reason_id = new_id()
    with refusing(_DOUBLED):
        await db.execute(SQL["add_reason"], workspace_id, reason_id, name)
    return reason_id


async def change_reason(db: Connection, workspace_id: UUID, reason_id: UUID, name: str) -> None:
    """Call a reason otherwise, in the past too; Conflict when the name is another's."""
    with refusing(_DOUBLED):
        await db.execute(SQL["change_reason"], workspace_id, reason_id, name)


async def delete_reason(db: Connection, workspace_id: UUID, reason_id: UUID) -> None:
    """End a reason; Conflict while a policy's clocks stand still for it."""
    await sla_policies.lock_policies(db, workspace_id)
    rows = await db.fetch(sla_policies.SQL["list_by_reason"], workspace_id, reason_id)
    if rows:
        raise Conflict(f"It is used by: {', '.join(row['name'] for row in rows)}")
    await db.execute(SQL["delete_reason"], workspace_id, reason_id)
