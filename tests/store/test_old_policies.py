"""A desk of the time before policies had an order: after its migrations the clocks ring as they would have.

Seen to fail: policies taken over in the order in which they were made; a clock that counts what it stood
still.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
import asyncpg
import msgspec
import pytest

from server.clock import new_id
from server.domain.commands import ApplyPolicies, ChangeStatus, Command, Envelope, RingClock
from server.domain.events import Event, Priority, SlaBreached, SlaResumed, SlaRetimed, SlaWarned, TargetName
from server.domain.identity import Agent, System
from server.domain.sla.policy import Conditions
from server.handle import Handle
from server.postgres import EmbeddedPostgres
from server.postgres.layout import APP, OWNER
from server.store import fold, sla_policies
from server.store.armed import list_overdue
from server.store.listing import Slice
from server.store.migrations import list_migrations, migrate
from server.store.pool import Store
from tests.conftest import drop

BEFORE = 18  # the last migration of that time
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HERE, ALICE, INBOX, VIC = (UUID(int=number) for number in range(1, 5))
OLDER, NEWER, IDLE, HIGH = (UUID(int=number) for number in range(11, 15))
FIRST, PAUSED, RESUMED, WARNED, LATE, DONE = (UUID(int=number) for number in range(21, 27))


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
async def old(postgres: EmbeddedPostgres) -> AsyncIterator[tuple[str, str]]:
    """A database as it was then, with a desk in it: addresses of its owner and of the application."""
    layout, name = postgres.layout, f"old_{new_id().hex}"
    admin = await asyncpg.connect(layout.dsn(OWNER))
    await admin.execute(f"CREATE DATABASE {name}")
    owner = await asyncpg.connect(layout.dsn(OWNER, name))
    try:
        await owner.execute(
            "CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL,"
            " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        for one in list_migrations():
            if one.version <= BEFORE:
                await owner.execute(one.sql)
                await owner.execute(
                    "INSERT INTO schema_migrations VALUES ($1, $2, $3)", one.version, one.name, one.checksum
                )
        await owner.execute("SET ROLE parley_app")
        await owner.execute(f"SET parley.workspace_id = '{HERE}'")
        await _settle(owner)
        await owner.execute("RESET ROLE")
        yield layout.dsn(OWNER, name), layout.dsn(APP, name)
    finally:
        await owner.close()
        await drop(admin, name)
        await admin.close()


async def _settle(db: asyncpg.Connection) -> None:
    await db.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Old')", HERE)
    await db.execute(
        "INSERT INTO agents (workspace_id, id, name, email, role)"
        " VALUES ($1, $2, 'Alice', 'a@x.test', 'admin')",
        HERE, ALICE,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO inboxes (workspace_id, id, name, channel) VALUES ($1, $2, 'Forms', 'api')", HERE, INBOX
    )
    await db.execute("INSERT INTO customers (workspace_id, id, name) VALUES ($1, $2, 'Vic')", HERE, VIC)
    policies: list[tuple[UUID, str, int | None, float | None, int, bool, float]] = [
        (OLDER, "normal", 30, 8, 80, True, -3000),
        (NEWER, "normal", 20, 4, 80, True, -2000),
        (IDLE, "normal", 1, None, 80, False, -1000),
        (HIGH, "high", None, 0.5, 50, True, -4000),
    ]
    for policy_id, priority, first, hours, percent, active, made in policies:
        await db.execute(
            "INSERT INTO sla_policies (workspace_id, id, name, priority_level, first_response_time_minutes,"
            " resolution_time_hours, warning_percent, active, created_at)"
            " VALUES ($1, $2, 'P', $3, $4, $5, $6, $7, $8)",
            HERE, policy_id, priority, first, hours, percent, active, at(made),
        )  # fmt: skip
    await _open(db, FIRST, "open", at(-10), [])
    pause: list[tuple[datetime, str, dict[str, Any]]] = [(at(-8), "sla_paused", {})]
    await _open(db, PAUSED, "pending", at(-10), pause, paused_at=at(-8))
    resumed = {"warn_at": at(187), "due_at": at(235)}
    again = [*pause, (at(-3), "sla_resumed", resumed)]
    await _open(db, RESUMED, "open", at(-10), again, stood_still=timedelta(minutes=5), **resumed)
    warned = [(at(-8), "sla_warned", {"due_at": at(40)})]
    await _open(db, WARNED, "open", at(-200), warned, warned_at=at(-8))
    breach = [*warned, (at(-5), "sla_breached", {"breached_at": at(-5)})]
    await _open(db, LATE, "open", at(-245), breach, warned_at=at(-8), breached_at=at(-5))
    met = [(at(-5), "sla_met", {"met_at": at(-5)})]
    await _open(db, DONE, "resolved", at(-10), met, met_at=at(-5))


async def _open(
    db: asyncpg.Connection,
    ticket_id: UUID,
    status: str,
    opened: datetime,
    happened: list[tuple[datetime, str, dict[str, Any]]],
    **row: Any,
) -> None:
    """A ticket with a resolution target of four hours and what happened to it, as it was written then."""
    due = {"warn_at": opened + timedelta(minutes=192), "due_at": opened + timedelta(minutes=240)}
    begun = {"target": "resolution", "policy_id": NEWER, "started_at": opened}
    events: list[tuple[datetime, dict[str, Any]]] = [
        (opened, {
            "type": "ticket_opened", "number": ticket_id.int, "inbox_id": INBOX, "channel": "api",
            "customer_id": VIC, "visitor_id": None, "priority": "normal", "tag_ids": [],
        }),
        (opened, {"type": "interaction_added", "interaction_id": VIC, "interaction_type": "message"}),
        (opened, {"type": "sla_started", **begun, **due}),
        *((when, {"type": kind, "target": "resolution", **data}) for when, kind, data in happened),
    ]  # fmt: skip
    if status != "new":
        events.append((at(-1), {"type": "status_changed", "status": status, "previous": "new"}))
    for seq, (when, data) in enumerate(events, 1):
        await db.execute(
            "INSERT INTO events (workspace_id, ticket_id, seq, public_seq, type, at, actor_type, data)"
            " VALUES ($1, $2, $3, $4, $5, $6, 'system', $7)",
            HERE, ticket_id, seq, seq if seq < 3 else None, data["type"], when, json(data),
        )  # fmt: skip
    await db.execute(
        "INSERT INTO tickets (workspace_id, id, number, subject, description, inbox_id, channel_source,"
        " customer_id, status, priority, seq, public_seq, breached, created_at, updated_at)"
        " VALUES ($1, $2, $3, 's', 'd', $4, 'api', $5, $6, 'normal', $7, 2, $8, $9, $10)",
        HERE, ticket_id, ticket_id.int, INBOX, VIC, status, len(events), "breached_at" in row, opened, at(-1),
    )  # fmt: skip
    columns = {"workspace_id": HERE, "ticket_id": ticket_id, **begun, **due, **row}
    values = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await db.execute(f"INSERT INTO sla_targets ({', '.join(columns)}) VALUES ({values})", *columns.values())


def json(data: dict[str, Any]) -> str:
    return msgspec.json.encode(data).decode()


@asynccontextmanager
async def migrated(old: tuple[str, str]) -> AsyncIterator[Store]:
    owner_dsn, app_dsn = old
    await migrate(owner_dsn)
    store = await Store.open(app_dsn, max_connections=4)
    try:
        yield store
    finally:
        await store.close()


async def done(store: Store, command: Command, when: datetime) -> list[Event]:
    """What a command makes happen at an instant."""
    handle = Handle(store, clock=lambda: when)
    actor: Any = (
        System(HERE) if isinstance(command, RingClock | ApplyPolicies) else Agent(HERE, ALICE, "A", "admin")
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(handle.run)
        outcome = await handle.submit(Envelope(actor, command))
        tasks.cancel_scope.cancel()
    return [record.event for record in outcome.records]


async def test_the_newest_policy_of_a_priority_still_comes_first(old: tuple[str, str]) -> None:
    async with migrated(old) as store, store.read(HERE) as db:
        rows = await sla_policies.list_policies(db, HERE, {}, Slice("position", False, 10))
        policies = [sla_policies.kept(row) for row in rows]
    assert [policy.id for policy in policies] == [IDLE, NEWER, OLDER, HIGH]
    assert [policy.written.active for policy in policies] == [False, True, True, True]
    wanted: list[Priority] = ["normal", "normal", "normal", "high"]
    assert [policy.written.conditions for policy in policies] == [Conditions(priorities=(p,)) for p in wanted]
    promised = {
        policy.id: {
            one.target: (one.needed, len(one.pauses), len(one.steps)) for one in policy.written.promises
        }
        for policy in policies
    }
    assert promised[NEWER] == {
        "first_response": (timedelta(minutes=20), 0, 1),
        "resolution": (timedelta(hours=4), 2, 1),
    }
    assert promised[HIGH] == {"resolution": (timedelta(minutes=30), 2, 1)}


async def test_what_was_armed_rings_when_it_would_have(old: tuple[str, str]) -> None:
    async with migrated(old) as store:
        async with store.across() as db:
            armed = {one.ticket_id: one.next_at for one in await list_overdue(db, at(9999), 99)}
        assert armed == {FIRST: at(182), RESUMED: at(187), WARNED: at(40)}
        name: TargetName = "resolution"
        warned, retimed = await done(store, RingClock(FIRST, name, at(182)), at(182))
        assert warned == SlaWarned(name, at(230), None, at(230))
        assert isinstance(retimed, SlaRetimed) and retimed.due_at == at(230)  # from here on, by its terms
        assert await done(store, RingClock(FIRST, name, at(230)), at(231)) == [SlaBreached(name, at(230))]
        late, *_ = await done(store, RingClock(WARNED, name, at(40)), at(90))
        assert late == SlaBreached(name, at(40))


async def test_what_stood_still_goes_on_with_what_it_had_left(old: tuple[str, str]) -> None:
    async with migrated(old) as store:
        events = await done(store, ChangeStatus(PAUSED, "open"), at(60))
        resumed = [event for event in events if isinstance(event, SlaResumed | SlaRetimed)][-1]
        assert resumed.due_at == at(60 + 240 - 2)
        async with store.across() as db:
            armed = {one.ticket_id: one.next_at for one in await list_overdue(db, at(9999), 99)}
        assert armed[PAUSED] == at(60 + 192 - 2)
        done_again = await done(store, ChangeStatus(DONE, "open"), at(60))
        again = [event for event in done_again if isinstance(event, SlaResumed | SlaRetimed)][-1]
        assert again.due_at == at(60 + 240 - 5)


async def test_to_measure_an_old_target_by_its_policy_moves_nothing(old: tuple[str, str]) -> None:
    async with migrated(old) as store:
        for ticket_id, due in ((FIRST, 230), (RESUMED, 235), (WARNED, 40)):
            [event] = await done(store, ApplyPolicies(ticket_id), at(10))
            assert isinstance(event, SlaRetimed) and (event.due_at, event.needed) == (
                at(due),
                timedelta(hours=4),
            )
        assert await done(store, ApplyPolicies(FIRST), at(11)) == []


async def test_the_rows_are_what_the_old_events_make(old: tuple[str, str]) -> None:
    async with migrated(old) as store:
        pages = [page async for page in fold.compare_all(store, HERE)]
        differing = [one for page in pages for one in page if not one.same]
        assert differing == []
