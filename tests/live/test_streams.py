"""The SLA clocks on a real log: told by the writer, rung by the stream, stamped at the due time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import anyio
import msgspec
import pytest

from server.clock import new_id
from server.domain.commands import AddInteraction, ChangeStatus, ChangeTicket, Envelope
from server.domain.events import SlaBreached, SlaEvent, SlaStarted, SlaWarned
from server.relay.parked import ParkedEvents
from server.store import log
from server.store import parked_events as parked
from server.store.pool import Store
from server.store.stream_record import ClockRecord
from server.streams import watchdog
from server.streams.alarms import Alarms
from server.streams.sla import CONSUMER
from tests.live.clockwork import clockwork
from tests.people import Desk, opening, promise, says, settle
from tests.store.relaying import numbered, until, written

SECOND = timedelta(seconds=1)
HANG_SECONDS = 60.0


def repairs() -> float:
    return watchdog.repairs._value.get()


async def parked_events(store: Store, desk: Desk) -> list[tuple[str, UUID]]:
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch("SELECT consumer, ticket_id FROM parked_events")
    return [tuple(row) for row in rows]


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stream does it, not the poll: a watchdog that waits for the slowest machine repairs nothing."""
    monkeypatch.setattr(watchdog, "_GRACE_SECONDS", HANG_SECONDS / 2)
    before = repairs()
    yield
    assert repairs() == before


async def test_a_breach_is_stamped_at_its_due_time_and_told_once_it_has_come(store: Store, calm: None):
    desk = await settle(store)
    await promise(store, desk, resolution=1.5 * SECOND)
    async with clockwork(store) as run:
        opened = await run.handle.submit(Envelope(desk.vic, opening(desk)))
        (target,) = opened.ticket.targets
        ticket = opened.ticket.id
        await until(lambda: run.of(ticket, SlaBreached))
        ((warned_at, _),) = run.of(ticket, SlaWarned)
        ((breached_at, breach),) = run.of(ticket, SlaBreached)
    assert breach == SlaBreached("resolution", target.due_at)
    # Never early; how late is measured by `make bench`.
    assert warned_at >= target.rings[0].at.timestamp()
    assert breached_at >= target.due_at.timestamp()


async def test_what_is_met_paused_or_measured_anew_in_time_does_not_breach_then(store: Store, calm: None):
    desk = await settle(store)
    await promise(store, desk, resolution=4 * SECOND)
    await promise(store, desk, "low", resolution=1000 * SECOND)
    async with clockwork(store) as run:
        met, paused, moved = [
            (await run.handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id for _ in range(3)
        ]
        for command in (
            ChangeStatus(met, "resolved"),
            ChangeStatus(paused, "on_hold"),
            ChangeTicket(moved, priority="low"),
        ):
            await run.handle.submit(Envelope(desk.bob, command))
        await anyio.sleep(4.5)
        assert not [event for _, _, event in run.told if isinstance(event, SlaBreached)]
        await run.handle.submit(Envelope(desk.bob, ChangeStatus(paused, "open")))
        await until(lambda: run.of(paused, SlaBreached))


async def test_clocks_set_before_the_start_ring_overdue_ones_first_in_due_order(store: Store, calm: None):
    desk = await settle(store)
    # A warning that is over too would ring first, and its breach when that has been heard of.
    await promise(store, desk, "high", resolution=timedelta(seconds=0.2), warned=False)
    await promise(store, desk, resolution=1.5 * SECOND, warned=False)
    overdue = [opening(desk, priority="high") for _ in range(5)]
    running = opening(desk)
    for command in (*overdue, running):
        await written(store, Envelope(desk.vic, command))
    await anyio.sleep(0.3)
    async with clockwork(store, lanes=1) as run:
        await until(lambda: run.of(running.ticket_id, SlaBreached))
        breaches = [
            (ticket, event.breached_at) for _, ticket, event in run.told if isinstance(event, SlaBreached)
        ]
    assert [ticket for ticket, _ in breaches] == [command.ticket_id for command in (*overdue, running)]
    assert breaches == sorted(breaches, key=lambda breach: breach[1])


async def test_the_stream_commits_the_offsets_of_what_it_has_heard(store: Store, calm: None):
    desk = await settle(store)
    await promise(store, desk, resolution=100 * SECOND)
    async with clockwork(store) as run:
        for _ in range(8):
            opened = await run.handle.submit(Envelope(desk.vic, opening(desk)))
            ticket = opened.ticket.id
            await run.handle.submit(Envelope(desk.vic, AddInteraction(ticket, says("Hello?"))))
        await until(lambda: len(run.stream.alarms) == 8)
    await numbered(store)
    async with store.across() as db:
        committed = await log.fetch_committed(db, CONSUMER)
        assert not await log.read(db, committed, 100, clocks_only=True)
        assert committed != await log.fetch_heads(db)  # what changes no clock is none of its business


async def test_a_clock_event_that_cannot_be_read_is_parked_and_the_next_one_heard(store: Store, calm: None):
    desk = await settle(store)
    await promise(store, desk, resolution=100 * SECOND)
    bad = new_id()
    async with clockwork(store) as run:
        async with store.write(desk.workspace_id) as db:
            await db.execute(
                "INSERT INTO events (workspace_id, ticket_id, seq, type, at, actor_type, data)"
                " VALUES ($1, $2, 1, 'sla_started', now(), 'system', '{\"type\": \"sla_started\"}')",
                desk.workspace_id,
                bad,
            )
            await db.execute(
                "INSERT INTO log_pending (batch_id, workspace_id, ticket_ids, seqs, clocks)"
                " VALUES (gen_random_uuid(), $1, $2, '{1}', '{true}')",
                desk.workspace_id,
                [bad],
            )
        await run.handle.submit(Envelope(desk.vic, opening(desk)))
        await until(lambda: len(run.stream.alarms) == 1)
        with anyio.fail_after(60):
            while not (found := await parked_events(store, desk)):  # noqa: ASYNC110 (it asks Postgres)
                await anyio.sleep(0.01)
    assert found == [(CONSUMER, bad)]


async def test_a_parked_clock_event_is_told_again_and_rings_once(
    store: Store, calm: None, monkeypatch: pytest.MonkeyPatch
):
    desk = await settle(store)
    await promise(store, desk, resolution=8 * SECOND)
    known = ClockRecord.event

    def unknown(record: ClockRecord) -> SlaEvent:
        raise msgspec.ValidationError("of a later version")

    async with clockwork(store) as run:
        again = ParkedEvents(store, {CONSUMER: run.stream.hear_again}, lambda: run.stream.alarms.partitions)
        monkeypatch.setattr(ClockRecord, "event", unknown)
        opened = await run.handle.submit(Envelope(desk.vic, opening(desk)))
        with anyio.fail_after(60):
            while not await parked_events(store, desk):  # noqa: ASYNC110 (it asks Postgres)
                await anyio.sleep(0.01)
        assert (len(run.stream.alarms), await again.turn()) == (0, 0)
        async with store.write(desk.workspace_id) as db:
            await parked.ask(db, desk.workspace_id, await db.fetchval("SELECT id FROM parked_events"))
        monkeypatch.setattr(ClockRecord, "event", known)
        assert await again.turn() == 1
        assert (len(run.stream.alarms), await parked_events(store, desk)) == (1, [])
        await until(lambda: run.of(opened.ticket.id, SlaBreached))
        await anyio.sleep(0.1)
        assert len(run.of(opened.ticket.id, SlaBreached)) == 1


async def test_it_stops_at_any_moment(store: Store, calm: None):
    desk = await settle(store)
    await promise(store, desk, resolution=SECOND)
    for seconds in (0.05, 0.3, 0.8, 1.2):
        began = time.monotonic()
        with anyio.move_on_after(seconds):
            async with clockwork(store) as run:
                await run.handle.submit(Envelope(desk.vic, opening(desk)))
                await anyio.sleep_forever()
        assert time.monotonic() - began < seconds + HANG_SECONDS


async def test_a_crashed_app_is_replaced_and_readiness_says_so_meanwhile(store: Store):
    desk = await settle(store)
    await promise(store, desk, resolution=3 * SECOND)
    async with clockwork(store) as run:
        crashed = run.stream._stream.app
        assert crashed is not None
        await crashed.crash(RuntimeError("a bug in a library"))
        await until(lambda: not run.stream.ready)
        opened = await run.handle.submit(Envelope(desk.vic, opening(desk)))
        (target,) = opened.ticket.targets
        await until(lambda: run.stream.ready)
        assert run.stream._stream.app is not crashed
        await until(lambda: run.of(opened.ticket.id, SlaBreached))
        ((_, breach),) = run.of(opened.ticket.id, SlaBreached)
        assert breach == SlaBreached("resolution", target.due_at)


async def test_the_watchdog_takes_over_after_a_second_when_the_stream_hears_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    def deaf(alarms: object, workspace_id: object, ticket_id: object, event: SlaEvent) -> None:
        assert isinstance(event, SlaStarted | SlaBreached | SlaWarned)

    monkeypatch.setattr(Alarms, "hear", deaf)
    desk, before = await settle(store), repairs()
    await promise(store, desk, resolution=timedelta(seconds=0.5))
    async with clockwork(store) as run:
        opened = await run.handle.submit(Envelope(desk.vic, opening(desk)))
        (target,) = opened.ticket.targets
        await until(lambda: run.of(opened.ticket.id, SlaBreached))
        ((breached_at, breach),) = run.of(opened.ticket.id, SlaBreached)
    assert breach == SlaBreached("resolution", target.due_at)
    assert breached_at - target.due_at.timestamp() >= 1  # its grace
    assert repairs() == before + 1


async def test_when_every_connection_is_lost_the_clocks_are_set_anew_and_ring_on_time(store: Store):
    desk = await settle(store)
    await promise(store, desk, resolution=4 * SECOND)
    async with clockwork(store) as run:
        opened = await run.handle.submit(Envelope(desk.vic, opening(desk)))
        (target,) = opened.ticket.targets
        with suppress(Exception):  # its own connection is among them
            async with store.across() as db:
                await db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() ORDER BY pid = pg_backend_pid()"
                )
        await until(lambda: not run.stream.ready)
        await until(lambda: run.stream.ready)
        await until(lambda: run.of(opened.ticket.id, SlaBreached))
        ((_, breach),) = run.of(opened.ticket.id, SlaBreached)
    assert breach == SlaBreached("resolution", target.due_at)
