"""Bounds of what comes in, as types: each says in the documentation what it refuses.

Postgres cannot hold a NUL, a header or a list row must not be torn by a line break, and nothing
is unbounded.
"""

from datetime import datetime
from functools import cache
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from server.domain.errors import Invalid

_NO_CONTROLS = r"^[^\u0000-\u001f\u007f]*$"
_SOMETHING = r"^[^\u0000-\u001f\u007f]*[^\u0000-\u0020\u007f][^\u0000-\u001f\u007f]*$"

_NO_NUL = r"^[^\u0000]*$"
_LINE = "one line without control characters"
_NAMED = "one line in which something can be read"
_ANY = "text without NUL characters"

Id = UUID
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_SOMETHING, description=_NAMED)]
ShortName = Annotated[str, Meta(min_length=1, max_length=60, pattern=_SOMETHING, description=_NAMED)]
Line = Annotated[str, Meta(max_length=500, pattern=_NO_CONTROLS, description=_LINE)]
Subject = Annotated[str, Meta(min_length=1, max_length=300, pattern=_SOMETHING, description=_NAMED)]
Text = Annotated[str, Meta(max_length=5_000, pattern=_NO_NUL, description=_ANY)]
Content = Annotated[str, Meta(min_length=1, max_length=64_000, pattern=_NO_NUL, description=_ANY)]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s\u0000-\u001f\u007f<>,;]+@[^@\s\u0000-\u001f\u007f<>,;]+$",
        description="an email address, like carla@example.org",
    ),
]
Password = Annotated[str, Meta(min_length=8, max_length=1024)]
Words = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NO_CONTROLS, description=_LINE)]
Ids = Annotated[list[UUID], Meta(max_length=1_000)]
When = Annotated[datetime, Meta(tz=True)]
Zone = Annotated[str, Meta(min_length=1, max_length=64, description="IANA: Europe/Vienna")]


class ById(msgspec.Struct, frozen=True):
    """The path of one thing."""

    id: Id


def check_instant(instant: datetime, pointer: str) -> datetime:
    """An instant that every part of the desk can hold; Invalid for the ends of the calendar."""
    if not 1970 <= instant.year <= 9000:
        raise Invalid("A year between 1970 and 9000", pointer=pointer)
    return instant


def zone_of(name: str, pointer: str) -> ZoneInfo:
    """The time zone of that name; Invalid when there is none."""
    if name not in _zones():
        raise Invalid("There is no such time zone", pointer=pointer)
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    # Files of the machine that are no places: another machine's mean another time, and browsers know neither.
    return frozenset(available_timezones() - {"localtime", "Factory"})
