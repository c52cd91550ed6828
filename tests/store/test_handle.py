"""The writer on a real Postgres: order, keys, rights under the lock, and neighbours that do not suffer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from server.clock import new_id
from server.domain.commands import (
    AddInteraction,
    AssignTicket,
    ChangeStatus,
    ChangeTicket,
    CommandKey,
    Envelope,
    RequestKey,
)
from server.domain.errors import (
    DuplicateMismatch,
    Invalid,
    NotFound,
    NotPermitted,
    PreconditionFailed,
    Refusal,
    TicketClosed,
)
from server.domain.events import Recorded, decode_event
from server.domain.ticket import apply, opened
from server.handle import Handle, Outcome
from server.store.pool import Store
from server.store.tickets import find_tickets
from tests.people import Desk, opening, says, settle


@asynccontextmanager
async def writing(store: Store) -> AsyncIterator[tuple[Handle, Desk]]:
    desk = await settle(store)
    handle = Handle(store)
    task = asyncio.create_task(handle.run())
    try:
        yield handle, desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_visitor_opens_a_ticket_and_an_agent_answers(store: Store) -> None:
    async with writing(store) as (handle, desk):
        first = await handle.submit(Envelope(desk.vic, opening(desk)))
        answer = await handle.submit(Envelope(desk.bob, AddInteraction(first.ticket.id, says("On its way"))))
        note = await handle.submit(
            Envelope(desk.lou, AddInteraction(first.ticket.id, says("Angry", kind="note")))
        )
        assert [(o.seq, o.public_seq) for o in (first, answer, note)] == [(2, 2), (3, 3), (4, None)]
        assert first.ticket.number == 1
        assert answer.interaction is not None and answer.interaction.author_name == "Bob"


async def test_the_row_is_the_fold_of_its_events(store: Store) -> None:
    async with writing(store) as (handle, desk):
        ticket_id = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        for command in (
            AssignTicket(ticket_id, desk.bob.id, desk.team),
            ChangeTicket(ticket_id, subject="Order", priority="urgent"),
            ChangeStatus(ticket_id, "pending"),
            AddInteraction(ticket_id, says("bye")),
            ChangeStatus(ticket_id, "closed"),
        ):
            await handle.submit(Envelope(desk.alice, command))
        async with store.read(desk.workspace_id) as db:
            row = (await find_tickets(db, desk.workspace_id, [ticket_id]))[ticket_id]
            rows = await db.fetch("SELECT * FROM events ORDER BY seq")
        records = [
            Recorded(
                r["ticket_id"],
                r["seq"],
                r["public_seq"],
                r["at"],
                r["actor_type"],
                r["actor_id"],
                decode_event(r["data"]),
            )
            for r in rows
        ]
        folded = opened(desk.workspace_id, records[0])
        for record in records[1:]:
            folded = apply(folded, record)
        assert folded == row
        assert [record.seq for record in records] == list(range(1, len(records) + 1))


async def test_a_client_id_counts_for_ever_within_ticket_and_author(store: Store) -> None:
    async with writing(store) as (handle, desk):
        one = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        two = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        said = [
            await handle.submit(Envelope(actor, AddInteraction(ticket, says("Hello", "c1"))))
            for actor, ticket in ((desk.vic, one), (desk.vic, one), (desk.bob, one), (desk.vic, two))
        ]
        assert [(o.ticket.id == one, o.seq, o.public_seq, o.repeated) for o in said] == [
            (True, 3, 3, False),
            (True, 3, 3, True),
            (True, 4, 4, False),
            (False, 3, 3, False),
        ]
        with pytest.raises(DuplicateMismatch):
            await handle.submit(Envelope(desk.vic, AddInteraction(one, says("Other", "c1"))))


async def test_a_repeat_within_one_batch_is_the_first(store: Store) -> None:
    async with writing(store) as (handle, desk):
        ticket_id = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        many = await asyncio.gather(
            *(
                handle.submit(Envelope(desk.vic, AddInteraction(ticket_id, says("Hi", f"c{n % 3}"))))
                for n in range(30)
            )
        )
        assert [o.seq for o in many] == [3 + n % 3 for n in range(30)]


async def test_an_opening_with_the_same_key_opens_once(store: Store) -> None:
    async with writing(store) as (handle, desk):
        key = CommandKey("chat", "k", b"1")
        both = await asyncio.gather(
            *(handle.submit(Envelope(desk.vic, opening(desk), key)) for _ in range(5))
        )
        assert len({o.ticket.id for o in both}) == 1
        assert {(o.seq, o.public_seq) for o in both} == {(2, 2)}
        with pytest.raises(DuplicateMismatch):
            await handle.submit(Envelope(desk.vic, opening(desk), CommandKey("chat", "k", b"2")))


async def test_a_request_key_gives_the_first_result(store: Store) -> None:
    async with writing(store) as (handle, desk):
        key = RequestKey(desk.bob.id, "r", b"1")
        ticket_id = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        command = AddInteraction(ticket_id, says("once"))
        first = await handle.submit(Envelope(desk.bob, command, request_key=key))
        again = await handle.submit(Envelope(desk.bob, command, request_key=key))
        assert (first.seq, again.seq, again.repeated) == (3, 3, True)


async def test_a_refused_message_does_not_fail_its_neighbours(store: Store) -> None:
    async with writing(store) as (handle, desk):
        ticket_id = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        submits = [
            handle.submit(Envelope(actor, AddInteraction(ticket_id, said)))
            for actor, said in (
                (desk.vic, says("one")),
                (desk.vic, says("secret", kind="note")),
                (desk.vic, says("bad\x00byte")),
                (desk.bob, says("two")),
                (desk.charlie, says("peek")),
            )
        ]
        ends: Sequence[Outcome | BaseException] = await asyncio.gather(*submits, return_exceptions=True)
        assert [o.seq if isinstance(o, Outcome) else isinstance(o, Refusal) for o in ends] == [
            3,
            True,
            False,
            4,
            True,
        ]


async def test_rights_are_those_of_the_transaction(store: Store) -> None:
    async with writing(store) as (handle, desk):
        ticket_id = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        for actor, refusal in ((desk.olga, NotFound), (desk.charlie, NotFound), (desk.lou, NotPermitted)):
            with pytest.raises(refusal):
                await handle.submit(Envelope(actor, AddInteraction(ticket_id, says("x"))))
        async with store.write(desk.workspace_id) as db:
            await db.execute("UPDATE agents SET active = false WHERE id = $1", desk.bob.id)
        with pytest.raises(NotPermitted):
            await handle.submit(Envelope(desk.bob, AddInteraction(ticket_id, says("x"))))


async def test_a_closed_ticket_takes_notes_but_no_messages(store: Store) -> None:
    async with writing(store) as (handle, desk):
        ticket_id = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        await handle.submit(Envelope(desk.bob, ChangeStatus(ticket_id, "closed")))
        with pytest.raises(TicketClosed):
            await handle.submit(Envelope(desk.vic, AddInteraction(ticket_id, says("x"))))
        assert (
            await handle.submit(Envelope(desk.bob, AddInteraction(ticket_id, says("x", kind="note"))))
        ).seq == 4


async def test_a_stale_version_and_an_unknown_agent_are_refused(store: Store) -> None:
    async with writing(store) as (handle, desk):
        ticket_id = (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
        with pytest.raises(PreconditionFailed):
            await handle.submit(Envelope(desk.bob, ChangeStatus(ticket_id, "open"), expected_seq=1))
        for assignee in (new_id(), desk.charlie.id, desk.olga.id, desk.lou.id):
            with pytest.raises(Invalid):
                await handle.submit(Envelope(desk.bob, AssignTicket(ticket_id, assignee)))
