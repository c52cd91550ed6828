"""Cursors lead on from the last row, and those that are not ours are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from server.domain.errors import Invalid
from server.http.page import PageQuery, page_of, slice_of
from server.store.listing import Place, Slice, Sort

SORTS = {"name": Sort("lower(x.name)", str), "at": Sort("x.at", datetime), "n": Sort("x.n", int)}
ID = UUID("01900000-0000-7000-8000-000000000000")


def follow(sort: str, value: object) -> Slice:
    """The slice that the cursor of a page ending at `value` asks for."""
    part = slice_of(PageQuery(size=1), SORTS, sort)
    rows = [{"sort_value": value, "id": ID}, {"sort_value": value, "id": ID}]
    page = page_of(rows, part, lambda row: row["id"], "/x", f"sort={sort}&page[size]=1".encode())
    assert page.data == [ID] and page.meta.has_more
    assert page.links.next is not None and page.links.next.startswith(f"/x?sort={sort}")
    return slice_of(PageQuery(size=1, after=page.meta.after_cursor), SORTS, sort)


@pytest.mark.parametrize(
    ("sort", "value"),
    [("name", "Zoë, 100 %"), ("-at", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)), ("n", -7)],
)
def test_a_cursor_gives_its_place_back(sort: str, value: object) -> None:
    assert follow(sort, value).after == Place(value, ID)  # type: ignore[arg-type]


def test_the_last_page_leads_nowhere() -> None:
    part = slice_of(PageQuery(size=5), SORTS, "name")
    page = page_of([{"sort_value": "a", "id": ID}], part, lambda row: row, "/x", b"")
    assert (page.meta.has_more, page.meta.after_cursor, page.links.next) == (False, None, None)


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "W10", "WyJuYW1lIiwgMSwgMV0", "é", "A" * 1000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        slice_of(PageQuery(after=cursor), SORTS, "name")


def test_a_cursor_of_another_order_is_refused() -> None:
    part = slice_of(PageQuery(size=1), SORTS, "name")
    rows = [{"sort_value": "a", "id": ID}] * 2
    cursor = page_of(rows, part, lambda row: row, "/x", b"").meta.after_cursor
    for sort in ("-name", "n", "at"):
        with pytest.raises(Invalid):
            slice_of(PageQuery(after=cursor), SORTS, sort)


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(Invalid):
        slice_of(PageQuery(), SORTS, "password_hash")
