"""Business calendars. What measures by one does so by a copy, so a change makes new terms of its policies."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain.calendar import Calendar
from server.domain.errors import Conflict, NotFound
from server.store import sla_policies
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

MAX_CALENDARS = 100
SQL = statements("calendars")
LISTING = Listing(
    SQL["select_calendars"],
    "c.id",
    filters={"id": "c.id = {}"},
    sorts={"name": Sort("lower(c.name)", str), "created_at": Sort("c.created_at", datetime)},
)
_DOUBLED = {"calendars_name": ("Another calendar has this name", "/name")}


class Named(Calendar, frozen=True):
    """A calendar as it is written down: with what its own dates are called, which measures nothing."""

    day_names: Mapping[date, str] = {}


class Kept(msgspec.Struct, frozen=True):
    """A calendar with its name, who measures by it, and its times."""

    id: UUID
    name: str
    calendar: Named
    policy_ids: Sequence[UUID]
    created_at: datetime
    updated_at: datetime


def kept(row: Any) -> Kept:
    """A calendar from its row."""
    calendar = msgspec.json.decode(row["definition"], type=Named)
    return Kept(row["id"], row["name"], calendar, row["policy_ids"], row["created_at"], row["updated_at"])


async def list_calendars(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of calendars, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_calendar(db: Connection, workspace_id: UUID, calendar_id: UUID) -> Kept | None:
    """One calendar."""
    rows = await list_calendars(db, workspace_id, {"id": calendar_id}, Slice("name", False, 1))
    return kept(rows[0]) if rows else None


async def add_calendar(db: Connection, workspace_id: UUID, name: str, calendar: Named) -> UUID:
    """Keep a new calendar; Conflict when the name is another's, or there are MAX_CALENDARS."""
    await sla_policies.lock_policies(db, workspace_id)
    if await db.fetchval(SQL["count_calendars"], workspace_id) >= MAX_CALENDARS:
        raise Conflict(f"A workspace has at most {MAX_CALENDARS} calendars")
    calendar_id = new_id()
    with refusing(_DOUBLED):
        await db.execute(SQL["add_calendar"], workspace_id, calendar_id, name, _json(calendar))
    return calendar_id


async def change_calendar(
    db: Connection, workspace_id: UUID, calendar_id: UUID, name: str, calendar: Named
) -> None:
    """Write a calendar anew: from now on its policies measure so. NotFound, and Conflict for the name."""
    await sla_policies.lock_policies(db, workspace_id)
    before = await find_calendar(db, workspace_id, calendar_id)
    if before is None:
        raise NotFound
    with refusing(_DOUBLED):
        await db.execute(SQL["change_calendar"], workspace_id, calendar_id, name, _json(calendar))
    if _measures(before.calendar) != _measures(calendar):
        await sla_policies.renew_terms(db, workspace_id, calendar_id)


async def delete_calendar(db: Connection, workspace_id: UUID, calendar_id: UUID) -> None:
    """End a calendar; Conflict while policies measure by it."""
    await sla_policies.lock_policies(db, workspace_id)
    rows = await db.fetch(sla_policies.SQL["list_by_calendar"], workspace_id, calendar_id)
    if rows:
        raise Conflict(f"It is used by: {', '.join(row['name'] for row in rows)}")
    await db.execute(SQL["delete_calendar"], workspace_id, calendar_id)


def _measures(calendar: Named) -> Calendar:
    return Calendar(calendar.zone, calendar.week, calendar.days, calendar.country, calendar.subdivision)


def _json(calendar: Named) -> str:
    return msgspec.json.encode(calendar).decode()
