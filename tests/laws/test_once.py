"""Once: accepting the same thing twice gives one interaction, whatever the order, the lane or the process.

Some messages and openings, each sent several times in a random order through the writers of two processes on
one Postgres, all at once. Seen to fail when a key that was used before is not looked up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.clock import new_id
from server.domain.commands import AddInteraction, CommandKey, Envelope, RequestKey
from server.domain.errors import Refusal
from server.handle import Handle, Outcome
from server.store.pool import Store
from tests.laws.budget import examples
from tests.people import opening, says, settle

# What is sent: its number, in which ticket, by whom, known by what, through which process; many alike.
BY = st.sampled_from(["client id", "client id", "key", "request"])
SENDS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 1), BY, st.integers(0, 1)),
    min_size=12,  # so that some are the same
    max_size=40,
)


@given(SENDS)
@examples(50)
async def test_the_same_message_is_kept_once(
    store: Store, sends: list[tuple[int, int, int, str, int]]
) -> None:
    desk = await settle(store, f"{new_id()}@desk.test")
    handles = [Handle(store, lanes=2), Handle(store, lanes=3)]
    writing = [asyncio.create_task(handle.run()) for handle in handles]
    try:
        tickets = [(await handles[0].submit(Envelope(desk.vic, opening(desk)))).ticket.id for _ in range(2)]
        people = [desk.vic, desk.bob]
        submits: list[Awaitable[Outcome]] = []
        keys = []
        for number, ticket, who, by, process in sends:
            said = says(f"said {number}", f"c{number}" if by == "client id" else None)
            name = f"{ticket} {who} {number}"
            known: dict[str, Any] = {
                "key": {"key": CommandKey("mail", name, b"")},
                "request": {"request_key": RequestKey(people[who].id, name, b"")},
            }.get(by, {})
            envelope = Envelope(people[who], AddInteraction(tickets[ticket], said), **known)
            submits.append(handles[process].submit(envelope))
            keys.append((ticket, who, number, by))
        ends = await asyncio.gather(*submits)
    finally:
        await _stop(writing)
    firsts: dict[Any, int] = {}
    for key, end in zip(keys, ends, strict=True):
        assert firsts.setdefault(key, end.seq) == end.seq
    async with store.read(desk.workspace_id) as db:
        kept = await db.fetch("SELECT ticket_id, seq FROM interactions WHERE seq > 2")
    assert sorted((row["ticket_id"], row["seq"]) for row in kept) == sorted(
        (tickets[ticket], seq) for (ticket, *_), seq in firsts.items()
    )
    assert sum(not end.repeated for end in ends) == len(firsts)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.booleans()), min_size=8, max_size=24))
@examples(50)
async def test_the_same_opening_opens_one_ticket(store: Store, sends: list[tuple[int, int, bool]]) -> None:
    """By the key of its channel, or by an Idempotency-Key: the scopes are apart."""
    desk = await settle(store, f"{new_id()}@desk.test")
    handles = [Handle(store), Handle(store)]
    writing = [asyncio.create_task(handle.run()) for handle in handles]
    try:
        submits = []
        for number, process, by_request in sends:
            fingerprint = b"%d" % number
            keys: dict[str, Any] = (
                {"request_key": RequestKey(desk.bob.id, f"k{number}", fingerprint)}
                if by_request
                else {"key": CommandKey("chat", f"k{number}", fingerprint)}
            )
            submits.append(handles[process].submit(Envelope(desk.vic, opening(desk), **keys)))
        ends = await asyncio.gather(*submits, return_exceptions=True)
    finally:
        await _stop(writing)
    opened: dict[tuple[int, bool], Any] = {}
    for (number, _, by_request), end in zip(sends, ends, strict=True):
        assert isinstance(end, Outcome), end
        assert not isinstance(end, Refusal)
        assert opened.setdefault((number, by_request), end.ticket.id) == end.ticket.id
        assert (end.seq, end.public_seq) == (2, 2)
    async with store.read(desk.workspace_id) as db:
        numbers = [row["number"] for row in await db.fetch("SELECT number FROM tickets ORDER BY number")]
    assert len(numbers) == len(opened)
    assert len(set(opened.values())) == len(opened)
    assert numbers == list(range(1, len(opened) + 1)), "repeats leave no holes in the tickets' numbers"


async def _stop(writing: list[asyncio.Task[None]]) -> None:
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, return_exceptions=True)
