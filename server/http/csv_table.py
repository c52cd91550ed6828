"""Lines of a report as a CSV file (RFC 4180), safe to open in a spreadsheet. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import msgspec

from server.domain.resources import Resource

MEDIA_TYPE = "text/csv"
CONTENT_TYPE = f"{MEDIA_TYPE}; charset=utf-8; header=present"
# What a spreadsheet takes for the beginning of a formula, East Asian widths too (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Sheet:
    """Lines as they are written under their names; the parts of a `group` are columns of their own, first."""

    def __init__(self, kind: type[Resource]) -> None:
        self._fields = [field for field in msgspec.structs.fields(kind) if field.name != "group"]
        self._groups: list[str] | None = None

    def write(self, lines: Iterable[Resource]) -> bytes:
        """The next lines; before the first of all, the names, the groups' as the first line has them."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        lines = list(lines)
        if self._groups is None:
            self._groups = list(getattr(lines[0], "group", ())) if lines else []
            writer.writerow([*self._groups, *(field.encode_name for field in self._fields)])
        for line in lines:
            group = getattr(line, "group", {})
            values = [
                *(group[name] for name in self._groups),
                *(getattr(line, field.name) for field in self._fields),
            ]
            writer.writerow([defused(value) for value in values])
        return out.getvalue().encode()


def defused(value: object) -> object:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe before it."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
