"""Roll-ups in Postgres: counted once whatever the log does, compared with the events, and mended."""

from __future__ import annotations

import itertools
import random
import types
from collections import Counter
from collections.abc import Coroutine, Generator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.clock import new_id
from server.domain.commands import AssignTicket, ChangeStatus, Envelope
from server.domain.events import encode_event
from server.domain.rollups.digits import counts_of
from server.relay import rollups
from server.relay.rollups import RollUps
from server.store.log import Entry
from server.store.migrations import list_migrations
from server.store.pool import Store
from server.store.rollups import CONSUMER, fetch_complete_until
from tests.conftest import Database
from tests.laws.budget import examples
from tests.laws.reported import LIVES, Life, count_all, life
from tests.people import Desk, opening, settle
from tests.store.relaying import caught_up, numbered, written

ONE: Any = [
    (7, "start", 0, 0), (1, "start", 2, 0), (3, "assign", 1, 1), (5, "met", 0, 3), (9, "breach", 2, 1),
    (4, "priority", 2, 0), (6, "status", 3, 0), (2, "met", 2, 5), (3000, "status", 0, 0), (1, "resume", 2, 0),
]  # fmt: skip
CHANGES = [
    "DELETE FROM report_runs WHERE kind = 'first_response'",
    "UPDATE report_runs SET agent_id = NULL",
    "INSERT INTO report_runs SELECT workspace_id, ticket_id, kind, 99, started_at, met_at, breached_at,"
    " stopped_at, bucket, policy_id, inbox_id, team_id, agent_id, priority, customer_id"
    " FROM report_runs WHERE kind = 'resolution'",
    "UPDATE report_tickets SET open = NOT open",
    "UPDATE report_cells SET first_met = first_met + 1 WHERE cut = 'all'",
    "UPDATE report_cells SET resolution_durations = resolution_durations + 100000000 WHERE cut = 'teams'",
    "DELETE FROM report_cells WHERE cut = 'customers of a month'",
    "UPDATE report_cells SET period = period + interval '9 d', key = gen_random_uuid() WHERE cut = 'agents'",
    "DELETE FROM report_cells WHERE cut = 'hours'",
    "UPDATE report_cells SET next_targets = next_targets + 1 WHERE cut = 'hours of agents'",
    "UPDATE report_flows SET slots = slots + 1",
    "DELETE FROM report_flows WHERE kind = 'opened'",
]
TABLES = ("report_tickets", "report_runs", "report_cells", "report_flows")


async def lived(store: Store, lives: Sequence[Life]) -> tuple[UUID, list[Entry]]:
    """A workspace with nothing but the events of these lives, and what the log would tell of them."""
    workspace_id, entries = new_id(), list[Entry]()
    async with store.write(workspace_id) as db:
        await db.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Ours')", workspace_id)
        for record in [record for one in lives for record in one.records]:
            data, kind = encode_event(record.event), str(record.event.__struct_config__.tag)
            await db.execute(
                "INSERT INTO events (workspace_id, ticket_id, seq, type, at, actor_type, data)"
                " VALUES ($1, $2, $3, $4, $5, 'system', $6)",
                workspace_id, record.ticket_id, record.seq, kind, record.at, data,
            )  # fmt: skip
            place = (0, len(entries) + 1, workspace_id, record.ticket_id, record.seq, None)
            entries.append(Entry(*place, kind, record.at, "system", None, data))
        await db.execute(
            "INSERT INTO tickets (workspace_id, id, number, subject, description, inbox_id, channel_source,"
            " customer_id, status, priority, seq, public_seq, created_at, updated_at)"
            " SELECT $1, id, n, '', '', id, 'chat', id, 'open', 'low', 1, 1, now(), now()"
            " FROM unnest($2::uuid[]) WITH ORDINALITY t (id, n)",
            workspace_id, [one.ticket_id for one in lives],
        )  # fmt: skip
    return workspace_id, entries


async def stored(store: Store, workspace_id: UUID) -> tuple[dict[Any, int], dict[Any, int]]:
    """What the roll-ups say, in the words of `count_all`."""
    cells: Counter[Any] = Counter()
    flows: Counter[Any] = Counter()
    async with store.read(workspace_id) as db:
        for row in await db.fetch("SELECT * FROM report_cells"):
            name = tuple(row[column] for column in _NAME)
            for target, short in _SHORT.items():
                for count in ("targets", "met", "breached"):
                    cells[*name, target, count] += row[f"{short}_{count}"]
                for bucket, count in enumerate(counts_of(f"{row[f'{short}_durations']:f}")):
                    cells[*name, target, "bucket", bucket] += count
        for row in await db.fetch("SELECT * FROM report_flows"):
            slots = counts_of(f"{row['slots']:f}")
            assert sum(slots) == row["happened"]
            for slot, count in enumerate(slots):
                flows[row["inbox_id"], row["kind"], row["day"], slot] += count
    return there(cells), there(flows)


_NAME = ("cut", "period", "inbox_id", "policy_id", "team_id", "agent_id", "priority", "customer_id")
_SHORT = {"first_response": "first", "next_response": "next", "resolution": "resolution"}


def there(counts: Counter[Any]) -> dict[Any, int]:
    return {name: count for name, count in counts.items() if count}


async def differences(store: Store, workspace_id: UUID) -> int:
    """How much a comparison finds, and mends."""
    return sum([step.differences async for step in rollups.rebuild(store, workspace_id)])


@examples(12)
@given(LIVES, st.integers())
async def test_what_is_told_in_any_order_and_again_is_counted_once(
    store: Store, lives: list[Life], seed: int
) -> None:
    workspace_id, entries = await lived(store, lives)
    told = RollUps(store).handle
    chance = random.Random(seed)
    for _ in range(3):
        await told(chance.choices(entries, k=4))
    await told(chance.sample(entries, len(entries)))
    await told(entries)
    expected = count_all(lives)
    assert await stored(store, workspace_id) == (there(expected[0]), there(expected[1]))
    assert await differences(store, workspace_id) == 0


async def test_two_who_are_told_at_once_count_once(store: Store) -> None:
    lives = [life(UUID(int=1000 + n), (n, 0, 0), ONE) for n in range(4)]
    workspace_id, entries = await lived(store, lives)
    async with anyio.create_task_group() as tasks:
        for start in range(4):
            tasks.start_soon(RollUps(store).handle, entries[start:])
    expected = count_all(lives)
    assert await stored(store, workspace_id) == (there(expected[0]), there(expected[1]))


async def test_what_could_not_be_committed_was_not_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = [life(UUID(int=1000), (0, 0, 0), ONE)]
    workspace_id, entries = await lived(store, lives)

    async def dies(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr("server.store.rollups.add", dies)  # the last step of a transaction
        with pytest.raises(Exception):  # noqa: B017 (whatever it becomes on the way out)
            await RollUps(store).handle(entries)
    assert await stored(store, workspace_id) == ({}, {})
    await RollUps(store).handle(entries)
    assert await stored(store, workspace_id) == tuple(map(there, count_all(lives)))


async def test_who_is_cut_off_at_any_moment_counts_all_or_nothing(store: Store) -> None:
    lives = [life(UUID(int=1000 + n), (n, 0, 0), ONE) for n in range(20)]
    expected = tuple(map(there, count_all(lives)))
    for moment in itertools.count():
        workspace_id, entries = await lived(store, lives)
        with anyio.CancelScope() as scope:
            await cut_off(RollUps(store).handle(entries), moment, scope)
        await all_is_over(store)
        assert await stored(store, workspace_id) in (({}, {}), expected)
        await RollUps(store).handle(entries)
        assert await stored(store, workspace_id) == expected
        assert await differences(store, workspace_id) == 0
        if not scope.cancelled_caught:
            break
    assert moment > 5


async def all_is_over(store: Store) -> None:
    """Wait until no transaction is open any more: what was cut off may be on its way to its end."""
    others = "datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    with anyio.fail_after(60):
        async with store.across() as db:
            while await db.fetchval(  # noqa: ASYNC110 (it asks Postgres)
                f"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE {others})"
            ):
                await anyio.sleep(0.005)


@types.coroutine
def cut_off(
    work: Coroutine[Any, Any, None], moment: int, scope: anyio.CancelScope
) -> Generator[Any, None, None]:
    """Do `work`, and cancel `scope` when it waits for the `moment`th time, counted from 0."""
    error: BaseException | None = None
    for waits in itertools.count():
        try:
            awaited = work.send(None) if error is None else work.throw(error)
        except StopIteration:
            return
        if waits == moment:
            scope.cancel()
        try:
            error = yield awaited
        except BaseException as thrown:
            error = thrown


async def test_more_events_than_are_read_at_once_are_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = [life(UUID(int=1000 + n), (n, 0, 0), ONE) for n in range(3)]
    workspace_id, entries = await lived(store, lives)
    for module in ("server.relay.rollups", "server.store.rollups_compare"):
        monkeypatch.setattr(f"{module}.MAX_EVENTS", 4)
    monkeypatch.setattr("server.store.rollups.list_events.__defaults__", (None, 4))
    await RollUps(store).handle(entries)
    assert await stored(store, workspace_id) == tuple(map(there, count_all(lives)))
    assert await differences(store, workspace_id) == 0


@pytest.mark.parametrize("change", CHANGES)
async def test_a_comparison_finds_what_is_wrong_and_mends_it(store: Store, change: str) -> None:
    lives = [life(UUID(int=1000 + n), (n, 0, 0), ONE) for n in range(3)]
    workspace_id, entries = await lived(store, lives)
    await RollUps(store).handle(entries)
    sound = await stored(store, workspace_id)
    assert await differences(store, workspace_id) == 0
    async with store.write(workspace_id) as db:
        assert not (await db.execute(change)).endswith(" 0")
    assert await differences(store, workspace_id) > 0
    assert await stored(store, workspace_id) == sound
    assert await differences(store, workspace_id) == 0


async def test_they_are_built_again_from_nothing(store: Store) -> None:
    lives = [life(UUID(int=1000 + n), (n, 0, 0), ONE) for n in range(3)]
    workspace_id, _ = await lived(store, lives)
    assert await differences(store, workspace_id) == 0  # not counted yet is not wrong
    assert await stored(store, workspace_id) == tuple(map(there, count_all(lives)))
    async with store.write(workspace_id) as db:
        for table in TABLES[1:]:
            await db.execute(f"DELETE FROM {table}")
    assert await differences(store, workspace_id) > 0
    assert await stored(store, workspace_id) == tuple(map(there, count_all(lives)))


async def test_hours_of_an_older_desk_are_told_apart_by_its_migration(
    store: Store, database: Database
) -> None:
    lives = [life(UUID(int=1000 + n), (n * 47, n % 2, 0), ONE) for n in range(6)]
    workspace_id, entries = await lived(store, lives)
    await RollUps(store).handle(entries)
    sound = await stored(store, workspace_id)
    async with store.write(workspace_id) as db:
        await db.execute("DELETE FROM report_cells WHERE cut = 'hours of agents'")
        await db.execute(
            "UPDATE report_cells SET team_id = NULL, key = gen_random_uuid() WHERE cut = 'hours'"
        )
    assert await stored(store, workspace_id) != sound
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        async with owner.transaction():
            await owner.execute(next(one.sql for one in list_migrations() if one.version == 38))
    finally:
        await owner.close()
    assert await stored(store, workspace_id) == sound
    assert await differences(store, workspace_id) == 0


async def test_a_desks_tickets_are_counted_as_its_writer_writes_them(store: Store) -> None:
    desk = await settle(store)
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    await written(store, Envelope(desk.bob, AssignTicket(command.ticket_id, assignee_id=desk.bob.id)))
    for status in ("resolved", "closed", "open"):
        await written(store, Envelope(desk.bob, ChangeStatus(command.ticket_id, status)))  # type: ignore[arg-type]
    await caught_up(store, RollUps(store).handle)
    _, flows = await stored(store, desk.workspace_id)
    assert Counter({kind: count for (_, kind, _, _), count in flows.items()}) == {
        "opened": 1, "resolved": 1, "reopened": 1,
    }  # fmt: skip
    async with store.read(desk.workspace_id) as db:
        known = await db.fetchrow("SELECT open, agent_id, inbox_id FROM report_tickets")
    assert tuple(known) == (True, desk.bob.id, desk.chat)
    assert await differences(store, desk.workspace_id) == 0


async def test_they_are_complete_until_the_first_event_that_was_not_counted(store: Store) -> None:
    desk = await settle(store)
    later = datetime.now(UTC) + timedelta(hours=1)
    assert await complete_until(store, desk, later) == later
    opened = (await written(store, Envelope(desk.vic, opening(desk))))[0].ticket.created_at
    assert await complete_until(store, desk, later) == opened  # not even numbered
    await numbered(store)
    assert await complete_until(store, desk, later) == opened
    await caught_up(store, RollUps(store).handle, CONSUMER)
    assert await complete_until(store, desk, later) == later


async def complete_until(store: Store, desk: Desk, now: datetime) -> datetime:
    async with store.read(desk.workspace_id) as db:
        return await fetch_complete_until(db, desk.workspace_id, now)
