"""The SLA clocks on a real log: told by the writer, rung by the stream, stamped at the due time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import anyio

from server.clock import new_id, now
from server.domain.commands import AddInteraction, ChangeStatus, Envelope
from server.domain.events import SlaBreached, SlaWarned
from server.handle import Handle, Outcome
from server.relay.sequencer import Sequencer
from server.store import log
from server.store.bell import Bell
from server.store.pool import Store
from server.streams import watchdog
from server.streams.sla import CONSUMER, SlaStream
from tests.people import Desk, opening, says, settle


class Running(NamedTuple):
    """A desk whose clocks run."""

    desk: Desk
    handle: Handle
    stream: SlaStream
    stamped: list[tuple[float, Outcome]]


@asynccontextmanager
async def running(store: Store, desk: Desk) -> AsyncIterator[Running]:
    """The writer, the sequencer and the clocks of one process."""
    bell = Bell()
    handle, sequencer = Handle(store), Sequencer(store, bell)
    stream = SlaStream(store, bell, handle)
    stamped: list[tuple[float, Outcome]] = []

    def hear(outcomes: list[Outcome]) -> None:
        sequencer.wake()
        stamped.extend((time.time(), outcome) for outcome in outcomes)

    handle.listen(hear)
    async with anyio.create_task_group() as tasks:
        for part in (handle, sequencer, stream):
            tasks.start_soon(part.run)
        with anyio.fail_after(15):
            while not stream.ready:
                await anyio.sleep(0.01)
        yield Running(desk, handle, stream, stamped)
        tasks.cancel_scope.cancel()


async def promise(store: Store, desk: Desk, resolution: timedelta) -> None:
    """From now on tickets of normal priority are to be resolved within this time."""
    async with store.write(desk.workspace_id) as db:
        await db.execute(
            "INSERT INTO sla_policies (workspace_id, id, name, priority_level, resolution_time_hours)"
            " VALUES ($1, $2, 'Fast', 'normal', $3)",
            desk.workspace_id,
            new_id(),
            resolution.total_seconds() / 3600,
        )


async def told(run: Running, kind: type, ticket_id: UUID, within: float) -> tuple[float, Outcome]:
    """The first commit with such an event of a ticket, and when this process heard of it."""
    with anyio.fail_after(within):
        while True:
            for at, outcome in run.stamped:
                if outcome.ticket.id == ticket_id and any(
                    isinstance(record.event, kind) for record in outcome.records
                ):
                    return at, outcome
            await anyio.sleep(0.01)


async def test_a_breach_is_stamped_at_its_due_time_and_told_within_a_second(store: Store):
    desk = await settle(store)
    await promise(store, desk, timedelta(seconds=2))
    repairs = watchdog.repairs._value.get()
    async with running(store, desk) as run:
        opened = await run.handle.submit(Envelope(desk.vic, opening(desk)))
        (target,) = opened.ticket.targets
        warned_at, _ = await told(run, SlaWarned, opened.ticket.id, 5)
        breached_at, outcome = await told(run, SlaBreached, opened.ticket.id, 5)
    assert outcome.ticket.targets[0].breached_at == target.due_at
    assert 0 <= warned_at - target.warn_at.timestamp() < 1
    assert 0 <= breached_at - target.due_at.timestamp() < 1
    assert watchdog.repairs._value.get() == repairs  # the stream did it, not the poll
