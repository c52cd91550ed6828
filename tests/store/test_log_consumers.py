"""Consumers of the log: each event at least once, in ticket order, across faults of every kind."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

import anyio
import pytest

from server.domain.commands import AddInteraction, Envelope
from server.domain.errors import Unavailable
from server.relay import consumer as module
from server.relay.consumer import Consumer
from server.relay.sequencer import Sequencer
from server.store import log
from server.store.bell import Bell
from server.store.log import Entry
from server.store.pace import Backoff
from server.store.pool import Store
from tests.people import Desk, opening, says, settle
from tests.store.relaying import caught_up, numbered, until, written


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is to be waited for in a test."""
    monkeypatch.setattr(module, "Backoff", lambda most=0.0: Backoff(first=0.001, most=0.01))


class Told:
    """A handler that remembers what it was told."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def handle(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)

    def seqs(self) -> dict[UUID, list[int]]:
        """Each ticket's numbers as they were first told."""
        seen: defaultdict[UUID, list[int]] = defaultdict(list)
        for entry in self.entries:
            if entry.seq not in seen[entry.ticket_id]:
                seen[entry.ticket_id].append(entry.seq)
        return dict(seen)


async def chatter(store: Store, desk: Desk, tickets: int, messages: int) -> dict[UUID, list[int]]:
    """Tickets with some messages each; the numbers of their events."""
    openings = [opening(desk) for _ in range(tickets)]
    await written(store, *(Envelope(desk.vic, command) for command in openings))
    for n in range(messages):
        await written(
            store,
            *(
                Envelope(desk.vic, AddInteraction(command.ticket_id, says(f"message {n}")))
                for command in openings
            ),
        )
    return {command.ticket_id: list(range(1, messages + 3)) for command in openings}


async def test_a_consumer_is_told_everything_once_in_ticket_order_and_goes_on_where_it_was(
    store: Store,
):
    desk, told = await settle(store), Told()
    wanted = await chatter(store, desk, 5, 3)
    await caught_up(store, told.handle, max_events=4)
    assert told.seqs() == wanted
    more = await chatter(store, desk, 2, 1)
    await caught_up(store, told.handle)
    assert told.seqs() == wanted | more
    assert len(told.entries) == sum(len(seqs) for seqs in (wanted | more).values())


async def test_every_event_is_told_across_cancellations_in_the_middle_of_a_batch(store: Store):
    desk, told, rng = await settle(store), Told(), random.Random(3)
    wanted = await chatter(store, desk, 6, 6)
    await numbered(store)
    lives = 0

    async def hear(entries: Sequence[Entry]) -> None:
        nonlocal lives
        for entry in entries:
            await told.handle([entry])
            lives -= 1
            if not lives:
                alone.cancel_scope.cancel()
                await anyio.sleep_forever()

    for _ in range(10):
        lives = rng.randrange(1, 8)
        async with anyio.create_task_group() as alone:
            alone.start_soon(Consumer(store, Bell(), "test", hear, max_events=5).run)
    await caught_up(store, told.handle)
    assert told.seqs() == wanted
    repeated = Counter((entry.ticket_id, entry.seq) for entry in told.entries)
    assert max(repeated.values()) > 1  # at least once, and here it shows


async def test_a_poison_event_is_parked_and_what_is_behind_it_told(store: Store):
    desk, told = await settle(store), Told()
    wanted = await chatter(store, desk, 3, 2)
    poisoned, attempts = next(iter(wanted)), 0

    async def choke(entries: Sequence[Entry]) -> None:
        nonlocal attempts
        for entry in entries:
            if (entry.ticket_id, entry.seq) == (poisoned, 2):
                attempts += len(entries) == 1
                raise ValueError("indigestible")
        await told.handle(entries)

    await caught_up(store, choke)
    assert attempts == 3
    assert told.seqs() == wanted | {poisoned: [1, 3, 4]}
    async with store.read(desk.workspace_id) as db:
        parked = await db.fetch("SELECT consumer, ticket_id, seq, reason FROM parked_events")
    assert [tuple(row) for row in parked] == [("test", poisoned, 2, "ValueError('indigestible')")]


async def test_a_handler_that_never_returns_is_parked_like_any_other_poison(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_HANDLER_SECONDS", 0.05)
    desk = await settle(store)
    await chatter(store, desk, 1, 0)
    await caught_up(store, lambda entries: anyio.sleep_forever())
    async with store.read(desk.workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM parked_events") == 2


async def test_what_a_handler_needs_and_is_away_is_waited_for_and_nothing_is_parked(store: Store):
    desk, told = await settle(store), Told()
    wanted, outages = await chatter(store, desk, 2, 1), 20

    async def flicker(entries: Sequence[Entry]) -> None:
        nonlocal outages
        if outages:
            outages -= 1
            raise Unavailable if outages % 2 else ConnectionResetError
        await told.handle(entries)

    await caught_up(store, flicker)
    assert outages == 0
    assert told.seqs() == wanted
    async with store.read(desk.workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM parked_events") == 0


async def test_a_consumer_that_stalls_delays_no_other(store: Store):
    desk, told, bell = await settle(store), Told(), Bell()
    wanted = await chatter(store, desk, 3, 2)

    async def stall(entries: Sequence[Entry]) -> None:
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Sequencer(store, bell).run)
        tasks.start_soon(Consumer(store, bell, "stalls", stall).run)
        tasks.start_soon(Consumer(store, bell, "runs", told.handle).run)
        await until(lambda: told.seqs() == wanted)
        tasks.cancel_scope.cancel()
    async with store.across() as db:
        assert set((await log.fetch_committed(db, "stalls")).values()) == {0}


async def test_of_two_consumers_of_a_name_one_works_and_the_other_takes_over(store: Store):
    desk, first, second, bell = await settle(store), Told(), Told(), Bell()
    wanted = await chatter(store, desk, 2, 1)
    await numbered(store)
    one = Consumer(store, bell, "same", first.handle)
    other = Consumer(store, bell, "same", second.handle)
    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as alone:
            alone.start_soon(one.run)
            await until(lambda: first.seqs() == wanted)
            tasks.start_soon(other.run)
            await until(lambda: other.ready)
            alone.cancel_scope.cancel()
        more = await chatter(store, desk, 1, 0)
        await numbered(store)
        await until(lambda: second.seqs().keys() >= more.keys())
        tasks.cancel_scope.cancel()
    assert first.seqs() == wanted


async def test_a_lost_connection_is_made_anew_and_nothing_is_missed(store: Store, database):
    desk, told, bell = await settle(store), Told(), Bell()
    wanted = await chatter(store, desk, 2, 1)
    consumer, sequencer = Consumer(store, bell, "test", told.handle), Sequencer(store, bell)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(consumer.run)
        tasks.start_soon(sequencer.run)
        await until(lambda: told.seqs() == wanted)
        async with store.across() as db:
            await db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name ~ '^parley (consumer|sequencer)'"
            )
        more = await chatter(store, desk, 2, 1)
        await until(lambda: told.seqs() == wanted | more)
        tasks.cancel_scope.cancel()
