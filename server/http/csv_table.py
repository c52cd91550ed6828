"""Lines of a report as a CSV file (RFC 4180), safe to open in a spreadsheet. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from server.domain.resources import Resource

MEDIA_TYPE = "text/csv"
CONTENT_TYPE = f"{MEDIA_TYPE}; charset=utf-8; header=present"
# What a spreadsheet takes for the beginning of a formula, East Asian widths too (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def table(lines: Sequence[Resource], kind: type[Resource]) -> bytes:
    """The lines under their names; the parts of a line's `group` are columns of their own, and come first."""
    groups = list(dict.fromkeys(name for line in lines for name in getattr(line, "group", ())))
    fields = [field for field in msgspec.structs.fields(kind) if field.name != "group"]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*groups, *(field.encode_name for field in fields)])
    for line in lines:
        group = getattr(line, "group", {})
        values = [*(group[name] for name in groups), *(getattr(line, field.name) for field in fields)]
        writer.writerow([defused(value) for value in values])
    return out.getvalue().encode()


def defused(value: object) -> object:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe before it."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
