"""SLA policies and their terms. A change raises the desk's version, which the writer reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain.calendar import Calendar
from server.domain.errors import Invalid, NotFound
from server.domain.sla.policy import Conditions, Promise
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("sla_policies")
_RANK = "array_position('{low,normal,high,urgent}'::text[], p.conditions->'priorities'->>0)"
LISTING = Listing(
    SQL["select_policies"],
    "p.id",
    filters={"id": "p.id = {}"},
    sorts={
        "position": Sort("p.position", int),
        "priority_level": Sort(f"coalesce({_RANK}, 0)", int),
        "name": Sort("lower(p.name)", str),
        "created_at": Sort("p.created_at", datetime),
    },
)


class Written(msgspec.Struct, frozen=True):
    """A policy as it is written down: promises name their calendars, and do not contain them."""

    name: str
    description: str
    active: bool
    conditions: Conditions
    promises: tuple[Promise, ...]


class Kept(msgspec.Struct, frozen=True):
    """A policy with its place and its times."""

    id: UUID
    position: int
    written: Written
    created_at: datetime
    updated_at: datetime


def kept(row: Any) -> Kept:
    """A policy from its row."""
    written = Written(
        row["name"],
        row["description"],
        row["active"],
        msgspec.json.decode(row["conditions"], type=Conditions),
        msgspec.json.decode(row["promises"], type=tuple[Promise, ...]),
    )
    return Kept(row["id"], row["position"], written, row["created_at"], row["updated_at"])


async def list_policies(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of policies, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_policy(db: Connection, workspace_id: UUID, policy_id: UUID) -> Kept | None:
    """One policy."""
    rows = await list_policies(db, workspace_id, {"id": policy_id}, Slice("name", False, 1))
    return kept(rows[0]) if rows else None


async def lock_policy(db: Connection, workspace_id: UUID, policy_id: UUID) -> None:
    """Hold a policy's row until commit."""
    await db.execute(SQL["lock_policy"], workspace_id, policy_id)


async def add_policy(db: Connection, workspace_id: UUID, policy_id: UUID, written: Written) -> None:
    """Keep a new policy, before all others. Invalid when it names a calendar that is not there."""
    terms_id = await _make_terms(db, workspace_id, policy_id, written.promises)
    await db.execute(SQL["add_policy"], workspace_id, policy_id, *_columns(written), terms_id)


async def change_policy(db: Connection, workspace_id: UUID, policy_id: UUID, written: Written) -> None:
    """Write a policy anew: with other promises, under other terms. Invalid like `add_policy`."""
    before = await find_policy(db, workspace_id, policy_id)
    terms_id = None
    if before is None or before.written.promises != written.promises:
        terms_id = await _make_terms(db, workspace_id, policy_id, written.promises)
    await db.execute(SQL["change_policy"], workspace_id, policy_id, *_columns(written), terms_id)


async def delete_policy(db: Connection, workspace_id: UUID, policy_id: UUID) -> None:
    """End a policy; NotFound when there is none."""
    if await db.fetchval(SQL["delete_policy"], workspace_id, policy_id) is None:
        raise NotFound


async def _make_terms(
    db: Connection, workspace_id: UUID, policy_id: UUID, promises: Sequence[Promise]
) -> UUID:
    """Write down what is promised from now on, with the calendars as they are now."""
    wanted = {promise.calendar_id for promise in promises if promise.calendar_id is not None}
    rows = await db.fetch(SQL["find_calendars"], workspace_id, list(wanted))
    calendars = {row["id"]: msgspec.json.decode(row["definition"], type=Calendar) for row in rows}
    if wanted - calendars.keys():
        raise Invalid("There is no such calendar", pointer="/targets")
    whole = tuple(
        msgspec.structs.replace(promise, calendar=calendars.get(promise.calendar_id))
        if promise.calendar_id is not None
        else promise
        for promise in promises
    )
    terms_id = new_id()
    await db.execute(SQL["add_terms"], workspace_id, terms_id, policy_id, _json(whole))
    return terms_id


def _columns(written: Written) -> tuple[object, ...]:
    promises = _json(written.promises)
    return written.name, written.description, written.active, _json(written.conditions), promises


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
