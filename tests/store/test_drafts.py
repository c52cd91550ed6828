"""Drafts in Postgres: sent once under the ticket's lock, and nothing of what was sent stays or comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from server.clock import new_id
from server.domain.commands import AddInteraction, Envelope
from server.domain.errors import DraftSent
from server.domain.events import InteractionAdded
from server.handle import Handle, Outcome
from server.store.drafts import Update, add_update, fetch_updates, list_heads
from server.store.pool import Store
from server.store.timeline import list_happenings
from tests.people import Desk, opening, says, settle


@asynccontextmanager
async def drafting(store: Store) -> AsyncIterator[tuple[Handle, Desk, UUID]]:
    desk = await settle(store)
    handle = Handle(store, lanes=2)
    task = asyncio.create_task(handle.run())
    try:
        yield handle, desk, (await handle.submit(Envelope(desk.vic, opening(desk)))).ticket.id
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def keep(store: Store, desk: Desk, ticket_id: UUID, generation: int, data: bytes) -> bool:
    async with store.write(desk.workspace_id) as db:
        return await add_update(db, desk.workspace_id, ticket_id, generation, Update(new_id(), data))


async def kept(store: Store, desk: Desk, ticket_id: UUID) -> list[bytes]:
    async with store.read(desk.workspace_id) as db:
        head = (await list_heads(db, desk.workspace_id, [ticket_id]))[ticket_id]
        return sorted(u.data for u in await fetch_updates(db, desk.workspace_id, ticket_id, head.ids))


async def test_two_who_send_at_once_post_once(store: Store) -> None:
    async with drafting(store) as (handle, desk, ticket_id):
        other = Handle(store)  # as another process would: nothing but Postgres stands between them
        task = asyncio.create_task(other.run())
        sends = [
            writer.submit(Envelope(actor, AddInteraction(ticket_id, says("We agree", f"c{n}"), draft=1)))
            for n, (writer, actor) in enumerate([(handle, desk.bob), (other, desk.alice)] * 5)
        ]
        answers = await asyncio.gather(*sends, return_exceptions=True)
        task.cancel()
        refused = [answer for answer in answers if not isinstance(answer, Outcome)]
        assert [type(answer) for answer in refused] == [DraftSent] * 9
        (sent,) = [answer for answer in answers if isinstance(answer, Outcome)]
        assert sent.ticket.draft_generation == 2


async def test_a_repeat_after_the_draft_was_sent_gets_its_first_answer(store: Store) -> None:
    async with drafting(store) as (handle, desk, ticket_id):
        send = Envelope(desk.bob, AddInteraction(ticket_id, says("Once", "c1"), draft=1))
        first = await handle.submit(send)
        again = await handle.submit(send)
        assert (again.seq, again.repeated) == (first.seq, True)


async def test_the_event_keeps_the_generation(store: Store) -> None:
    async with drafting(store) as (handle, desk, ticket_id):
        await handle.submit(Envelope(desk.bob, AddInteraction(ticket_id, says("Sent"), draft=1)))
        async with store.read(desk.workspace_id) as db:
            happened = await list_happenings(db, desk.workspace_id, ticket_id, 2, public=False)
        (event,) = [one.record.event for one in happened]
        assert isinstance(event, InteractionAdded) and event.draft == 2


async def test_sending_leaves_nothing_of_the_draft_and_takes_nothing_more(store: Store) -> None:
    async with drafting(store) as (handle, desk, ticket_id):
        assert await keep(store, desk, ticket_id, 1, b"first")
        await handle.submit(Envelope(desk.bob, AddInteraction(ticket_id, says("A word between"))))
        assert await kept(store, desk, ticket_id) == [b"first"]
        await handle.submit(Envelope(desk.bob, AddInteraction(ticket_id, says("Sent"), draft=1)))
        assert await kept(store, desk, ticket_id) == []
        assert not await keep(store, desk, ticket_id, 1, b"late")
        assert await keep(store, desk, ticket_id, 2, b"next")
        assert await kept(store, desk, ticket_id) == [b"next"]


async def test_an_update_in_flight_while_a_send_commits_is_refused(store: Store) -> None:
    async with drafting(store) as (_, desk, ticket_id):
        async with store.write(desk.workspace_id) as db:
            await db.execute("SELECT FROM tickets WHERE id = $1 FOR UPDATE", ticket_id)
            late = asyncio.create_task(keep(store, desk, ticket_id, 1, b"in flight"))
            while not late.done() and not await _waits(store):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await db.execute("UPDATE tickets SET draft_generation = 2 WHERE id = $1", ticket_id)
        assert not await late
        assert await kept(store, desk, ticket_id) == []


async def _waits(store: Store) -> bool:
    async with store.across() as db:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))
