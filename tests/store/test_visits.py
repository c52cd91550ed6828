"""Visitors who ask who they are at the same time are answered together, each with their own answer."""

from __future__ import annotations

import asyncio

from server.clock import new_id
from server.domain.identity import Customer
from server.queries.visitor_token import Visit
from server.queries.visits import MAX_AT_ONCE, Visits
from server.store.pool import Store
from server.store.visitors import add_visitor, end_visitor
from tests.people import Desk, settle


async def _begin(store: Store, people: Desk, count: int) -> list[Visit]:
    """Visits of Vic's, in his inbox."""
    vic = people.vic
    assert vic.inbox_id is not None
    async with store.write(vic.workspace_id) as db:
        made = [
            await add_visitor(db, vic.workspace_id, vic.inbox_id, vic.id, verified=False)
            for _ in range(count)
        ]
    return [Visit(vic.workspace_id, visitor.id) for visitor in made]


def _ids(found: list[Customer | None]) -> list[object]:
    return [None if customer is None else customer.visitor_id for customer in found]


async def test_each_of_many_gets_their_own_answer(store: Store) -> None:
    people = await settle(store)
    asked = await _begin(store, people, MAX_AT_ONCE + 3)
    visits = Visits(store)
    found = await asyncio.gather(*map(visits.find, asked))
    assert _ids(found) == [visit.visitor_id for visit in asked]


async def test_who_has_ended_and_who_is_of_another_workspace_is_nobody(store: Store) -> None:
    people = await settle(store)
    ended, going_on = await _begin(store, people, 2)
    async with store.write(ended.workspace_id) as db:
        await end_visitor(db, ended.workspace_id, ended.visitor_id)
    elsewhere = Visit(people.charlie.workspace_id, going_on.visitor_id)
    visits = Visits(store)
    found = await asyncio.gather(*map(visits.find, [ended, going_on, elsewhere, going_on]))
    assert _ids(found) == [None, going_on.visitor_id, None, going_on.visitor_id]


async def test_who_goes_away_does_not_take_the_answer_from_others(store: Store) -> None:
    people = await settle(store)
    (visit,) = await _begin(store, people, 1)
    visits = Visits(store)
    impatient, patient = (asyncio.create_task(visits.find(visit)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert _ids([await patient]) == [visit.visitor_id]


async def test_an_end_between_two_questions_is_seen_by_the_second(store: Store) -> None:
    people = await settle(store)
    (visit,) = await _begin(store, people, 1)
    visits = Visits(store)
    first = asyncio.create_task(visits.find(visit))
    async with store.write(visit.workspace_id) as db:
        await end_visitor(db, visit.workspace_id, visit.visitor_id)
    assert await visits.find(visit) is None
    await first


async def test_a_question_without_an_answer_is_refused_to_each_who_asked(store: Store) -> None:
    visits = Visits(store)
    await store.close()
    unknown = [Visit(new_id(), new_id()) for _ in range(2)]
    refused = await asyncio.gather(*map(visits.find, unknown), return_exceptions=True)
    assert all(isinstance(one, Exception) for one in refused)
