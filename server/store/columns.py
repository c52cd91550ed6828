"""Rows as parallel columns, the form in which `unnest` takes any number of them in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def columns(rows: Iterable[tuple[object, ...]], width: int) -> list[list[object]]:
    """The columns of `rows`, `width` of them; one of nothing but None is empty, and `unnest` fills it up."""
    return [_without_nothing(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _without_nothing(column: tuple[object, ...]) -> list[object]:
    """A column, or nothing for None alone: the driver asks each element dearly whether it is a list."""
    return [] if column[0] is None and column.count(None) == len(column) else list(column)


def array(ids: Iterable[UUID]) -> str:
    """Ids as the text of one `uuid[]`: arrays of arrays must be rectangular, so they travel as text."""
    return "{" + ",".join(map(str, ids)) + "}"
