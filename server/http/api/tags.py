"""Tags on tickets."""

from typing import Literal

import msgspec

from server.domain.resources import Page, Tag
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, ShortName
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import tags
from server.store.pool import Connection


class TagsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which tags, in which order."""

    sort: Literal["name", "-name", "tickets_count", "-tickets_count"] = "name"


class NewTag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tag to be."""

    name: ShortName


@operation("GET", "/tags", Action.READ_DESK, {200: Page[Tag]})
async def list_tags(call: Call, db: Connection, query: TagsQuery) -> Page[Tag]:
    """List tags.

    Sorted by `name` or `tickets_count`.
    """
    part = slice_of(query, tags.LISTING.sorts, query.sort)
    rows = await tags.list_tags(db, call.workspace_id, {}, part)
    return page_of(rows, part, tags.shape, call.path, call.query_string)


@operation("POST", "/tags", Action.CHANGE_TICKET, {201: Tag})
async def add(call: Call, db: Connection, body: NewTag) -> Tag:
    """Make a tag."""
    return await tags.add_tag(db, call.workspace_id, body.name)


@operation("DELETE", "/tags/{id}", Action.MANAGE_DESK, {204: None}, refusals=("conflict",))
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End a tag, unless a ticket carries it."""
    await tags.delete_tag(db, call.workspace_id, path.id)


OPERATIONS = (list_tags, add, remove)
