"""Customers: the people who ask. An address belongs to one of them, whatever its case."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain import resources
from server.store.applications import queue_customer
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("customers")
LISTING = Listing(
    SQL["select_customers"],
    "c.id",
    filters={
        "id": "c.id = {}",
        "known": "(c.name_key <> '' OR c.email_key <> '' OR EXISTS (SELECT FROM tickets t"
        " WHERE t.workspace_id = c.workspace_id AND t.customer_id = c.id)) = {}",
        "email": "c.email_key = lower({})",
        # Contains; under row-level security no trigram index could serve it, so it reads on until
        # the page is full.
        "q": "(strpos(c.name_key, {0}) > 0 OR strpos(c.email_key, {0}) > 0"
        " OR strpos(lower(c.company), {0}) > 0)",
    },
    sorts={
        "name": Sort("c.name_key", str),
        "email": Sort("c.email_key", str),
        "created_at": Sort("c.created_at", datetime),
        "updated_at": Sort("c.updated_at", datetime),
    },
)
_DOUBLED = {"customers_email": ("Another customer has this address", "/email")}


class Known(msgspec.Struct, frozen=True):
    """A customer as a ticket needs them."""

    id: UUID
    name: str
    email: str | None


class Facts(msgspec.Struct, frozen=True):
    """What policies may ask about a customer."""

    company: str | None = None
    tier: str | None = None
    language: str | None = None
    fields: Mapping[str, str] = {}

    @property
    def columns(self) -> tuple[object, ...]:
        return self.company, self.tier, self.language, msgspec.json.encode(self.fields).decode()


_UNKNOWN = Facts()


def shape(row: Any) -> resources.Customer:
    """The resource of a row."""
    return resources.Customer(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        company=row["company"],
        contact_info=msgspec.json.decode(row["contact_info"]),
        tier=row["tier"],
        language=row["language"],
        custom_fields=msgspec.json.decode(row["custom_fields"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        tickets_count=row["tickets_count"],
    )


async def list_customers(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of customers, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_customer(db: Connection, workspace_id: UUID, customer_id: UUID) -> resources.Customer | None:
    """One customer."""
    rows = await list_customers(db, workspace_id, {"id": customer_id}, Slice("name", False, 1))
    return shape(rows[0]) if rows else None


async def find_detail(
    db: Connection, workspace_id: UUID, customer_id: UUID
) -> resources.CustomerDetail | None:
    """One customer with their addresses."""
    found = await find_customer(db, workspace_id, customer_id)
    if found is None:
        return None
    rows = await db.fetch(SQL["list_addresses"], workspace_id, customer_id)
    addresses = [resources.CustomerAddress(**row) for row in rows]
    return resources.CustomerDetail(**msgspec.structs.asdict(found), addresses=addresses)


async def find_known(db: Connection, workspace_id: UUID, customer_id: UUID) -> Known | None:
    """One customer, in brief."""
    row = await db.fetchrow(SQL["find_customer"], workspace_id, customer_id)
    return None if row is None else Known(row["id"], row["name"], row["email"])


async def find_agent_address(db: Connection, workspace_id: UUID, agent_id: UUID) -> str:
    """The address under which an agent asks for themselves."""
    address: str = await db.fetchval(SQL["find_agent_address"], workspace_id, agent_id)
    return address


async def lock_customer(db: Connection, workspace_id: UUID, customer_id: UUID) -> None:
    """Hold a customer's row until commit."""
    await db.execute(SQL["lock_customer"], workspace_id, customer_id)


async def add_customer(
    db: Connection,
    workspace_id: UUID,
    name: str,
    email: str | None,
    contact_info: Mapping[str, str],
    facts: Facts = _UNKNOWN,
) -> UUID:
    """Keep a new customer; Conflict when the address is another's."""
    customer_id, info = new_id(), msgspec.json.encode(contact_info).decode()
    with refusing(_DOUBLED):
        await db.execute(SQL["add_customer"], workspace_id, customer_id, name, email, info, *facts.columns)
    return customer_id


async def change_customer(
    db: Connection,
    workspace_id: UUID,
    customer_id: UUID,
    name: str,
    email: str | None,
    contact_info: Mapping[str, str],
    facts: Facts,
) -> None:
    """Write a customer anew; Conflict when the address is another's.

    Their open tickets are measured by what policies now say of them.
    """
    info = msgspec.json.encode(contact_info).decode()
    with refusing(_DOUBLED):
        await db.execute(SQL["change_customer"], workspace_id, customer_id, name, email, info)
    if await db.fetchval(SQL["change_facts"], workspace_id, customer_id, *facts.columns) is not None:
        await queue_customer(db, workspace_id, customer_id)


async def find_or_add_customers(
    db: Connection, workspace_id: UUID, asked: Mapping[str, str]
) -> dict[str, Known]:
    """The customers of these addresses (address -> name for a new one), by the address asked for.

    Harmless to repeat; whoever exists keeps their name.
    """
    found: dict[str, Known] = {}
    for _ in range(3):  # a parallel insert is invisible to the statement that lost to it
        missing = [email for email in asked if email not in found]
        rows = await db.fetch(
            SQL["find_or_add"],
            workspace_id,
            [new_id() for _ in missing],
            missing,
            [asked[email] for email in missing],
        )
        found |= {row["asked"]: Known(row["id"], row["name"], row["email"]) for row in rows}
        if len(found) == len(asked):
            break
    return found
