"""For tests of the log: the writer, the sequencer and a consumer run just long enough, in this process."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from server.domain.commands import Envelope
from server.handle import Handle, Outcome
from server.relay.consumer import Consumer, Handler
from server.relay.sequencer import Sequencer
from server.store import log
from server.store.bell import Bell
from server.store.pool import Store


async def until(condition: Callable[[], object], within: float = 60) -> None:
    """Wait until a condition of this process holds; raises TimeoutError when it does not in time."""
    with anyio.fail_after(within):
        while not condition():  # noqa: ASYNC110 (what it looks at tells nobody)
            await anyio.sleep(0.005)


async def written(store: Store, *envelopes: Envelope) -> list[Outcome]:
    """Submit commands at once and wait for their commits."""
    handle = Handle(store)
    outcomes: dict[int, Outcome] = {}

    async def submit(n: int, envelope: Envelope) -> None:
        outcomes[n] = await handle.submit(envelope)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handle.run)
        async with anyio.create_task_group() as submitting:
            for n, envelope in enumerate(envelopes):
                submitting.start_soon(submit, n, envelope)
        tasks.cancel_scope.cancel()
    return [outcomes[n] for n in sorted(outcomes)]


async def numbered(store: Store, max_batches: int = 500) -> int:
    """Number all that is pending, a turn after the other; how many events that was."""
    count = 0
    async with store.across() as db:
        while turn := (await log.number(db, max_batches))[1]:
            count += turn
    return count


async def caught_up(
    store: Store, handle: Handler, name: str = "test", within: float = 60, max_events: int = 100
) -> None:
    """Run a sequencer and a consumer until it has been told the whole log."""
    bell = Bell()
    consumer = Consumer(store, bell, name, handle, max_events=max_events)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Sequencer(store, bell).run)
        tasks.start_soon(consumer.run)
        with anyio.fail_after(within):
            while not await _is_at_the_end(store, name):  # noqa: ASYNC110 (it asks Postgres)
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()


async def _is_at_the_end(store: Store, name: str) -> bool:
    async with store.across() as db:
        pending, _ = await log.number(db, 1)
        return not pending and not await log.read(db, await log.fetch_committed(db, name), 1)
