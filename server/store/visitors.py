"""Visitors: visits to a widget, each of a customer, anonymous or known by a signed identity."""

from uuid import UUID

import msgspec

from server.clock import new_id
from server.store.customers import Known
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("visitors")


class Visitor(msgspec.Struct, frozen=True):
    """A visit that has not ended."""

    id: UUID
    customer_id: UUID
    verified: bool


async def add_visitor(
    db: Connection, workspace_id: UUID, inbox_id: UUID, customer_id: UUID, *, verified: bool
) -> Visitor:
    """Begin a visit."""
    visitor_id = new_id()
    await db.execute(SQL["add_visitor"], workspace_id, visitor_id, inbox_id, customer_id, verified)
    return Visitor(visitor_id, customer_id, verified)


async def find_visitor(
    db: Connection, workspace_id: UUID, visitor_id: UUID, inbox_id: UUID
) -> Visitor | None:
    """A visit of this inbox that goes on, noting that it does."""
    row = await db.fetchrow(SQL["touch_visitor"], workspace_id, visitor_id, inbox_id)
    return None if row is None else Visitor(row["id"], row["customer_id"], row["verified"])


async def end_visitor(db: Connection, workspace_id: UUID, visitor_id: UUID) -> None:
    """End a visit; its token opens nothing any more."""
    await db.execute(SQL["end_visitor"], workspace_id, visitor_id)


async def find_or_add_identified(
    db: Connection,
    workspace_id: UUID,
    inbox_id: UUID,
    external_id: str,
    name: str | None,
    email: str | None,
) -> Known:
    """The customer whom an inbox's site knows by `external_id`, as the site signs them now.

    A customer with the signed address whom no site has named yet (they wrote mail) becomes them.
    """
    found = await db.fetchrow(SQL["find_identified"], workspace_id, inbox_id, external_id)
    if found is None and email is not None:
        found = await db.fetchrow(SQL["name_by_email"], workspace_id, inbox_id, external_id, email)
    if found is None:
        values = (workspace_id, new_id(), inbox_id, external_id, name or "", email)
        found = await db.fetchrow(SQL["add_identified"], *values)
    if found is None:  # a parallel request was first
        found = await db.fetchrow(SQL["find_identified"], workspace_id, inbox_id, external_id)
    await db.execute(SQL["rename_identified"], workspace_id, found["id"], name, email)
    return Known(found["id"], name or found["name"], found["email"] or email)


async def sweep(db: Connection, workspace_id: UUID) -> None:
    """Forget visits of a month ago that said nothing, and the nameless customers made for them."""
    await db.execute(SQL["sweep"], workspace_id)
