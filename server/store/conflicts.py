"""Which broken constraint means which refusal, so that no violation leaves the store as a fault."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import asyncpg

from server.domain.errors import Conflict, Invalid


@contextmanager
def refusing(unique: Mapping[str, tuple[str, str]]) -> Iterator[None]:
    """Turn a doubled key into a Conflict: index name -> what to say, and the field it is about.

    A reference to nothing and a failed check become Invalid. The transaction is over all the same.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as broken:
        detail, pointer = unique.get(broken.constraint_name or "", ("It exists already", ""))
        raise Conflict(detail, pointer=pointer) from broken
    except (asyncpg.ForeignKeyViolationError, asyncpg.CheckViolationError) as broken:
        raise Invalid("It refers to something that is not there") from broken
