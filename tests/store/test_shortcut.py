"""The short way of what is merely said: one round trip over remembered tickets, never over a wrong memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from server.domain.commands import AddInteraction, ChangeStatus, Envelope
from server.domain.errors import DuplicateMismatch, NotPermitted, TicketClosed
from server.domain.identity import Actor
from server.handle import Handle, Outcome
from server.handle.decision import Batch, Verdict, decide_all
from server.store.fold import compare_all, mend
from server.store.pool import Store
from tests.people import Desk, opening, says, settle


class Long:
    """Counts the commands that took the long way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0

        def counted(batch: Batch, envelopes: Sequence[Envelope]) -> list[Verdict]:
            self.taken += len(envelopes)
            return decide_all(batch, envelopes)

        monkeypatch.setattr("server.handle.lane.decide_all", counted)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> Long:
    return Long(monkeypatch)


@asynccontextmanager
async def writing(store: Store, count: int = 1) -> AsyncIterator[list[Handle]]:
    handles = [Handle(store) for _ in range(count)]
    tasks = [asyncio.create_task(handle.run()) for handle in handles]
    try:
        yield handles
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ticket_of(handle: Handle, desk: Desk) -> UUID:
    return (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id


async def say(
    handle: Handle, actor: Actor, ticket: UUID, text: str, client_id: str, kind: str = "message"
) -> Outcome:
    return await handle.submit(Envelope(actor, AddInteraction(ticket, says(text, client_id, kind=kind))))


async def differences(store: Store, desk: Desk) -> list[UUID]:
    pages = [page async for page in compare_all(store, desk.workspace_id)]
    return [one.row.id for page in pages for one in page if not one.same]


async def test_what_is_said_in_a_ticket_just_written_needs_no_look_first(store: Store, long: Long) -> None:
    desk = await settle(store)
    async with writing(store) as [handle]:
        ticket = await ticket_of(handle, desk)
        await say(handle, desk.bob, ticket, "Good morning", "c0")  # the first answer is more than said
        told: list[Outcome] = []
        handle.listen(told.extend)
        before = long.taken
        said = [
            await say(handle, desk.vic, ticket, "Hello?", "c1"),
            await say(handle, desk.bob, ticket, "Hello!", "c1"),
            await say(handle, desk.lou, ticket, "Angry", "c1", "note"),
        ]
        assert long.taken == before
    assert [(one.seq, one.public_seq) for one in said] == [(4, 4), (5, 5), (6, None)]
    assert [one.seq for one in told] == [4, 5, 6]
    assert await differences(store, desk) == []
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch(
            "SELECT seq, author_type, type, content FROM interactions ORDER BY seq OFFSET 2"
        )
        pending = await db.fetchval("SELECT sum(cardinality(seqs)) FROM log_pending")
    assert [tuple(row) for row in rows] == [
        (4, "customer", "message", "Hello?"),
        (5, "agent", "message", "Hello!"),
        (6, "agent", "note", "Angry"),
    ]
    assert pending == 6


async def test_a_client_id_counts_for_ever_on_the_short_way_too(store: Store) -> None:
    desk = await settle(store)
    async with writing(store) as [handle]:
        ticket = await ticket_of(handle, desk)
        first = await say(handle, desk.vic, ticket, "Hello", "c1")
        await say(handle, desk.bob, ticket, "Yes?", "c2")
        again, neighbour = await asyncio.gather(
            say(handle, desk.vic, ticket, "Hello", "c1"), say(handle, desk.vic, ticket, "More", "c3")
        )
        with pytest.raises(DuplicateMismatch):
            await say(handle, desk.vic, ticket, "Other", "c1")
    assert (again.seq, again.repeated, neighbour.seq) == (first.seq, True, 5)
    async with writing(store) as [restarted]:
        await say(restarted, desk.bob, ticket, "Back again", "c4")
        repeated = await say(restarted, desk.vic, ticket, "Hello", "c1")
    assert (repeated.seq, repeated.repeated) == (first.seq, True)
    assert await differences(store, desk) == []


async def test_what_another_process_wrote_is_seen_and_neighbours_do_not_suffer(
    store: Store, long: Long
) -> None:
    desk = await settle(store)
    async with writing(store, 2) as [here, there]:
        one, two = await ticket_of(here, desk), await ticket_of(here, desk)
        for handle in (here, there):
            for ticket in (one, two):
                await say(handle, desk.vic, ticket, "Hello", str(id(handle)))
        before = long.taken  # `here` believes that both tickets are one event shorter
        await say(here, desk.vic, two, "I know", "c0")
        assert long.taken == before + 1, "and the long way sees how it is"
        await say(here, desk.vic, two, "now", "c1")
        assert long.taken == before + 1
        said = await asyncio.gather(
            *(say(here, desk.vic, ticket, "both", f"d{n}") for n in range(3) for ticket in (one, two))
        )
        assert sorted(o.seq for o in said if o.ticket.id == one) == [5, 6, 7]
        assert sorted(o.seq for o in said if o.ticket.id == two) == [7, 8, 9]
    assert await differences(store, desk) == []


async def test_two_processes_that_talk_at_once_leave_no_hole_and_no_double(store: Store) -> None:
    desk = await settle(store)
    async with writing(store, 2) as [here, there]:
        tickets = [await ticket_of(here, desk) for _ in range(4)]
        said = await asyncio.gather(
            *(
                say((here, there)[n % 2], desk.vic, tickets[n % 3], f"text {n}", f"c{n // 2}")
                for n in range(0, 240)
                if n % 2 == 0 or n % 5 == 0
            ),
            return_exceptions=True,
        )
    seqs = [(one.ticket.id, one.seq) for one in said if isinstance(one, Outcome) and not one.repeated]
    assert len(seqs) == len(set(seqs))
    for ticket in tickets[:3]:
        own = sorted(seq for there_id, seq in seqs if there_id == ticket)
        assert own == list(range(3, 3 + len(own)))
    assert await differences(store, desk) == []


async def test_who_lost_their_rights_is_refused_however_well_the_ticket_is_known(store: Store) -> None:
    desk = await settle(store)
    async with writing(store) as [handle]:
        ticket = await ticket_of(handle, desk)
        await say(handle, desk.bob, ticket, "Hello", "c1")
        async with store.write(desk.workspace_id) as db:
            await db.execute("UPDATE agents SET active = false WHERE id = $1", desk.bob.id)
            await db.execute("UPDATE workspaces SET config_version = config_version + 1")
        with pytest.raises(NotPermitted):
            await say(handle, desk.bob, ticket, "Still here", "c2")
        assert (await say(handle, desk.alice, ticket, "He is gone", "c3")).seq == 4


async def test_a_ticket_that_was_mended_is_looked_at_anew(store: Store) -> None:
    desk = await settle(store)
    async with writing(store, 2) as [here, there]:
        ticket = await ticket_of(here, desk)
        await here.submit(Envelope(desk.alice, ChangeStatus(ticket, "pending")))
        async with store.write(desk.workspace_id) as db:
            await db.execute("UPDATE tickets SET status = 'open' WHERE id = $1", ticket)
        await say(there, desk.lou, ticket, "Odd", "c1", "note")  # remembers what no event says
        assert await mend(store, desk.workspace_id, ticket)
        said = await say(there, desk.vic, ticket, "Hello", "c1")
        assert (said.ticket.status, len(said.records)) == ("open", 2)
    assert await differences(store, desk) == []


async def test_who_refuses_has_seen_the_ticket_as_it_is(store: Store) -> None:
    desk = await settle(store)
    async with writing(store, 2) as [here, there]:
        ticket = await ticket_of(here, desk)
        await here.submit(Envelope(desk.alice, ChangeStatus(ticket, "closed")))
        with pytest.raises(TicketClosed):
            await say(here, desk.vic, ticket, "Wait", "c1")
        await there.submit(Envelope(desk.alice, ChangeStatus(ticket, "open")))
        assert (await say(here, desk.vic, ticket, "Wait", "c1")).seq == 5


async def test_a_customer_who_answers_reopens_the_ticket_all_the_same(store: Store) -> None:
    desk = await settle(store)
    async with writing(store) as [handle]:
        ticket = await ticket_of(handle, desk)
        await handle.submit(Envelope(desk.alice, ChangeStatus(ticket, "pending")))
        answered = await say(handle, desk.vic, ticket, "Here it is", "c1")
        assert (answered.ticket.status, len(answered.records)) == ("open", 2)


async def test_a_ticket_that_others_wrote_sends_none_of_its_neighbours_the_long_way(
    store: Store, long: Long
) -> None:
    desk = await settle(store)
    async with writing(store, 2) as [ours, theirs]:
        tickets = [await ticket_of(ours, desk) for _ in range(12)]
        lane = [ticket for ticket in tickets if ticket.int % 2 == tickets[0].int % 2]
        stale, *neighbours = lane if len(lane) > 1 else [each for each in tickets if each not in lane]
        await say(theirs, desk.bob, stale, "from elsewhere", "e1")
        before = long.taken
        batch = (say(ours, desk.vic, ticket, "Hello?", "c1") for ticket in (stale, *neighbours))
        said = await asyncio.gather(*batch)
        assert long.taken == before + 1
        assert [outcome.seq for outcome in said] == [4, *(3 for _ in neighbours)]
    assert await differences(store, desk) == []
