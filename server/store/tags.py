"""Tags: words on tickets. A tag's name is its identity for people, whatever the case."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from server.clock import new_id
from server.domain import resources
from server.domain.errors import Conflict, NotFound
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("tags")
LISTING = Listing(
    SQL["select_tags"],
    "g.id",
    filters={"id": "g.id = {}"},
    sorts={
        "name": Sort("lower(g.name)", str),
        "tickets_count": Sort("coalesce(n.tickets, 0)", int),
    },
)


def shape(row: Any) -> resources.Tag:
    """The resource of a row."""
    return resources.Tag(id=row["id"], name=row["name"], tickets_count=row["tickets_count"])


async def list_tags(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of tags, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def add_tag(db: Connection, workspace_id: UUID, name: str) -> resources.Tag:
    """Keep a new tag; Conflict when there is one of this name."""
    tag_id = new_id()
    with refusing({"tags_name": ("Another tag has this name", "/name")}):
        await db.execute(SQL["add_tag"], workspace_id, tag_id, name)
    return resources.Tag(id=tag_id, name=name, tickets_count=0)


async def find_or_add_tags(db: Connection, workspace_id: UUID, names: Sequence[str]) -> dict[str, UUID]:
    """The ids of these names (keys are lower case), made where they are missing."""
    wanted = {name.lower(): name for name in names}
    found = await _list_by_name(db, workspace_id, wanted)
    if missing := [name for key, name in wanted.items() if key not in found]:
        ids = [new_id() for _ in missing]
        await db.execute(SQL["add_missing"], workspace_id, ids, missing)
        found = await _list_by_name(db, workspace_id, wanted)
    return found


async def _list_by_name(db: Connection, workspace_id: UUID, wanted: dict[str, str]) -> dict[str, UUID]:
    rows = await db.fetch(SQL["list_by_name"], workspace_id, list(wanted))
    return {row["name"].lower(): row["id"] for row in rows}


async def delete_tag(db: Connection, workspace_id: UUID, tag_id: UUID) -> None:
    """End a tag; Conflict while tickets carry it, NotFound when there is none."""
    if await db.fetchval(SQL["is_used"], workspace_id, tag_id):
        raise Conflict("Tickets still carry this tag")
    if await db.fetchval(SQL["delete_tag"], workspace_id, tag_id) is None:
        raise NotFound
