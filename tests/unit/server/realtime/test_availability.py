"""Who is connected, where storage is away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from server.domain.errors import Unavailable
from server.domain.identity import Agent
from server.realtime.availability import Availability

BOB = Agent(UUID(int=1), UUID(int=2), "Bob", "agent")


class Away:
    """A store whose Postgres is away."""

    def write(self, *_: object, **__: object) -> None:
        raise Unavailable


async def test_who_could_not_be_welcomed_is_not_kept() -> None:
    store: Any = Away()
    connection: Any = object()
    availability = Availability(store, UUID(int=3), lambda *_: None)
    with pytest.raises(Unavailable):
        await availability.arrive(BOB, connection)
    assert not availability._connected
