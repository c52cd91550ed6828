"""A process that measures tickets anew, and stands still in the middle of it: told after how many."""

from __future__ import annotations

import sys

import anyio

from server.domain.commands import Envelope
from server.handle import Handle, Outcome
from server.relay import applying
from server.store.pool import Store

PAGE = 5


async def _serve(dsn: str, most: str) -> None:
    store = await Store.open(dsn, max_connections=4)
    handle, left = Handle(store), int(most)

    async def submit(envelope: Envelope) -> Outcome:
        nonlocal left
        if not left:
            await anyio.sleep_forever()
        outcome = await handle.submit(envelope)
        left -= bool(outcome.records)
        return outcome

    applying.PAGE, applying.IN_FLIGHT = PAGE, 1
    worker = applying.Applying(store, submit)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handle.run)
        tasks.start_soon(worker.run)
        while not worker.ready:  # noqa: ASYNC110
            await anyio.sleep(0.01)
        print("ready", flush=True)
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(_serve, *sys.argv[1:], backend_options={"use_uvloop": True})
