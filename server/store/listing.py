"""Lists: filters, an order and a place in it, composed from a closed set of SQL fragments.

Nothing from outside becomes SQL text: a filter or an order is chosen by name from the noun's own
tables, its value is a parameter. Pages go on after the last row's sort value and id, so a page
costs the same however deep it lies and rows that come and go shift nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from server.domain.errors import Invalid

SortValue = datetime | int | str
_SQL_TYPES = {datetime: "timestamptz", int: "bigint", str: "text"}


class Sort(msgspec.Struct, frozen=True):
    """One order: an expression that is never null, and the type of its values."""

    expression: str
    kind: type[datetime] | type[int] | type[str]


class Place(msgspec.Struct, frozen=True):
    """Where a page ends: the last row's sort value and id."""

    value: SortValue
    id: UUID


class Slice(msgspec.Struct, frozen=True):
    """Which part of a list is wanted, and in which order."""

    sort: str
    descending: bool
    size: int
    after: Place | None = None


class Listing(msgspec.Struct, frozen=True):
    """What can be listed of a noun.

    `select` ends where a WHERE's first condition is complete and has the workspace as `$1`; with
    a mark `/*page*/` the page is cut there, before what else `select` joins. A filter's fragment
    has `{}` where its parameter stands.
    """

    select: str
    id: str
    filters: Mapping[str, str]
    sorts: Mapping[str, Sort]

    def statement(
        self, workspace_id: UUID, filters: Mapping[str, object], part: Slice, *fixed: object
    ) -> tuple[str, list[object]]:
        """The statement of a page and its parameters; it fetches one row more than the page.

        `fixed` are the parameters `$2` and on that `select` itself names. A filter whose value
        is None does not apply.
        """
        sort = self.sorts[part.sort]
        values: list[object] = [workspace_id, *fixed]
        where = []
        for name, value in filters.items():
            if value is None:
                continue
            values.append(value)
            where.append(f"AND {self.filters[name].format(f'${len(values)}')}")
        if part.after is not None:
            values += [part.after.value, part.after.id]
            value, last = f"${len(values) - 1}::{_SQL_TYPES[sort.kind]}", f"${len(values)}::uuid"
            beyond = "<" if part.descending else ">"
            where.append(f"AND ({sort.expression}, {self.id}) {beyond} ({value}, {last})")
        values.append(part.size + 1)
        way = "DESC" if part.descending else "ASC"
        order = f"ORDER BY {sort.expression} {way}, {self.id} {way} LIMIT ${len(values)}"
        select = self.select.replace("/*sort*/", f", {sort.expression} AS sort_value")
        cut = "\n".join([*where, order])
        if "/*page*/" in select:
            outer = f"ORDER BY sort_value {way}, {self.id} {way}"
            return f"{select.replace('/*page*/', cut)}\n{outer}", values
        return f"{select}\n{cut}", values


def parse_sort(text: str, sorts: Mapping[str, Sort]) -> tuple[str, bool]:
    """The order that `field` or `-field` asks for, and whether it descends."""
    name = text.removeprefix("-")
    if name not in sorts:
        raise Invalid(f"Sort by one of {', '.join(sorts)}", pointer="?sort")
    return name, text.startswith("-")
