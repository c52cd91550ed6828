"""Named SQL: each `sql/<noun>.sql` holds the statements of one noun, each under a line `-- name: …`.

The sentences between the name and the statement say what it locks and which index serves it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z_0-9]+)$", re.MULTILINE)


@cache
def statements(noun: str) -> dict[str, str]:
    """The statements of `sql/<noun>.sql` by name."""
    return named(files("server.store").joinpath("sql", f"{noun}.sql").read_text("utf-8"))


def named(text: str) -> dict[str, str]:
    """The statements of such a text by name."""
    parts = _NAME.split(text)[1:]
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))
