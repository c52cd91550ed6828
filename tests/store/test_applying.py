"""After a change of what is promised, open tickets are measured anew: once, from its moment, across faults.

Seen to fail: a page that is not remembered; a change in the middle that goes on from where the last one was;
a sweep that does not wait for those who still decide by the old rules; terms that are retired while a target
or a resting policy names them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
import asyncpg
import msgspec
import pytest

from server.clock import new_id
from server.domain.commands import ChangeStatus, Envelope
from server.domain.sla.plain import plain_promises
from server.domain.sla.policy import Conditions
from server.handle import Handle
from server.relay import applying as module
from server.relay.applying import Applying
from server.store import applications, customers, sla_policies
from server.store.customers import Facts
from server.store.pool import Store
from server.store.sla_policies import Written
from tests.people import Desk, opening, settle
from tests.store.relaying import until, written

EVERY_TICKET = Conditions()


def hours(number: float, conditions: Conditions = EVERY_TICKET, *, active: bool = True) -> Written:
    """A policy that promises a resolution."""
    promises = plain_promises(UUID(int=7), resolution=timedelta(hours=number))
    return Written("P", "", active, conditions, promises)


async def add(store: Store, desk: Desk, policy: Written) -> UUID:
    policy_id = new_id()
    async with store.write(desk.workspace_id) as db:
        await sla_policies.add_policy(db, desk.workspace_id, policy_id, policy)
    return policy_id


async def change(store: Store, desk: Desk, policy_id: UUID, policy: Written) -> None:
    async with store.write(desk.workspace_id) as db:
        await sla_policies.change_policy(db, desk.workspace_id, policy_id, policy)


async def open_tickets(store: Store, desk: Desk, count: int, **more: Any) -> list[UUID]:
    commands = [opening(desk, **more) for _ in range(count)]
    await written(store, *(Envelope(desk.vic, command) for command in commands))
    return [command.ticket_id for command in commands]


async def ask(store: Store, desk: Desk, query: str) -> list[Any]:
    async with store.read(desk.workspace_id) as db:
        return list(await db.fetch(query))


async def waiting(store: Store, desk: Desk) -> list[Any]:
    return await ask(store, desk, "SELECT id, customer_id, after FROM sla_applications ORDER BY created_at")


async def promised(store: Store, desk: Desk) -> set[timedelta]:
    """How much time the targets have."""
    rows = await ask(store, desk, "SELECT due_at - started_at AS promised FROM sla_targets")
    return {row["promised"] for row in rows}


async def retimed(store: Store, desk: Desk) -> list[tuple[UUID, datetime]]:
    """Which tickets were measured anew, and from when on."""
    rows = await ask(
        store,
        desk,
        "SELECT ticket_id, (data->>'changed_at')::timestamptz AS at FROM events"
        " WHERE type = 'sla_retimed' ORDER BY ticket_id, seq",
    )
    return [(row["ticket_id"], row["at"]) for row in rows]


@asynccontextmanager
async def working(store: Store) -> AsyncIterator[Applying]:
    handle = Handle(store)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handle.run)
        yield Applying(store, handle.submit)
        tasks.cancel_scope.cancel()


async def turns(store: Store, most: int = 100) -> None:
    """So many pages, or until nothing waits."""
    async with working(store) as applying, store.across() as db:
        for _ in range(most):
            if not await applying.turn(db):
                return


async def test_a_change_is_applied_to_what_is_open_from_its_own_moment(store: Store) -> None:
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    tickets = await open_tickets(store, desk, 5)
    await written(store, Envelope(desk.bob, ChangeStatus(tickets[0], "resolved")))
    await turns(store)
    await change(store, desk, policy_id, hours(2))
    [made_at] = [
        row["made_at"]
        for row in await ask(
            store, desk, "SELECT made_at FROM sla_terms t JOIN sla_policies p ON p.terms_id = t.id"
        )
    ]
    await turns(store)
    assert await retimed(store, desk) == [(ticket, made_at) for ticket in sorted(tickets[1:])]
    assert await promised(store, desk) == {timedelta(hours=8), timedelta(hours=2)}
    assert await waiting(store, desk) == []


async def test_what_stopped_with_its_policy_goes_on_with_it(store: Store) -> None:
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    await open_tickets(store, desk, 3)
    await turns(store)
    await change(store, desk, policy_id, hours(8, active=False))
    await turns(store)
    stopped = "SELECT ticket_id FROM sla_targets WHERE stopped_at IS NOT NULL"
    assert len(await ask(store, desk, stopped)) == 3
    await change(store, desk, policy_id, hours(8))
    await turns(store)
    assert await ask(store, desk, stopped) == []


async def test_changes_wait_as_one_and_what_changes_nothing_does_not_wait(store: Store) -> None:
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    other = await add(store, desk, hours(4))
    await change(store, desk, policy_id, hours(2))
    [one] = await waiting(store, desk)
    assert (one["customer_id"], one["after"]) == (None, UUID(int=0))
    await turns(store)
    renamed = msgspec.structs.replace(hours(2), name="Renamed")
    await change(store, desk, policy_id, renamed)
    async with store.write(desk.workspace_id) as db:
        await sla_policies.order_policies(db, desk.workspace_id, [other, policy_id])
    assert await waiting(store, desk) == []
    async with store.write(desk.workspace_id) as db:
        await sla_policies.order_policies(db, desk.workspace_id, [policy_id, other])
    assert len(await waiting(store, desk)) == 1
    await turns(store)
    async with store.write(desk.workspace_id) as db:
        await sla_policies.delete_policy(db, desk.workspace_id, other)
    assert len(await waiting(store, desk)) == 1


async def test_it_goes_on_where_it_was_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    tickets = sorted(await open_tickets(store, desk, 7))
    await turns(store)
    await change(store, desk, policy_id, hours(2))
    await turns(store, 2)
    [one] = await waiting(store, desk)
    assert one["after"] == tickets[3]
    assert [ticket for ticket, _ in await retimed(store, desk)] == tickets[:4]
    await turns(store, 1)
    assert [ticket for ticket, _ in await retimed(store, desk)] == tickets[:6]
    await turns(store)
    assert [ticket for ticket, _ in await retimed(store, desk)] == tickets
    assert await waiting(store, desk) == []


async def test_a_change_in_the_middle_begins_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    await open_tickets(store, desk, 7)
    await turns(store)
    await change(store, desk, policy_id, hours(2))
    await turns(store, 2)
    await change(store, desk, policy_id, hours(3))
    await turns(store)
    assert await promised(store, desk) == {timedelta(hours=3)}


async def test_who_is_half_way_through_does_not_finish_a_newer_change(store: Store) -> None:
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    async with store.across() as db:
        [old] = await applications.list_waiting(db, 10)
    await change(store, desk, policy_id, hours(2))
    async with store.write(desk.workspace_id) as db:
        await applications.advance(db, old, new_id())
        await applications.finish(db, old)
    [one] = await waiting(store, desk)
    assert one["after"] == UUID(int=0)


async def test_it_waits_for_those_who_decide_by_the_old_rules(
    store: Store, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SETTLE_LOOKS", 10**9)  # it gives up on nobody
    are_over, looks = applications.are_over, list[bool]()

    async def looked(*given: Any) -> bool:
        looks.append(await are_over(*given))
        return looks[-1]

    monkeypatch.setattr(applications, "are_over", looked)
    desk = await settle(store)
    await add(store, desk, hours(8))
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        slow = owner.transaction()
        await slow.start()
        await owner.fetchval("SELECT pg_current_xact_id()")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(turns, store)
            await until(lambda: len(looks) > 3)
            assert await waiting(store, desk) != []
            assert not any(looks)
            await slow.commit()
        assert looks.count(True) == 1
        assert await waiting(store, desk) == []
    finally:
        await owner.close()


async def test_one_who_never_ends_is_not_waited_for(
    store: Store, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SETTLE_LOOKS", 3)
    desk = await settle(store)
    await add(store, desk, hours(8))
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        async with owner.transaction():
            await owner.fetchval("SELECT pg_current_xact_id()")
            await turns(store)
            assert await waiting(store, desk) == []
    finally:
        await owner.close()


async def alive(store: Store, desk: Desk) -> set[UUID]:
    rows = await ask(store, desk, "SELECT id FROM sla_terms WHERE retired_at IS NULL")
    return {row["id"] for row in rows}


async def terms_of(store: Store, desk: Desk, policy_id: UUID) -> UUID:
    rows = await ask(store, desk, "SELECT id, terms_id FROM sla_policies")
    found: UUID = next(row["terms_id"] for row in rows if row["id"] == policy_id)
    return found


async def test_terms_that_nothing_is_measured_by_are_retired(store: Store) -> None:
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    [ticket] = await open_tickets(store, desk, 1)
    resting = await add(store, desk, hours(4, active=False))
    first = await terms_of(store, desk, policy_id)
    await change(store, desk, policy_id, hours(2))
    second = await terms_of(store, desk, policy_id)
    named = await terms_of(store, desk, resting)
    assert await alive(store, desk) == {first, second, named}
    await turns(store)
    assert await alive(store, desk) == {second, named}

    async with store.write(desk.workspace_id) as db:  # a target that the sweep did not see
        await db.execute("UPDATE sla_targets SET terms_id = $1", second)
        await sla_policies.delete_policy(db, desk.workspace_id, policy_id)
        await db.execute("DELETE FROM sla_applications")
        await applications.queue_all(db, desk.workspace_id)
        await db.execute("UPDATE sla_applications SET after = 'ffffffff-ffff-ffff-ffff-ffffffffffff'")
    await turns(store)
    assert await alive(store, desk) == {second, named}
    await written(store, Envelope(desk.bob, ChangeStatus(ticket, "resolved")))
    async with store.write(desk.workspace_id) as db:
        await applications.queue_all(db, desk.workspace_id)
    await turns(store)
    assert await alive(store, desk) == {named}


async def test_a_customers_standing_moves_their_own_tickets(store: Store) -> None:
    desk = await settle(store)
    gold = Conditions(tiers=("gold",))
    await add(store, desk, hours(8))
    await add(store, desk, hours(1, gold))
    theirs = await open_tickets(store, desk, 3)
    others = await open_tickets(store, desk, 2, customer_id=desk.carla.id, visitor_id=None)
    await turns(store)
    facts = Facts(tier="Gold")
    async with store.write(desk.workspace_id) as db:
        await customers.change_customer(db, desk.workspace_id, desk.vic.id, "Vic", None, {}, facts)
    [one] = await waiting(store, desk)
    assert one["customer_id"] == desk.vic.id
    await turns(store)
    async with store.read(desk.workspace_id) as db:
        at = await db.fetchval("SELECT facts_changed_at FROM customers WHERE id = $1", desk.vic.id)
    assert await retimed(store, desk) == [(ticket, at) for ticket in sorted(theirs)]
    assert others and await waiting(store, desk) == []
    async with store.write(desk.workspace_id) as db:  # nothing that a policy may ask
        await customers.change_customer(db, desk.workspace_id, desk.vic.id, "Victor", "v@x.test", {}, facts)
    assert await waiting(store, desk) == []


async def test_nobody_asks_about_customers_so_nothing_waits(store: Store) -> None:
    desk = await settle(store)
    await add(store, desk, hours(8, Conditions(priorities=("normal",))))
    await add(store, desk, hours(1, Conditions(tiers=("gold",)), active=False))
    await turns(store)
    async with store.write(desk.workspace_id) as db:
        facts = Facts("Acme", "gold", "de", {"region": "north"})
        await customers.change_customer(db, desk.workspace_id, desk.vic.id, "Vic", None, {}, facts)
    assert await waiting(store, desk) == []


async def test_one_of_several_processes_works(store: Store) -> None:
    desk = await settle(store)
    policy_id = await add(store, desk, hours(8))
    await open_tickets(store, desk, 3)
    async with working(store) as one, working(store) as two:
        first, second = asyncio.create_task(one.run()), asyncio.create_task(two.run())
        await until(lambda: one.ready and two.ready)
        await nothing_waits(store, desk)
        first.cancel()
        await change(store, desk, policy_id, hours(2))
        await nothing_waits(store, desk)
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
    assert await promised(store, desk) == {timedelta(hours=2)}


async def nothing_waits(store: Store, desk: Desk) -> None:
    with anyio.fail_after(60):
        while await waiting(store, desk):  # noqa: ASYNC110 (it asks Postgres)
            await anyio.sleep(0.05)
