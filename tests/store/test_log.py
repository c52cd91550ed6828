"""The log: numbered densely, each ticket in its order, and read by offset and by nothing else."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import anyio
import pytest

from server.domain.commands import AddInteraction, ChangeStatus, Envelope
from server.domain.events import InteractionAdded, TicketOpened
from server.domain.log import PARTITIONS, partition_of
from server.handle import Handle
from server.relay.follower import follow
from server.relay.sequencer import Sequencer
from server.store import log
from server.store.bell import Bell
from server.store.lease import held
from server.store.log import Entry, Place
from server.store.pool import Connection, Store
from tests.people import opening, promise, says, settle
from tests.store.relaying import numbered, until, written

EVERYTHING = dict.fromkeys(range(PARTITIONS), 0)


async def whole(store: Store, *, clocks_only: bool = False) -> list[Entry]:
    async with store.across() as db:
        return await log.read(db, EVERYTHING, 100_000, clocks_only=clocks_only)


def check(entries: Sequence[Entry]) -> None:
    """Offsets are 1, 2, 3 … in each partition, and so is each ticket's seq, in its own partition."""
    offsets: defaultdict[int, list[int]] = defaultdict(list)
    seqs: defaultdict[UUID, list[int]] = defaultdict(list)
    for entry in entries:
        assert entry.partition == partition_of(entry.ticket_id)
        offsets[entry.partition].append(entry.offset)
        seqs[entry.ticket_id].append(entry.seq)
    for numbers in (*offsets.values(), *seqs.values()):
        assert numbers == list(range(1, len(numbers) + 1))


async def test_every_committed_event_has_one_dense_offset(store: Store):
    desk = await settle(store)
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    assert await whole(store) == []
    assert await numbered(store) == 2
    entries = await whole(store)
    assert [(entry.offset, entry.seq, entry.type) for entry in entries] == [
        (1, 1, "ticket_opened"),
        (2, 2, "interaction_added"),
    ]
    assert [type(entry.event()) for entry in entries] == [TicketOpened, InteractionAdded]
    assert entries[1].actor_id == desk.vic.id


async def test_numbering_is_dense_and_in_ticket_order_under_concurrent_writers(store: Store):
    desk = await settle(store)
    openings = [opening(desk) for _ in range(20)]
    bell = Bell()
    handles = [Handle(store, lanes=2) for _ in range(3)]  # as from three processes
    sequencers = [Sequencer(store, bell) for _ in range(2)]
    rng = random.Random(7)

    async def write(handle: Handle) -> None:
        for n in range(60):
            ticket = rng.choice(openings).ticket_id
            await handle.submit(Envelope(desk.vic, AddInteraction(ticket, says(f"message {n}"))))

    async with anyio.create_task_group() as tasks:
        for part in (*handles, *sequencers):
            tasks.start_soon(part.run)
        for command in openings:
            await handles[0].submit(Envelope(desk.vic, command))
        async with anyio.create_task_group() as writing:
            for handle in handles * 4:
                writing.start_soon(write, handle)
        tasks.cancel_scope.cancel()
    await numbered(store)
    entries = await whole(store)
    check(entries)
    assert len(entries) == 20 * 2 + 12 * 60


async def test_a_bounded_turn_keeps_a_tickets_order(store: Store):
    desk = await settle(store)
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    for n in range(10):
        await written(store, Envelope(desk.vic, AddInteraction(command.ticket_id, says(f"message {n}"))))
    async with store.write(desk.workspace_id) as db:  # the batches' own ids say nothing about order
        await db.execute("UPDATE log_pending SET batch_id = gen_random_uuid()")
    assert await numbered(store, max_batches=1) == 12
    check(await whole(store))


async def test_a_transaction_that_stays_open_holds_nobody_up_and_is_numbered_later(store: Store):
    desk = await settle(store)
    first, second = opening(desk), opening(desk)
    await written(store, Envelope(desk.vic, first), Envelope(desk.vic, second))
    await numbered(store)
    async with store.write(desk.workspace_id) as slow:
        await slow.execute(
            "INSERT INTO log_pending (batch_id, workspace_id, ticket_ids, seqs, clocks)"
            " VALUES (gen_random_uuid(), $1, $2, '{2}', '{true}')",
            desk.workspace_id,
            [first.ticket_id],
        )
        await written(store, Envelope(desk.vic, AddInteraction(second.ticket_id, says("Hello again"))))
        assert await numbered(store) == 1
    assert await numbered(store) == 1


async def test_one_who_reads_by_offset_misses_nothing_whatever_the_page(store: Store):
    desk = await settle(store)
    await written(store, *(Envelope(desk.vic, opening(desk)) for _ in range(30)))
    await numbered(store)
    positions, read = dict(EVERYTHING), list[Entry]()
    for limit in itertools.cycle([1, 2, 3]):
        async with store.across() as db:
            entries = await log.read(db, positions, limit)
        if not entries:
            break
        positions |= log.ends(entries)
        read += entries
    assert sorted(read, key=lambda entry: (entry.partition, entry.offset)) == await whole(store)
    async with store.across() as db:
        assert positions == await log.fetch_heads(db)


async def test_only_what_changes_a_clock_is_read_by_the_clocks(store: Store):
    desk = await settle(store)
    await promise(store, desk, first_response=timedelta(hours=1), resolution=timedelta(hours=8))
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    await written(store, Envelope(desk.bob, ChangeStatus(command.ticket_id, "pending")))
    await numbered(store)
    types = [entry.type for entry in await whole(store, clocks_only=True)]
    assert types == ["sla_started", "sla_started", "sla_paused"]
    check(await whole(store))


async def test_positions_are_remembered_by_name(store: Store):
    async with store.across() as db:
        assert await log.fetch_committed(db, "search") == EVERYTHING
        await log.commit(db, "search", {3: 7})
        await log.commit(db, "search", {3: 9, 4: 1})
        assert await log.fetch_committed(db, "search") == EVERYTHING | {3: 9, 4: 1}
        assert await log.fetch_committed(db, "mail") == EVERYTHING


async def test_one_at_a_time_holds_a_lease_and_the_next_gets_it_when_the_session_dies(store: Store):
    order: list[str] = []

    async def compete(name: str) -> None:
        async with held(store, "test", lambda: order.append(f"{name} stands by")) as db:
            order.append(f"{name} holds")
            if name == "first":
                await until(lambda: "second stands by" in order)
                db.terminate()  # as when its process is killed
            else:
                tasks.cancel_scope.cancel()

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(compete, "first")
            await until(lambda: "first holds" in order)
            tasks.start_soon(compete, "second")
    assert order[:2] == ["first holds", "second stands by"]
    assert order[-1] == "second holds"


async def test_a_follower_hears_what_is_written_after_it_began(store: Store, monkeypatch: pytest.MonkeyPatch):
    fetch_heads, found = log.fetch_heads, list[object]()

    async def noted(db: Connection) -> dict[int, int]:
        heads = await fetch_heads(db)
        found.append(heads)
        return heads

    monkeypatch.setattr(log, "fetch_heads", noted)
    desk = await settle(store)
    await written(store, Envelope(desk.vic, opening(desk)))
    await numbered(store)
    bell, heard = Bell(), list[Place]()
    command = opening(desk)

    async def listen() -> None:
        async for places in follow(store, bell):
            heard.extend(places)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        tasks.start_soon(Sequencer(store, bell).run)
        await until(lambda: found)  # the end, after which it listens
        await written(store, Envelope(desk.vic, command))
        await until(lambda: len(heard) == 2)
        tasks.cancel_scope.cancel()
    assert [(place.ticket_id, place.seq) for place in heard] == [
        (command.ticket_id, 1),
        (command.ticket_id, 2),
    ]


@pytest.mark.parametrize("table", ["log", "log_heads", "log_pending"])
async def test_the_application_sees_the_log_of_all_workspaces_only_through_its_functions(
    store: Store, table: str
):
    desk = await settle(store)
    await written(store, Envelope(desk.vic, opening(desk)))
    async with store.across() as db:
        if table == "log_pending":
            assert await db.fetchval("SELECT count(*) FROM log_pending") == 0
        else:
            with pytest.raises(Exception, match="permission denied"):
                await db.fetch(f"SELECT * FROM {table}")
