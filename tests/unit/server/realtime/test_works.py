"""Work for connections: bounded, in time, and answered for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from server.domain.errors import NotFound, Refusal, Unavailable
from server.realtime import works as module
from server.realtime.works import Works


class Told:
    """A worker that keeps what it is told."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.closed: list[int] = []

    def refuse(self, refusal: Refusal) -> None:
        self.refused.append(refusal.code)

    def close(self, code: int, reason: str) -> None:
        self.closed.append(code)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def running(clock: Clock) -> AsyncIterator[Works]:
    works = Works(clock)
    task = asyncio.create_task(works.run())
    await asyncio.sleep(0)
    try:
        yield works
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def forever() -> None:
    await asyncio.Event().wait()


async def failing(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "refused", "closed"),
    [
        (Unavailable("away"), ["unavailable"], [1013]),
        (TimeoutError(), ["unavailable"], [1013]),
        (NotFound(), ["not_found"], []),
        (ValueError("a bug"), [], [1011]),
    ],
)
async def test_a_failure_is_told_to_its_connection(
    error: Exception, refused: list[str], closed: list[int]
) -> None:
    async with running(Clock()) as works:
        worker, other = Told(), Told()
        works.start(failing(error), worker)
        works.start(asyncio.sleep(0), other)
        await turns()
        assert (worker.refused, worker.closed) == (refused, closed)
        assert (other.refused, other.closed) == ([], [])


async def test_what_takes_too_long_is_ended_and_nothing_younger() -> None:
    clock = Clock()
    async with running(clock) as works:
        old, young = Told(), Told()
        works.start(forever(), old)
        clock.now = 30.0
        works.start(forever(), young)
        await turns()
        clock.now = 61.0
        works.end_late()
        await turns()
        assert (old.refused, old.closed, young.closed) == (["unavailable"], [1013], [])


async def test_too_much_at_once_is_refused_and_room_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WORKS", 1)
    async with running(Clock()) as works:
        first, second, third = Told(), Told(), Told()
        works.start(asyncio.sleep(0), first)
        works.start(forever(), second)
        await turns()
        works.start(asyncio.sleep(0), third)
        assert (first.closed, second.closed, third.closed) == ([], [1013], [])


async def test_nothing_goes_on_after_the_end_and_nobody_is_told_a_lie() -> None:
    worker = Told()
    async with running(Clock()) as works:
        works.start(forever(), worker)
        await turns()
    assert (worker.refused, worker.closed) == ([], [])
    late = Told()
    works.start(forever(), late)
    assert late.closed == [1013]
