"""What is to be measured anew: a workspace's open tickets after a change of its policies, or a customer's.

Queued in the transaction of the change, so that no change is without its effect; the newest replaces those
before it.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from server.clock import new_id
from server.store.pool import Connection
from server.store.statements import statements

_SQL = statements("applications")
NOTHING = UUID(int=0)


class Application(msgspec.Struct, frozen=True):
    """All tickets of a workspace, or those of a customer; those up to `after` are done."""

    workspace_id: UUID
    id: UUID
    customer_id: UUID | None
    after: UUID


async def queue_all(db: Connection, workspace_id: UUID) -> None:
    """The policies changed: all open tickets are to be measured by them."""
    await db.execute(_SQL["replace_all"], workspace_id, new_id())


async def queue_customer(db: Connection, workspace_id: UUID, customer_id: UUID) -> None:
    """What is known of a customer changed: their open tickets are to be measured, if any policy asks."""
    await db.execute(_SQL["replace_of_customer"], workspace_id, new_id(), customer_id)


async def list_waiting(db: Connection, limit: int) -> list[Application]:
    """The oldest of all workspaces, on a connection without one."""
    return [Application(*row) for row in await db.fetch(_SQL["list_waiting"], limit)]


async def list_tickets(db: Connection, application: Application, limit: int) -> Sequence[UUID]:
    """The next of its tickets, in the order of their ids."""
    where = (application.workspace_id, application.after, limit)
    if application.customer_id is None:
        rows = await db.fetch(_SQL["list_tickets"], *where)
    else:
        rows = await db.fetch(_SQL["list_tickets_of_customer"], *where, application.customer_id)
    return [row["ticket_id"] for row in rows]


async def advance(db: Connection, application: Application, after: UUID) -> None:
    """Those up to `after` are done; changes nothing when a newer one has taken its place."""
    await db.execute(_SQL["advance"], application.workspace_id, application.id, after)


async def finish(db: Connection, application: Application) -> None:
    """All are done: terms by which nothing is measured any more are kept for explanations only."""
    workspace_id = application.workspace_id
    found = await db.fetchrow(_SQL["finish"], workspace_id, application.id)
    if found is not None and found["customer_id"] is None:
        await db.execute(_SQL["retire_terms"], workspace_id)


async def take_transaction(db: Connection) -> str:
    """A place after all transactions that write by now."""
    place: str = await db.fetchval(_SQL["take_transaction"])
    return place


async def are_over(db: Connection, place: str) -> bool:
    """Whether all transactions before `place` have ended."""
    over: bool = await db.fetchval(_SQL["are_over"], place)
    return over
