"""How far was read is kept, also when a process stops in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from server.domain.identity import Agent
from server.realtime import reads as module
from server.realtime.reads import Reads
from server.realtime.ticket_room import TicketRoom
from server.store.timeline import ReadPosition

WORKSPACE, TICKET = UUID(int=1), UUID(int=2)
BOB = Agent(WORKSPACE, UUID(int=3), "Bob", "agent")


class Stuck:
    """A store whose first transaction never ends."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.kept: list[tuple[UUID, ReadPosition]] = []

    @asynccontextmanager
    async def write(self, _: UUID) -> AsyncIterator[None]:
        if not self.begun.is_set():
            self.begun.set()
            await asyncio.Event().wait()
        yield


async def test_what_was_being_written_when_the_process_stops_is_written_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store: Any = Stuck()

    async def keep_reads(_db: None, _workspace: UUID, positions: list[tuple[UUID, ReadPosition]]) -> None:
        store.kept.extend(positions)

    monkeypatch.setattr(module, "keep_reads", keep_reads)
    monkeypatch.setattr(module, "KEEP_SECONDS", 0)
    room = TicketRoom("ticket", WORKSPACE, TICKET)
    room.reads[str(BOB.id)] = 7
    reads = Reads(store)
    reads.keep(room, BOB)
    running = asyncio.create_task(reads.run())
    await store.begun.wait()
    running.cancel()
    await asyncio.wait({running})
    assert store.kept == [(TICKET, ReadPosition(BOB.id, "agent", 7))]
