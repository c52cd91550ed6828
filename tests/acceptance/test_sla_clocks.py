"""SLA clocks from outside: the same stories over the log in Postgres and over Kafka, with real processes.

Each target that comes due is stamped at its due time itself, once, and announced within a second; whatever
happens to the processes and the broker, within the group's session time-out and a second. How late they are
is judged on a quiet machine only (PARLEY_SOAK=1), who rang them on any.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import anyio
import httpx2
import pytest

from server.domain.commands import ChangeStatus, Envelope
from server.handle import Handle
from server.store.pool import Store
from server.streams.app import SESSION_SECONDS
from tests.acceptance.desk import Desk as AcceptanceDesk
from tests.acceptance.desk import fresh_folder
from tests.acceptance.workers import GRACE_SECONDS, SOAK, Workers, workers
from tests.conftest import Database
from tests.kafka.brokers import KINDS as KAFKAS
from tests.people import Desk, opening, promise, settle
from tests.store.relaying import until

KINDS = ("log", *KAFKAS)
SECOND = timedelta(seconds=1)
CALM_SECONDS = 1.0
WORST_SECONDS = SESSION_SECONDS + 1.0
WATCHDOG_SECONDS = GRACE_SECONDS + 1.0
TAKEN_OVER_SECONDS = 40  # after which others certainly have the partitions of a killed process


class Breach(NamedTuple):
    """A breach as it was recorded: when it was due, what was stamped, when it was committed (about)."""

    ticket_id: UUID
    due_at: datetime
    breached_at: datetime
    at: datetime

    @property
    def late(self) -> float:
        return (self.at - self.due_at).total_seconds()


class Story:
    """A desk whose tickets are opened here, while others keep the clocks."""

    def __init__(self, store: Store, desk: Desk, handle: Handle, running: Workers) -> None:
        self.store, self.desk, self.handle, self.workers = store, desk, handle, running
        self.stalled = 0.0  # how long this very machine stood still at most, which no promise covers

    async def open(self, count: int, priority: str = "normal") -> list[UUID]:
        """Tickets, all at once."""
        tickets: list[UUID] = []

        async def one() -> None:
            command = opening(self.desk, priority=priority)
            await self.handle.submit(Envelope(self.desk.vic, command))
            tickets.append(command.ticket_id)

        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(one)
        return tickets

    async def change(self, ticket_id: UUID, status: str) -> None:
        await self.handle.submit(Envelope(self.desk.bob, ChangeStatus(ticket_id, status)))  # type: ignore[arg-type]

    @asynccontextmanager
    async def trickle(self, rate: float) -> AsyncIterator[list[UUID]]:
        """Tickets one after the other, so that there is always one that comes due; and two rounds more."""
        tickets: list[UUID] = []

        async def open_all() -> None:
            while True:
                tickets.extend(await self.open(1))
                await anyio.sleep(1 / rate)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(open_all)
            yield tickets
            await until(partial(lambda least: len(tickets) >= least, len(tickets) + 30))
            tasks.cancel_scope.cancel()

    async def some_breached(self, tickets: list[UUID], count: int) -> None:
        with anyio.fail_after(120):
            while len({b.ticket_id for b in await self.breaches()} & set(tickets)) < count:  # noqa: ASYNC110
                await anyio.sleep(0.1)

    async def due_at(self, ticket_id: UUID) -> datetime:
        async with self.store.read(self.desk.workspace_id) as db:
            due: datetime = await db.fetchval(
                "SELECT due_at FROM sla_targets WHERE ticket_id = $1", ticket_id
            )
        return due

    async def events(self, kind: str) -> list[tuple[UUID, datetime]]:
        async with self.store.read(self.desk.workspace_id) as db:
            rows = await db.fetch("SELECT ticket_id, at FROM events WHERE type = $1 ORDER BY at", kind)
        return [(row["ticket_id"], row["at"]) for row in rows]

    async def breaches(self) -> list[Breach]:
        async with self.store.read(self.desk.workspace_id) as db:
            rows = await db.fetch(
                "SELECT e.ticket_id, t.due_at, (e.data->>'breached_at')::timestamptz AS breached_at, e.at"
                " FROM events e JOIN sla_targets t USING (workspace_id, ticket_id)"
                " WHERE e.type = 'sla_breached' AND t.target = e.data->>'target' ORDER BY e.at"
            )
        return [Breach(*row) for row in rows]

    async def all_breached(self, tickets: list[UUID], within: float = 120) -> list[Breach]:
        """Wait until each has breached; every one of them once, stamped at its due time."""
        with anyio.move_on_after(within):
            while not set(tickets) <= {b.ticket_id for b in await self.breaches()}:  # noqa: ASYNC110
                await anyio.sleep(0.1)
        found = [breach for breach in await self.breaches() if breach.ticket_id in set(tickets)]
        assert sorted(b.ticket_id for b in found) == sorted(tickets), "each once"
        assert all(b.breached_at == b.due_at for b in found)
        return found

    async def watch_machine(self) -> None:
        while True:
            before = time.monotonic()
            await anyio.sleep(0.05)
            self.stalled = max(self.stalled, time.monotonic() - before - 0.05)


@asynccontextmanager
async def story(
    store: Store, database: Database, kind: str, resolution: float, *, warned: bool = True
) -> AsyncIterator[Story]:
    """A desk that promises a resolution, and no process yet that keeps clocks."""
    desk, handle = await settle(store), Handle(store)
    await promise(store, desk, resolution=resolution * SECOND, warned=warned)
    async with workers(database, kind) as running, anyio.create_task_group() as tasks:
        told = Story(store, desk, handle, running)
        tasks.start_soon(handle.run)
        tasks.start_soon(told.watch_machine)
        yield told
        tasks.cancel_scope.cancel()


def check_late(told: Story, found: list[Breach], most: float) -> None:
    """None is early, nor later than promised where the machine has nothing else to do."""
    late = [breach.late for breach in found]
    print(f"late by {min(late):.3f} to {max(late):.3f} s, the machine stood still for {told.stalled:.3f} s")
    assert min(late) >= 0
    assert not SOAK or max(late) < most + told.stalled


@pytest.mark.parametrize("kind", KINDS)
async def test_a_breach_is_stamped_to_the_second_and_announced_within_one(
    store: Store, database: Database, kind: str
):
    async with story(store, database, kind, resolution=8) as told:
        await told.workers.start()
        tickets = await told.open(3)
        resolved, paused, resumed = tickets
        first_due = await told.due_at(resumed)
        await told.change(resolved, "resolved")
        await told.change(paused, "on_hold")
        await told.change(resumed, "on_hold")
        tickets += await told.open(27)
        await anyio.sleep(1)
        await told.change(resumed, "open")
        found = await told.all_breached(tickets[2:])
        assert {ticket for ticket, _ in await told.events("sla_warned")} == set(tickets[2:])
        assert {b.ticket_id for b in await told.breaches()}.isdisjoint({resolved, paused})
        [last_due] = [b.due_at for b in found if b.ticket_id == resumed]
        assert last_due - first_due > 0.9 * SECOND, "it stood still meanwhile"
        await told.change(paused, "open")
        found += await told.all_breached([paused])
        check_late(told, found, CALM_SECONDS)
        assert told.workers.repairs() == 0, "the stream did it, not the poll"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_came_due_while_nobody_ran_breaches_at_the_start_in_due_order(
    store: Store, database: Database, kind: str
):
    # A warning that is over too would ring first, and its breach when that has been heard of.
    async with story(store, database, kind, resolution=1, warned=False) as told:
        worker = await told.workers.start()
        await worker.kill()
        tickets = [ticket for _ in range(20) for ticket in await told.open(10)]
        await anyio.sleep(1.5)
        assert not await told.breaches()
        await told.workers.start()
        found = await told.all_breached(tickets)
        due = [b.due_at for b in sorted(found, key=lambda b: (b.at, b.due_at))]  # one commit, one instant
        assert due == sorted(due), "committed in due order"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [2, 3])
async def test_a_worker_is_killed_and_no_breach_is_lost_doubled_or_too_late(
    store: Store, database: Database, kind: str, count: int
):
    async with story(store, database, kind, resolution=5) as told:
        for _ in range(count):
            await told.workers.start()
        if kind != "log":
            await told.workers.settled()
        await promise(store, told.desk, "low", resolution=TAKEN_OVER_SECONDS * SECOND)
        inherited = await told.open(24, "low")  # their records are committed by the time of the kill
        async with told.trickle(rate=15) as tickets:
            await told.some_breached(tickets, 10)
            await told.workers.all[0].kill()
            await told.workers.settled()
        check_late(told, await told.all_breached(tickets), WORST_SECONDS)
        check_late(told, await told.all_breached(inherited), CALM_SECONDS)
        assert told.workers.repaired().isdisjoint(inherited), "who took over has armed them"


@pytest.mark.parametrize("kind", KAFKAS)
async def test_partitions_change_hands_under_load(store: Store, database: Database, kind: str):
    async with story(store, database, kind, resolution=5) as told:
        await told.workers.start()
        async with told.trickle(rate=30) as tickets:
            await told.some_breached(tickets, 10)
            second = await told.workers.start()
            await told.workers.start()
            await told.some_breached(tickets[-1:], 1)
            assert await second.terminate() == 0
            await told.workers.settled()
            await told.some_breached(tickets[-1:], 1)
        check_late(told, await told.all_breached(tickets), WORST_SECONDS)


@pytest.mark.parametrize("kind", KAFKAS)
async def test_without_kafka_the_watchdog_takes_over_and_everything_comes_back(
    store: Store, database: Database, kind: str
):
    async with story(store, database, kind, resolution=2) as told:
        broker = told.workers.kafka
        assert broker is not None
        broker.kill()
        worker = await told.workers.start(armed=False)  # a Kafka that is away stops nobody
        tickets = await told.open(5)
        found = await told.all_breached(tickets)
        assert min(b.late for b in found) >= GRACE_SECONDS
        check_late(told, found, WATCHDOG_SECONDS)
        assert told.workers.repaired() == set(tickets)
        broker.start()
        await worker.until("sla_clocks_armed")
        await _the_stream_is_back(told)
        broker.kill()
        await anyio.sleep(1)
        began = time.monotonic()
        assert await worker.terminate() == 0, "a Kafka that is away holds nobody back"
        assert not SOAK or time.monotonic() - began < 10 + told.stalled


@pytest.mark.parametrize("kind", KAFKAS)
async def test_a_broker_is_restarted(store: Store, database: Database, kind: str):
    """Tansu has forgotten everything then, its group and topics included; Kafka nothing."""
    async with story(store, database, kind, resolution=6) as told:
        broker = told.workers.kafka
        assert broker is not None
        for _ in range(2):
            await told.workers.start()
        before = await told.open(20)
        await anyio.sleep(2)
        broker.kill()
        during = await told.open(20)
        await anyio.sleep(2)
        broker.start()
        found = await told.all_breached([*before, *during])
        check_late(told, found, WATCHDOG_SECONDS)
        await told.workers.settled()
        await _the_stream_is_back(told)


async def _the_stream_is_back(told: Story) -> None:
    """Within some minutes a run of tickets needs no repair."""
    with anyio.fail_after(90 if SOAK else 240):
        while True:
            tickets = await told.open(8)
            found = await told.all_breached(tickets)
            if told.workers.repaired().isdisjoint(tickets):
                check_late(told, found, CALM_SECONDS)
                return


def test_a_desk_whose_kafka_is_away_serves_and_says_so() -> None:
    with fresh_folder() as folder:
        desk = AcceptanceDesk(folder, KAFKA_BROKERS="127.0.0.1:1")
        desk.start()
        try:
            ends = time.monotonic() + 60
            while (answer := httpx2.get(f"{desk.url}/readyz")).json()["parts"]["kafka"] != "away":
                assert time.monotonic() < ends, answer.text
                time.sleep(0.1)
            assert (answer.status_code, answer.json()["ready"]) == (200, True)
            assert 'parley_log_lag_events{consumer="kafka"}' in httpx2.get(f"{desk.url}/metrics").text
        finally:
            desk.stop()
