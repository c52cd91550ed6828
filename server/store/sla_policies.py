"""SLA policies and their terms. A change raises the desk's version, which the writer reads."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain.calendar import Calendar
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.sla.policy import Conditions, Promise
from server.store.applications import queue_all
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("sla_policies")
MAX_POLICIES = 100
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


async def lock_policies(db: Connection, workspace_id: UUID) -> None:
    """Until commit nobody else changes policies, calendars or reasons of this workspace."""
    await db.execute(SQL["lock_policies"], workspace_id)


async def add_policy(db: Connection, workspace_id: UUID, policy_id: UUID, written: Written) -> None:
    """Keep a new policy, before all others. Invalid when it names a calendar that is not there, Conflict when
    there are MAX_POLICIES."""
    await lock_policies(db, workspace_id)
    if await db.fetchval(SQL["count_policies"], workspace_id) >= MAX_POLICIES:
        raise Conflict(f"A workspace has at most {MAX_POLICIES} policies")
    terms_id = await _make_terms(db, workspace_id, policy_id, written.promises)
    await db.execute(SQL["add_policy"], workspace_id, policy_id, *_columns(written), terms_id)
    await queue_all(db, workspace_id)


async def change_policy(db: Connection, workspace_id: UUID, policy_id: UUID, written: Written) -> None:
    """Write a policy anew: with other promises, under other terms. NotFound; Invalid like `add_policy`."""
    await lock_policies(db, workspace_id)
    found = await find_policy(db, workspace_id, policy_id)
    if found is None:
        raise NotFound
    before = found.written
    if _rules(before) == _rules(written):
        await db.execute(SQL["describe_policy"], workspace_id, policy_id, written.name, written.description)
        return
    terms_id = None
    if before.promises != written.promises:
        terms_id = await _make_terms(db, workspace_id, policy_id, written.promises)
    await db.execute(SQL["change_policy"], workspace_id, policy_id, *_columns(written), terms_id)
    await queue_all(db, workspace_id)


async def delete_policy(db: Connection, workspace_id: UUID, policy_id: UUID) -> None:
    """End a policy; NotFound when there is none."""
    await lock_policies(db, workspace_id)
    if await db.fetchval(SQL["delete_policy"], workspace_id, policy_id) is None:
        raise NotFound
    await queue_all(db, workspace_id)


async def list_order(db: Connection, workspace_id: UUID) -> list[UUID]:
    """All policies, the first to be asked first."""
    return [row["id"] for row in await db.fetch(SQL["list_order"], workspace_id)]


async def order_policies(db: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> None:
    """Let the policies be asked in this order; Conflict unless these are all that there are, once each."""
    await lock_policies(db, workspace_id)
    before = await list_order(db, workspace_id)
    if sorted(ids) != sorted(before):
        raise Conflict("There are other policies by now")
    if list(ids) != before:
        await db.execute(SQL["order_policies"], workspace_id, list(ids))
        await queue_all(db, workspace_id)


async def renew_terms(db: Connection, workspace_id: UUID, calendar_id: UUID) -> None:
    """A calendar changed: whatever measures by it does so under other terms from now on. Call it locked."""
    rows = await db.fetch(SQL["list_by_calendar"], workspace_id, calendar_id)
    for row in rows:
        promises = msgspec.json.decode(row["promises"], type=tuple[Promise, ...])
        terms_id = await _make_terms(db, workspace_id, row["id"], promises)
        await db.execute(SQL["renew_terms"], workspace_id, row["id"], terms_id)
    if rows:
        await queue_all(db, workspace_id)


async def list_present(db: Connection, workspace_id: UUID, ids: Collection[UUID]) -> set[tuple[str, UUID]]:
    """Which of these a policy may name, each with what it is."""
    rows = await db.fetch(SQL["list_present"], workspace_id, list(ids))
    return {(row["kind"], row["id"]) for row in rows}


def _rules(written: Written) -> object:
    return written.active, written.conditions, written.promises


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
