"""Which texts the database refuses: the same question for every value that is read from outside."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_REFUSED = re.compile("[\x00\ud800-\udfff]")


def texts(value: Any) -> list[str]:
    """Every string in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [text for part in msgspec.structs.astuple(value) for text in texts(part)]
    if isinstance(value, tuple):
        return [text for part in value for text in texts(part)]
    return []


def unstorable(value: Any) -> list[str]:
    """The strings in a value that cannot be stored: with a NUL or a lone surrogate in them."""
    return [text for text in texts(value) if _REFUSED.search(text)]
