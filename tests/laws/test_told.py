"""Told: every event reaches every consumer at least once, in ticket order, across kills.

Seen to fail when a consumer commits before it tells, and when the sequencer takes any batches first.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.clock import new_id
from server.domain.commands import AddInteraction, Envelope
from server.relay import consumer as consuming
from server.relay.consumer import Consumer
from server.store import lease, log
from server.store.bell import Bell
from server.store.log import Entry
from server.store.pool import Store
from tests.laws.budget import examples
from tests.people import Desk, opening, says, settle
from tests.store.relaying import caught_up, written

write = st.tuples(st.just("write"), st.lists(st.integers(0, 3), min_size=1, max_size=6))
number = st.tuples(st.just("number"), st.integers(1, 3))  # batches a turn
consume = st.tuples(st.just("consume"), st.integers(0, 5))  # killed after so many events
stories = st.lists(write | number | consume, min_size=3, max_size=15)


class Killed(BaseException):
    """The process of the consumer ends here; nothing in it can catch that."""


class Listener:
    """Remembers what it was told, and dies when it has been told enough."""

    def __init__(self) -> None:
        self.seqs: defaultdict[UUID, list[int]] = defaultdict(list)
        self.lives = 0

    async def hear(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if not self.lives:
                raise Killed
            self.lives -= 1
            self.seqs[entry.ticket_id].append(entry.seq)


@pytest.fixture
async def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(lease, "_ASK_SECONDS", 0.005)
    monkeypatch.setattr(consuming, "_MIN_REST_SECONDS", 0.0)
    monkeypatch.setattr(consuming, "_MAX_REST_SECONDS", 0.0)
    return await settle(store)


@examples(25)
@given(story=stories, page=st.integers(1, 4))
def test_every_event_is_told_at_least_once_in_ticket_order_across_kills(
    store: Store, desk: Desk, story: list[tuple[str, object]], page: int
):
    asyncio.get_event_loop().run_until_complete(tell(store, desk, story, page))


async def tell(store: Store, desk: Desk, story: list[tuple[str, object]], page: int) -> None:
    name, listener = f"law {new_id()}", Listener()
    openings = [opening(desk) for _ in range(4)]
    async with store.across() as db:
        await log.commit(db, name, await log.fetch_heads(db))
    await written(store, *(Envelope(desk.vic, command) for command in openings))
    said = 2 * len(openings)
    for step in story:
        match step:
            case "write", list(tickets):
                said += len(tickets)
                await written(
                    store,
                    *(
                        Envelope(desk.vic, AddInteraction(openings[n].ticket_id, says("Hello")))
                        for n in tickets
                    ),
                )
            case "number", int(batches):
                async with store.across() as db:
                    await log.number(db, batches)
            case "consume", int(lives):
                listener.lives = lives
                consumer = Consumer(store, Bell(), name, listener.hear, max_events=page)
                await consume_until_killed(store, name, consumer)
    listener.lives = 1_000_000
    await caught_up(store, listener.hear, name, max_events=page)
    told = {command.ticket_id: listener.seqs[command.ticket_id] for command in openings}
    assert sum(len(set(seqs)) for seqs in told.values()) == said
    for seqs in told.values():
        firsts = list(dict.fromkeys(seqs))
        assert firsts == list(range(1, len(firsts) + 1))


async def consume_until_killed(store: Store, name: str, consumer: Consumer) -> None:
    """Run a consumer until it is killed in the middle of something, or has nothing more to read."""
    try:
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(consumer.run())
            while await has_more(store, name):  # noqa: ASYNC110 (it asks Postgres)
                await asyncio.sleep(0.005)
            running.cancel()
    except* Killed:
        pass


async def has_more(store: Store, name: str) -> bool:
    async with store.across() as db:
        return bool(await log.read(db, await log.fetch_committed(db, name), 1))
