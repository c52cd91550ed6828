"""Customers: the people who ask."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.domain.commands import ChangeCustomer, Envelope
from server.domain.errors import NotFound
from server.domain.identity import System
from server.domain.resources import Customer, CustomerDetail, Page, Ticket
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, Email, Id, Line, Name, ShortName, Words
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.queries import tickets
from server.store import customers, merging
from server.store.customers import Facts
from server.store.pool import Connection

ContactInfo = Annotated[dict[ShortName, Line], Meta(max_length=50)]
Language = Annotated[
    str,
    Meta(
        max_length=35,
        pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        description="a language (BCP 47), like de-AT",
    ),
]


class CustomersQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which customers, in which order."""

    sort: Literal[
        "name", "-name", "email", "-email", "created_at", "-created_at", "updated_at", "-updated_at"
    ] = "name"
    q: Words | None = None
    email: Words | None = None


class TicketsOfQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which part of a customer's tickets, in which order."""

    sort: Literal["created_at", "-created_at", "updated_at", "-updated_at"] = "-created_at"


class NewCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A customer to be."""

    name: Name
    email: Email | None = None
    company: Line | None = None
    contact_info: ContactInfo = {}
    tier: ShortName | None = None
    language: Language | None = None
    custom_fields: ContactInfo = {}


class CustomerChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays, null clears."""

    name: Name | UnsetType = UNSET
    email: Email | None | UnsetType = UNSET
    company: Line | None | UnsetType = UNSET
    contact_info: ContactInfo | UnsetType = UNSET
    tier: ShortName | None | UnsetType = UNSET
    language: Language | None | UnsetType = UNSET
    custom_fields: ContactInfo | UnsetType = UNSET


class Merge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose it is all to be."""

    into: Id


@operation("GET", "/customers", Action.READ_DESK, {200: Page[Customer]})
async def list_customers(call: Call, db: Connection, query: CustomersQuery) -> Page[Customer]:
    """List customers.

    `q` finds what name, address or company contain. Visitors who never wrote are left out.
    """
    part = slice_of(query, customers.LISTING.sorts, query.sort)
    filters = {"known": True, "q": query.q and query.q.lower(), "email": query.email}
    rows = await customers.list_customers(db, call.workspace_id, filters, part)
    return page_of(rows, part, customers.shape, call.path, call.query_string)


@operation("POST", "/customers", Action.CHANGE_CUSTOMER, {201: CustomerDetail}, tagged=True)
async def add(call: Call, db: Connection, body: NewCustomer) -> CustomerDetail:
    """Add a customer."""
    facts = Facts(body.company, body.tier, body.language, body.custom_fields)
    customer_id = await customers.add_customer(
        db, call.workspace_id, body.name, body.email, body.contact_info, facts
    )
    return await _fetch(call, db, customer_id)


@operation("GET", "/customers/{id}", Action.READ_DESK, {200: CustomerDetail}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> CustomerDetail:
    """Read a customer."""
    return await _fetch(call, db, path.id)


@operation(
    "PATCH",
    "/customers/{id}",
    Action.CHANGE_CUSTOMER,
    {200: CustomerDetail},
    tagged=True,
    refusals=("conflict",),
)
async def change(call: Call, db: Connection, path: ById, body: CustomerChange) -> CustomerDetail:
    """Change a customer."""
    await customers.lock_customer(db, call.workspace_id, path.id)
    now = await _fetch(call, db, path.id)
    call.require_match(now)
    await customers.change_customer(
        db,
        call.workspace_id,
        path.id,
        now.name if body.name is UNSET else body.name,
        now.email if body.email is UNSET else body.email,
        now.contact_info if body.contact_info is UNSET else body.contact_info,
        Facts(
            now.company if body.company is UNSET else body.company,
            now.tier if body.tier is UNSET else body.tier,
            now.language if body.language is UNSET else body.language,
            now.custom_fields if body.custom_fields is UNSET else body.custom_fields,
        ),
    )
    return await _fetch(call, db, path.id)


@operation("GET", "/customers/{id}/tickets", Action.READ_DESK, {200: Page[Ticket]})
async def list_tickets(call: Call, db: Connection, path: ById, query: TicketsOfQuery) -> Page[Ticket]:
    """List a customer's tickets, those in the asking agent's inboxes."""
    await _fetch(call, db, path.id)
    part = slice_of(query, tickets.LISTING.sorts, query.sort)
    rows = await tickets.list_tickets(db, call.agent, {"customer_id": path.id}, part)
    return page_of(rows, part, tickets.shape, call.path, call.query_string)


@operation(
    "POST", "/customers/{id}/merge", Action.CHANGE_CUSTOMER, {200: CustomerDetail}, refusals=("conflict",)
)
async def merge(call: Call, path: ById, body: Merge) -> CustomerDetail:
    """Make all that is a customer's another's: addresses, visits, what they said, and their tickets.

    The first is gone then. Repeating it goes on where it was interrupted.
    """
    store, workspace_id = call.state.store, call.workspace_id
    async with store.write(workspace_id) as db:
        await merging.merge(db, workspace_id, path.id, body.into)
    while True:
        async with store.read(workspace_id) as db:
            moving = await merging.list_tickets(db, workspace_id, path.id)
        if not moving:
            break
        for ticket_id in moving:
            change = ChangeCustomer(ticket_id, body.into, call.agent.id)
            await call.state.handle.submit(Envelope(System(workspace_id), change))
    call.state.credentials.forget()
    async with store.read(workspace_id) as db:
        return await _fetch(call, db, body.into)


async def _fetch(call: Call, db: Connection, customer_id: Id) -> CustomerDetail:
    found = await customers.find_detail(db, call.workspace_id, customer_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (list_customers, add, read, change, merge, list_tickets)
