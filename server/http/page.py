"""Pages of a list: what a client asks for, and the opaque cursors that lead on. Pure.

A cursor holds an order and a place in it. It is no secret and is not signed: a forged one shows
another part of a list that the client may read anyway; one that cannot be read is refused.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from msgspec import Meta, field

from server.domain import resources
from server.domain.errors import Invalid
from server.http.inputs import When, check_instant
from server.store.listing import Place, Slice, Sort, parse_sort

T = TypeVar("T")

MAX_SIZE = 100
_FORMS: Mapping[type, Any] = {
    datetime: tuple[str, When, UUID],
    int: tuple[str, int, UUID],
    str: tuple[str, str, UUID],
}
Sized = Annotated[int, Meta(ge=1, le=MAX_SIZE, description="How many, at most")]
Cursor = Annotated[str, Meta(max_length=1024, description="`meta.after_cursor` of the page before")]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The part of a query that every list understands."""

    size: Sized = field(name="page[size]", default=50)
    after: Cursor | None = field(name="page[after]", default=None)


def slice_of(query: PageQuery, sorts: Mapping[str, Sort], asked: str) -> Slice:
    """The part of a list that a query asks for, in the order `asked`: a field, or `-field`."""
    sort, descending = parse_sort(asked, sorts)
    after = _decode(query.after, asked, sorts[sort]) if query.after is not None else None
    return Slice(sort, descending, query.size, after)


def place_of(row: Any) -> tuple[Any, UUID]:
    """Where a row of a listing lies in its order."""
    return row["sort_value"], row["id"]


def page_of(
    rows: Sequence[Any],
    part: Slice,
    shape: Callable[[Any], T],
    path: str,
    query_string: bytes,
    place: Callable[[Any], tuple[Any, UUID]] = place_of,
) -> "resources.Page[T]":
    """The answer for rows that were fetched with one more than the page."""
    more, shown = len(rows) > part.size, rows[: part.size]
    cursor = None
    if more:
        asked = f"-{part.sort}" if part.descending else part.sort
        cursor = _encode(asked, *place(shown[-1]))
    return resources.Page(
        data=[shape(row) for row in shown],
        meta=resources.Meta(has_more=more, after_cursor=cursor),
        links=resources.Links(next=_link(path, query_string, cursor)),
    )


def whole(data: list[T]) -> "resources.Page[T]":
    """The answer for a list that is bounded by itself and comes in one page."""
    return resources.Page(
        data=data,
        meta=resources.Meta(has_more=False, after_cursor=None),
        links=resources.Links(next=None),
    )


def _link(path: str, query_string: bytes, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    pairs = [pair for pair in parse_qsl(query_string.decode()) if pair[0] != "page[after]"]
    return f"{path}?{urlencode([*pairs, ('page[after]', cursor)])}"


def _encode(sort: str, value: object, last: UUID) -> str:
    return urlsafe_b64encode(msgspec.json.encode([sort, value, last])).decode().rstrip("=")


def _decode(cursor: str, asked: str, sort: Sort) -> Place:
    try:
        raw = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        name, value, last = msgspec.json.decode(raw, type=_FORMS[sort.kind])
    except (ValueError, msgspec.MsgspecError) as wrong:
        raise Invalid("This is no cursor of ours", pointer="?page[after]") from wrong
    if name != asked or (isinstance(value, str) and "\0" in value):
        raise Invalid("This cursor belongs to another order", pointer="?page[after]")
    if isinstance(value, datetime):
        check_instant(value, "?page[after]")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Invalid("This is no cursor of ours", pointer="?page[after]")
    return Place(value, last)
