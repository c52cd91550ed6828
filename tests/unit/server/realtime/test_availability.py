"""Who is connected, where storage is away or slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from server.domain.errors import Unavailable
from server.domain.identity import Agent
from server.domain.resources import AgentStatus
from server.realtime import availability as module
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


class Slow:
    """A store whose first transaction takes the longest, and what is written in it."""

    def __init__(self, between: Callable[[], object] = lambda: None) -> None:
        self._turns = [20]
        self._between = between
        self.written: list[str] = []

    @asynccontextmanager
    async def write(self, _: UUID) -> AsyncIterator[None]:
        for _turn in range(self._turns.pop() if self._turns else 0):
            await asyncio.sleep(0)
        yield

    async def set_status(self, _db: None, _workspace: UUID, _agent: UUID, status: AgentStatus) -> None:
        self.written.append(status)

    async def come_online(self, *_: object) -> str:
        self.written.append("connected")
        return "online"

    async def disconnect(self, *_: object) -> bool:
        self.written.append("disconnected")
        self._between()
        return True


async def test_what_an_agent_says_of_themselves_is_written_in_the_order_in_which_they_say_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store: Any = Slow()
    monkeypatch.setattr(module, "standing", store)
    told: list[AgentStatus] = []
    availability = Availability(store, UUID(int=3), lambda _workspace, _agent, status: told.append(status))
    said: tuple[AgentStatus, ...] = ("away", "online", "away")
    await asyncio.gather(*(availability.set(BOB, status) for status in said))
    assert store.written == told == list(said)


async def test_who_comes_and_goes_while_they_are_noted_as_gone_is_noted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection: Any = object()

    def come_and_go() -> None:
        availability._connected[key] = {connection}
        availability._gone.pop(key)
        availability.depart(BOB, connection)
        store._between = lambda: None

    store: Any = Slow(come_and_go)
    monkeypatch.setattr(module, "standing", store)
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    availability, key = Availability(store, UUID(int=3), lambda *_: None), (BOB.workspace_id, BOB.id)
    await availability.arrive(BOB, connection)
    availability.depart(BOB, connection)
    for _ in range(3):
        await availability._note_departures()
    assert store.written == ["connected", "disconnected", "connected", "disconnected"]
    assert not availability.statuses
