"""For tests of the SLA clocks: one process's worth of them, in this process or in one that can be killed."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import anyio

from server.domain.events import Event
from server.handle import Handle, Outcome
from server.relay.sequencer import Sequencer
from server.store.bell import Bell
from server.store.pool import Store
from server.streams.sla_log import SlaOnLog
from tests.store.relaying import until


class Clockwork(NamedTuple):
    """The writer, the sequencer and the clocks, and when this process heard of each event."""

    handle: Handle
    sequencer: Sequencer
    stream: SlaOnLog
    told: list[tuple[float, UUID, Event]]

    def of(self, ticket_id: UUID, kind: type[Event]) -> list[tuple[float, Event]]:
        """When events of a kind of a ticket were told, and they themselves."""
        return [(at, e) for at, ticket, e in self.told if ticket == ticket_id and type(e) is kind]


@asynccontextmanager
async def clockwork(store: Store, lanes: int = 4) -> AsyncIterator[Clockwork]:
    """Everything that clocks need, running and ready; with one lane, commits keep the proposals' order."""
    bell = Bell()
    handle, sequencer = Handle(store, lanes), Sequencer(store, bell)
    run = Clockwork(handle, sequencer, SlaOnLog(store, bell, handle), [])

    def hear(outcomes: list[Outcome]) -> None:
        sequencer.wake()
        at = time.time()
        run.told.extend(
            (at, record.ticket_id, record.event) for outcome in outcomes for record in outcome.records
        )

    handle.listen(hear)
    async with anyio.create_task_group() as tasks:
        for part in (handle, sequencer, run.stream):
            tasks.start_soon(part.run)
        await until(lambda: run.stream.ready)
        yield run
        tasks.cancel_scope.cancel()


async def _serve(dsn: str) -> None:
    store = await Store.open(dsn, max_connections=6)
    async with clockwork(store):
        print("ready", flush=True)
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(_serve, sys.argv[1], backend_options={"use_uvloop": True})
