"""Rows as parallel columns, the form in which `unnest` takes any number of them in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def columns(rows: Iterable[tuple[object, ...]], width: int) -> list[list[object]]:
    """The columns of `rows`; `width` empty ones when there are none."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def array(ids: Iterable[UUID]) -> str:
    """Ids as the text of one `uuid[]`: arrays of arrays must be rectangular, so they travel as text."""
    return "{" + ",".join(map(str, ids)) + "}"
