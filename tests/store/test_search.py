"""The search index over tickets, kept by a consumer of the log and built again from nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from server.clock import new_id
from server.domain.commands import ChangeTicket, Envelope, OpenTicket
from server.relay.search import SearchIndex, rebuild
from server.store import log, search
from server.store.pool import Store
from tests.people import Desk, opening, says, settle
from tests.store.relaying import caught_up, written


async def found(store: Store, workspace_id: UUID, words: str, *inboxes: UUID) -> list[UUID]:
    async with store.read(workspace_id) as db:
        return await search.find_tickets(db, words, inboxes or None)


async def indexed(store: Store, desk: Desk, *contents: str, **more: object) -> list[UUID]:
    """Tickets that begin with these words, indexed."""
    commands = [opening(desk, content, **more) for content in contents]
    await written(store, *(Envelope(desk.vic, command) for command in commands))
    await caught_up(store, SearchIndex(store).handle)
    return [command.ticket_id for command in commands]


@pytest.mark.parametrize(
    "words",
    [
        "refund",
        "Refunds",  # another form of the word
        "order declined",  # both, in any order
        '"was declined"',  # the very words
        "declin",  # not typed to its end
        "zurich",  # without its accent
        "order -invoice",
        "vic",  # the customer's name
    ],
)
async def test_a_ticket_is_found_by_what_was_said(store: Store, words: str):
    desk = await settle(store)
    wanted, _ = await indexed(
        store, desk, "The refund of my order to Zürich was declined", "Nothing of the kind"
    )
    assert wanted in await found(store, desk.workspace_id, words)


@pytest.mark.parametrize("words", ["invoice", "order -refund", "", "!!!", "' & | :* \\", "\x01"])
async def test_nothing_is_found_for_what_nobody_said(store: Store, words: str):
    desk = await settle(store)
    await indexed(store, desk, "The refund of my order was declined")
    assert await found(store, desk.workspace_id, words) == []


async def test_a_ticket_is_found_by_its_new_subject_and_no_longer_by_the_old(store: Store):
    desk = await settle(store)
    (ticket,) = await indexed(store, desk, "Hello", subject="Printer")
    await written(store, Envelope(desk.bob, ChangeTicket(ticket, subject="Toaster on fire")))
    await caught_up(store, SearchIndex(store).handle)
    assert await found(store, desk.workspace_id, "toaster") == [ticket]
    assert await found(store, desk.workspace_id, "printer") == []


async def test_the_subject_counts_for_more_than_what_was_said(store: Store):
    desk = await settle(store)
    said, headed = await indexed(store, desk, "about the invoice", "hello", subject="Hello")
    await written(store, Envelope(desk.bob, ChangeTicket(headed, subject="Invoice")))
    await caught_up(store, SearchIndex(store).handle)
    assert await found(store, desk.workspace_id, "invoice") == [headed, said]


async def test_only_tickets_of_the_given_inboxes_are_found(store: Store):
    desk = await settle(store)
    (chat,) = await indexed(store, desk, "the invoice")
    mail = OpenTicket(new_id(), desk.mail, "email", desk.carla.id, "Post", says("the invoice, by mail"))
    await written(store, Envelope(desk.carla, mail))
    await caught_up(store, SearchIndex(store).handle)
    assert await found(store, desk.workspace_id, "invoice", desk.chat) == [chat]
    assert await found(store, desk.workspace_id, "invoice", desk.mail) == [mail.ticket_id]
    assert await found(store, desk.workspace_id, "carla", desk.chat) == []


async def test_charlie_finds_nothing_of_another_workspace(store: Store):
    desk = await settle(store)
    await indexed(store, desk, "the invoice")
    assert await found(store, desk.other_workspace_id, "invoice") == []
    assert await found(store, desk.other_workspace_id, "vic") == []
    async with store.across() as db:
        assert await search.find_tickets(db, "invoice", None) == []


async def test_the_index_is_built_again_from_nothing_and_found_equal(store: Store):
    desk = await settle(store)
    (ticket,) = await indexed(store, desk, "the invoice")
    assert [part.differences async for part in rebuild(store, desk.workspace_id)] == [0]
    async with store.write(desk.workspace_id) as db:
        await db.execute("DELETE FROM search_entries")
        await db.execute(
            "INSERT INTO search_entries VALUES ($1, $2, 99, false, '')", desk.workspace_id, ticket
        )
    assert [part.differences async for part in rebuild(store, desk.workspace_id)] == [3]
    assert [part.differences async for part in rebuild(store, desk.workspace_id)] == [0]
    assert await found(store, desk.workspace_id, "invoice") == [ticket]


async def test_text_of_any_size_and_kind_is_indexed(store: Store):
    desk = await settle(store)
    words = " ".join(f"word{n}" for n in range(30_000))
    (ticket,) = await indexed(store, desk, f"needle {words} \u200d \ud7ff ' \\ <b> &amp; " + "x" * 5000)
    assert await found(store, desk.workspace_id, "needle") == [ticket]
    async with store.across() as db:
        assert await log.fetch_committed(db, "test") == await log.fetch_heads(db)
