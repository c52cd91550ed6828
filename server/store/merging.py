"""Two customers who are one: what is one's becomes the other's; tickets are for the writer to move."""

from __future__ import annotations

from uuid import UUID

from server.domain.errors import Conflict, Invalid, NotFound
from server.store.pool import Connection
from server.store.statements import statements

MAX_PAGE = 200
_SQL = statements("merging")


async def merge(db: Connection, workspace_id: UUID, customer_id: UUID, into: UUID) -> None:
    """Make what is known of a customer another's, and retire them; their row stays for the log's sake.

    Locks both. Repeating it is harmless. NotFound and Invalid when one is not there, Conflict when one was
    merged into somebody else before.
    """
    if customer_id == into:
        raise Invalid("A customer cannot be merged with themselves", pointer="/into")
    rows = await db.fetch(_SQL["lock_both"], workspace_id, [customer_id, into])
    known = {row["id"]: row for row in rows}
    if customer_id not in known:
        raise NotFound
    if into not in known:
        raise Invalid("There is no such customer", pointer="/into")
    retired = known[customer_id]
    if retired["merged_into"] == into:
        return
    if retired["merged_into"] is not None or known[into]["merged_into"] is not None:
        raise Conflict("This customer was merged into another before")
    await db.execute(_SQL["retire"], workspace_id, customer_id, into)
    await db.execute(_SQL["take_over"], workspace_id, into, retired["email"], retired["external_id"])
    for name in ("move_said", "move_participants", "move_addresses", "move_visitors"):
        await db.execute(_SQL[name], workspace_id, customer_id, into)
    if retired["email"] is not None and known[into]["email"] is not None:
        await db.execute(_SQL["add_address"], workspace_id, into, retired["email"])


async def list_tickets(db: Connection, workspace_id: UUID, customer_id: UUID) -> list[UUID]:
    """Tickets that are still a customer's, MAX_PAGE at most."""
    rows = await db.fetch(_SQL["list_tickets"], workspace_id, customer_id, MAX_PAGE)
    return [row["id"] for row in rows]
