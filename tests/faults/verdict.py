"""What must be true of a crowd and its fleet once everything is mended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from uuid import UUID

from server.store import log
from server.store.fold import compare_all
from server.store.pool import Store
from tests.faults.crowd import Crowd, room_of
from tests.faults.person import Event, Person, Refusal
from tests.fleet import Fleet

CAUGHT_UP_SECONDS = 120.0
WAITED_SECONDS = 9.0  # a send waits ten seconds for Postgres before it is refused
CROWDED_SECONDS = 60.0  # all come back at once: who waits five seconds for a connection is sent round again
PRESENCE_SECONDS = 180.0  # what a killed process said last is forgotten after thirty, by sweeps of ten
CONSUMERS = ("search", "sla-clocks")

_EVENTS = """
    SELECT e.ticket_id, e.seq, e.public_seq, e.type, i.client_id, i.content, i.author_type
    FROM events e LEFT JOIN interactions i
        ON i.workspace_id = e.workspace_id AND i.ticket_id = e.ticket_id AND i.seq = e.seq
    WHERE e.workspace_id = $1 ORDER BY e.ticket_id, e.seq
"""
Histories = dict[str, tuple[list[Event], list[Event]]]  # of each room, for agents and for customers


async def fetch_histories(crowd: Crowd) -> Histories:
    """What Postgres has of every ticket."""
    workspace_id = crowd.desk.workspace_id
    found: Histories = {}
    async with crowd.store.read(workspace_id) as db:
        rows = await db.fetch(_EVENTS, workspace_id)
    for row in rows:
        agents, customers = found.setdefault(f"ticket:{row['ticket_id']}", ([], []))
        event = Event(row["seq"], row["type"], row["client_id"], row["content"])
        agents.append(event)
        if row["public_seq"] is not None:
            client_id = row["client_id"] if row["author_type"] == "customer" else None  # theirs alone
            customers.append(event._replace(seq=row["public_seq"], client_id=client_id))
    return found


def check_numbers(histories: Histories) -> None:
    """Both numbers of every ticket are dense."""
    for room, both in histories.items():
        for events in both:
            assert [event.seq for event in events] == list(range(1, len(events) + 1)), room


def check_kept(crowd: Crowd, histories: Histories) -> None:
    """What was acknowledged is there once, where it was said to be, and everything was acknowledged."""
    kept: dict[str, list[tuple[str, int]]] = {}
    agents = {agent.name for agent in crowd.agents}
    for room, (for_agents, for_customers) in histories.items():
        by_agents = [event for event in for_agents if _author(event) in agents]
        for event in (*by_agents, *for_customers):
            if event.client_id is not None:
                kept.setdefault(event.client_id, []).append((room, event.seq))
    for person in crowd.everybody:
        assert len(person.acked) == person.said, f"{person.name} waits for an ack"
        for message_id, place in person.acked.items():
            assert kept.pop(message_id, []) == [place], f"{message_id} is not kept once, where it was said"
        check_order(person)
    assert not kept, "what was kept was said by nobody"


def _author(event: Event) -> str:
    return (event.client_id or "").partition(".")[0]


def check_order(person: Person) -> None:
    """In each room what somebody said stands in the order in which they said it."""
    last: dict[str, int] = {}
    for message_id, (room, seq) in sorted(person.acked.items(), key=lambda one: int(one[0].split(".")[1])):
        assert seq > last.get(room, 0), f"{message_id} stands before what was said before it"
        last[room] = seq


async def check_heard(crowd: Crowd, histories: Histories) -> None:
    """Every client of a room has its whole history, without another join."""
    seconds = time.monotonic() + CAUGHT_UP_SECONDS
    while (behind := list(_behind(crowd, histories))) and time.monotonic() < seconds:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    assert not behind, behind[:10]
    for person in crowd.everybody:
        assert not person.faults, (person.name, person.faults[:5])


def _behind(crowd: Crowd, histories: Histories) -> Iterator[str]:
    for agent in crowd.agents:
        for room, events in agent.rooms.items():
            if room in histories and events != histories[room][0]:
                yield _difference(agent, room, events, histories[room][0])
        for room, (events, _) in histories.items():
            if (seen := agent.rows.get(room.partition(":")[2], 0)) < events[-1].seq:
                yield f"{agent.name} has row {seen} of {room}, which is at {events[-1].seq}"
    for device, owner in [*((visitor, visitor) for visitor in crowd.visitors), *crowd.devices]:
        room = room_of(owner)
        if device.rooms.get(room) != histories[room][1]:
            yield _difference(device, room, device.rooms.get(room, []), histories[room][1])


async def check_presence(crowd: Crowd) -> None:
    """Everybody in a room is shown everybody in it, by whatever process, and nobody else."""
    until = time.monotonic() + PRESENCE_SECONDS
    while (wrong := list(_wrong_presence(crowd))) and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    assert not wrong, wrong[:10]


def _wrong_presence(crowd: Crowd) -> Iterator[str]:
    inside: dict[str, set[str]] = {}
    for person in crowd.everybody:
        name = person.name if person in crowd.agents else "visitor"
        for room in person.rooms:
            inside.setdefault(room, set()).add(name)
    for person in crowd.everybody:
        for room in person.rooms:
            if (shown := person.members.get(room)) != inside[room]:
                yield f"{person.name} sees {shown} in {room}, where {inside[room]} are"


def _difference(person: Person, room: str, has: list[Event], should: list[Event]) -> str:
    missing = [event.seq for event in should if event not in has]
    return f"{person.name} in {room}: {len(has)} of {len(should)} events, without {missing[:10]}"


def check_refusals(crowd: Crowd) -> None:
    """Nobody was refused for good, and a message for the moment only after it had waited for its time."""
    wrong = [
        (person.name, refusal.web.name, round(refusal.waited, 1), refusal.frame)
        for person in crowd.everybody
        for refusal in person.refusals
        if not _was_needed(refusal, crowd.fleet)
    ]
    assert not wrong, (len(wrong), wrong[:5])


def _was_needed(refusal: Refusal, fleet: Fleet) -> bool:
    frame = refusal.frame
    if frame["code"] != "unavailable" or not frame["retry"]:
        return False
    if "id" not in frame:  # nobody sees it: the client comes back by itself
        return fleet.postgres.was_away(refusal.at, CROWDED_SECONDS)
    return refusal.waited > WAITED_SECONDS


async def check_consumers(store: Store, seconds: float = 180.0) -> None:
    """Who reads the log has read all of it, and passed nothing over."""
    async with asyncio.timeout(seconds):
        while behind := await _lags(store):
            await asyncio.sleep(0.2)
            print("behind:", behind, flush=True)
    async with store.across() as db:
        pending, _ = await log.number(db, 1)
    assert pending == 0


async def _lags(store: Store) -> dict[str, int]:
    found = {}
    async with store.across() as db:
        for consumer in CONSUMERS:
            positions = await log.fetch_committed(db, consumer)
            left = await log.read(db, positions, 1000, clocks_only=consumer == "sla-clocks")
            found[consumer] = len(left)
    return {consumer: count for consumer, count in found.items() if count}


async def check_folds(store: Store, workspace_id: UUID) -> None:
    """Every ticket's row is what its events make."""
    async for page in compare_all(store, workspace_id):
        for one in page:
            assert one.same, (one.row, one.folded)
