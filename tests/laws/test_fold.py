"""Fold: the ticket row equals its events applied in order, and their numbers are dense.

Random commands by everybody, right and wrong, through the writer on a real Postgres, with a clock that only
the test moves, while policies with calendars, conditions, pauses and escalations are edited and customers
change. The stream's alarms and the watchdog's list come out of it alike. Seen to fail when a column of the
fold is left out of the row's update, `done` and `next_at` of a target among them.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server import clock
from server.clock import new_id
from server.domain.calendar import Calendar, Period
from server.domain.commands import (
    AddInteraction,
    ApplyPolicies,
    AssignTicket,
    ChangeCustomer,
    ChangeStatus,
    ChangeTicket,
    Command,
    Envelope,
    RingClock,
)
from server.domain.errors import Refusal
from server.domain.events import TargetName
from server.domain.identity import Actor
from server.domain.sla.policy import (
    Conditions,
    Offset,
    Pause,
    Percent,
    Promise,
    PutTag,
    RaisePriority,
    Reassign,
    Step,
)
from server.handle import Handle, Outcome
from server.store.fold import compare_all
from server.store.pool import Store
from server.store.sla_policies import Written, add_policy, change_policy
from server.store.tickets import find_tickets
from tests.laws.alarmed import agree
from tests.laws.budget import examples
from tests.people import Desk, opening, promise, says, settle

STATUSES = ["new", "open", "pending", "on_hold", "resolved", "closed"]
ACTS = [
    "message",
    "note",
    "status",
    "status",
    "assign",
    "priority",
    "tags",
    "subject",
    "ring",
    "ring",
    "rules",
    "draft",
    "open",
    "edit",
    "tier",
    "customer",
]
LIVES = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.integers(0, 11), st.integers(0, 90)),
    min_size=8,  # Hypothesis' lists have few members unless they must have some
    max_size=25,
)


class Moving:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.at = clock.now()

    def __call__(self) -> datetime:
        return self.at


class Furniture(NamedTuple):
    """What the desk has beside its people; the edited policy is `edited`."""

    tags: list[UUID]
    reason: UUID
    calendar: UUID
    edited: UUID


async def furnish(store: Store, desk: Desk) -> Furniture:
    """Policies for two priorities, one for gold customers with all that a policy can have, and three tags."""
    had = Furniture([new_id() for _ in range(3)], new_id(), new_id(), new_id())
    hours, minute = timedelta(hours=3), timedelta(minutes=1)
    await promise(store, desk, first_response=60 * minute, resolution=hours, next_response=30 * minute)
    await promise(store, desk, "urgent", first_response=10 * minute, resolution=hours)
    async with store.write(desk.workspace_id) as db:
        for number, tag in enumerate(had.tags):
            await db.execute(
                "INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, $3)",
                desk.workspace_id,
                tag,
                str(number),
            )
        await db.execute(
            "INSERT INTO pause_reasons (workspace_id, id, name) VALUES ($1, $2, 'supplier')",
            desk.workspace_id,
            had.reason,
        )
        await db.execute(
            "INSERT INTO calendars (workspace_id, id, name, definition) VALUES ($1, $2, 'Shop', $3::jsonb)",
            desk.workspace_id,
            had.calendar,
            msgspec.json.encode(SHOP).decode(),
        )
        await add_policy(db, desk.workspace_id, had.edited, gold(desk, had, 0))
    return had


SHOP = Calendar("Europe/Vienna", ((Period(0, 700), Period(710, 1440)),) * 7, country="AT")


def gold(desk: Desk, had: Furniture, version: int) -> Written:
    """What gold customers are promised, in one of its versions."""
    actions = (Reassign(desk.bob.id, desk.team), RaisePriority("urgent"), PutTag(had.tags[1]))
    steps = (Step(UUID(int=1), Percent(50)), Step(UUID(int=2), Offset(version * 20 - 20), actions))
    minutes = (40, 20, 90)[version % 3]
    promises = tuple(
        Promise(
            name,
            timedelta(minutes=minutes),
            calendar_id=None if version % 2 else had.calendar,
            pauses=(Pause("pending"), Pause("on_hold", had.reason if version else None)),
            on_reopen="restart" if version % 3 == 2 else "continue",
            steps=steps if name == "resolution" else steps[:1],
        )
        for name in NAMES[: 3 - version % 2]
    )
    return Written("gold", "", version % 5 < 4, Conditions(tiers=("gold",)), promises)


NAMES: tuple[TargetName, ...] = ("resolution", "first_response", "next_response")


class Life:
    """What happens at a desk, one command after the other."""

    def __init__(self, store: Store, desk: Desk, had: Furniture, time: Moving, handle: Handle) -> None:
        self.store = store
        self.desk = desk
        self.had = had
        self.tags = had.tags
        self.time = time
        self.handle = handle
        self.tickets: list[UUID] = []

    async def act(self, act: str, who: int, what: int, minutes: int) -> None:
        self.time.at += timedelta(minutes=minutes)
        if act == "open" or not self.tickets:
            opened = await self._do(self.desk.vic, opening(self.desk, tag_ids=(self.tags[0],)))
            assert opened is not None
            self.tickets.append(opened.ticket.id)
        if act in ("edit", "tier"):
            await self._change_the_rules(act, what)
            return
        people: list[Actor] = [
            self.desk.vic, self.desk.bob, self.desk.alice, self.desk.lou,
            self.desk.olga, self.desk.charlie, self.desk.system, self.desk.bob,
        ]  # fmt: skip
        ticket_id = self.tickets[what % len(self.tickets)]
        asks = self.desk.system if act in ("ring", "rules", "customer") and who < 6 else people[who]
        await self._do(asks, await self._command(act, ticket_id, what))

    async def _command(self, act: str, ticket_id: UUID, what: int) -> Command:
        desk: Any = self.desk
        match act:
            case "message" | "note":
                return AddInteraction(ticket_id, says(f"said {what}", f"c{what}", act))
            case "status":
                waits = STATUSES[what % 6] in ("pending", "on_hold") and what > 5
                return ChangeStatus(ticket_id, STATUSES[what % 6], self.had.reason if waits else None)  # type: ignore[arg-type]
            case "customer":
                return ChangeCustomer(ticket_id, [desk.carla.id, desk.vic.id][what % 2], desk.bob.id)
            case "assign":
                agents = [desk.bob.id, desk.alice.id, desk.lou.id, None]
                return AssignTicket(ticket_id, agents[what % 4], [desk.team, None][what % 2])
            case "tags":
                return ChangeTicket(ticket_id, tag_ids=frozenset(self.tags[: what % 4]))
            case "priority":
                chosen = ["low", "normal", "high", "urgent"][what % 4]
                return ChangeTicket(ticket_id, priority=chosen)  # type: ignore[arg-type]
            case "draft":
                return AddInteraction(ticket_id, says(f"drafted {what}"), what % 3 + 1)
            case "ring":
                return await self._ring(ticket_id, what)
            case "rules":
                return ApplyPolicies(ticket_id)
            case _:
                return ChangeTicket(ticket_id, subject=f"subject {what}")

    async def _change_the_rules(self, act: str, what: int) -> None:
        desk = self.desk
        async with self.store.write(desk.workspace_id) as db:
            if act == "edit":
                await change_policy(db, desk.workspace_id, self.had.edited, gold(desk, self.had, what))
            else:
                await db.execute(
                    "UPDATE customers SET tier = $2, facts_changed_at = now() WHERE id = $1",
                    [desk.vic.id, desk.carla.id][what % 2],
                    ["gold", "silver"][what % 3 == 2],
                )

    async def _ring(self, ticket_id: UUID, what: int) -> Command:
        async with self.store.read(self.desk.workspace_id) as db:
            ticket = (await find_tickets(db, self.desk.workspace_id, [ticket_id]))[ticket_id]
        target = ticket.targets[what % len(ticket.targets)] if ticket.targets else None
        if target is None or target.next_at is None:
            return RingClock(ticket_id, "resolution", self.time.at)
        return RingClock(ticket_id, target.target, target.next_at)

    async def _do(self, actor: Actor, command: Command) -> Outcome | None:
        try:
            return await self.handle.submit(Envelope(actor, command))
        except Refusal:
            return None


@given(LIVES)
@examples(40)
async def test_the_row_is_the_fold_of_its_events(store: Store, life: list[tuple[str, int, int, int]]) -> None:
    desk = await settle(store, f"{new_id()}@desk.test")
    time = Moving()
    handle = Handle(store, clock=time)
    writing = asyncio.create_task(handle.run())
    lived = Life(store, desk, await furnish(store, desk), time, handle)
    try:
        for step in life:
            await lived.act(*step)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    await check(store, desk, len(lived.tickets))
    await agree(store, desk.workspace_id, time.at)


async def check(store: Store, desk: Desk, tickets: int) -> None:
    compared = [one async for page in compare_all(store, desk.workspace_id) for one in page]
    assert len(compared) == tickets
    for one in compared:
        assert one.same, (one.row, one.folded)
    async with store.read(desk.workspace_id) as db:
        wrong = await db.fetch(
            """
            SELECT t.id FROM tickets t WHERE
              t.seq <> (SELECT count(*) FROM events e WHERE e.ticket_id = t.id)
              OR t.public_seq <> (SELECT count(public_seq) FROM events e WHERE e.ticket_id = t.id)
              OR t.seq <> (SELECT max(seq) FROM events e WHERE e.ticket_id = t.id)
              OR t.breached <> EXISTS (SELECT FROM sla_targets s
                   WHERE s.ticket_id = t.id AND breached_at IS NOT NULL)
              OR t.next_due_at IS DISTINCT FROM (SELECT min(due_at) FROM sla_targets s
                   WHERE s.ticket_id = t.id AND num_nonnulls(met_at, breached_at, paused_at, stopped_at) = 0)
              OR EXISTS (SELECT FROM sla_targets s WHERE s.ticket_id = t.id
                   AND next_at IS DISTINCT FROM (rings->0->>0)::timestamptz)
              OR (SELECT count(*) FROM interactions i WHERE i.ticket_id = t.id)
                 <> (SELECT count(*) FROM events e WHERE e.ticket_id = t.id AND type = 'interaction_added')
            """
        )
        numbers = [row["number"] for row in await db.fetch("SELECT number FROM tickets ORDER BY number")]
    assert wrong == []
    assert numbers == list(range(1, tickets + 1))
