"""Lives of tickets for the laws of reports, and what reports must say of them, counted the long way round.

`lives` makes events as the writer could have; `count_all` looks at each run by itself, from the beginning of
the ticket, with none of the product's bookkeeping.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from server.domain.events import (
    CustomerChanged,
    Event,
    InteractionAdded,
    PriorityChanged,
    Recorded,
    SlaBreached,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRetimed,
    SlaStarted,
    SlaStopped,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
)
from server.domain.rollups.durations import bucket_of

BEGAN = datetime(2024, 1, 30, 21, 50, tzinfo=UTC)
TARGETS = ("first_response", "next_response", "resolution")
STATUSES = ("open", "pending", "on_hold", "resolved", "closed")
INBOXES = [UUID(int=n) for n in (11, 12)]
CUSTOMERS = [UUID(int=n) for n in (21, 22)]
AGENTS = [None, UUID(int=31), UUID(int=32)]
TEAMS = [None, UUID(int=41)]
POLICIES = [UUID(int=51), UUID(int=52)]
TERMS = UUID(int=61)
_NONE = timedelta()

Step = tuple[int, str, int, int]  # minutes since the one before, what, and two numbers to choose by
OPS = (
    "status", "assign", "priority", "customer", "said", "start", "retime", "pause", "resume", "met", "breach",
    "stop",
)  # fmt: skip
# Mostly of one target: what is met must be met again after it was resumed.
_OFTEN = (*OPS, "start", "resume", "met", "assign")
STEPS = st.lists(
    st.tuples(
        st.integers(0, 4000), st.sampled_from(_OFTEN), st.sampled_from((0, 0, 0, 1, 2, 5)), st.integers(0, 5)
    ),
    max_size=30,
)
OPENINGS = st.tuples(st.integers(0, 9000), st.integers(0, 1), st.integers(0, 1))


class Life(NamedTuple):
    """A ticket's events."""

    ticket_id: UUID
    records: list[Recorded]


LIVES = st.lists(st.tuples(OPENINGS, STEPS), min_size=1, max_size=4).map(
    lambda all_: [life(UUID(int=1000 + n), *one) for n, one in enumerate(all_)]
)


def life(ticket_id: UUID, opening: tuple[int, int, int], steps: Sequence[Step]) -> Life:
    """Events that follow one another: what cannot happen is left out."""
    minutes, inbox, customer = opening
    at = BEGAN + timedelta(minutes=minutes)
    opened = TicketOpened(1, INBOXES[inbox], "chat", CUSTOMERS[customer], None, "normal")
    records = [_recorded(ticket_id, 1, at, opened)]
    for step in steps:
        at += timedelta(minutes=step[0])
        event = _event(records, at, step)
        if event is not None:
            records.append(_recorded(ticket_id, len(records) + 1, at, event))
    return Life(ticket_id, records)


def _recorded(ticket_id: UUID, seq: int, at: datetime, event: Event) -> Recorded:
    return Recorded(ticket_id, seq, None, at, "system", None, event)


def _event(records: Sequence[Recorded], at: datetime, step: Step) -> Event | None:
    _, op, n, m = step
    target: Any = TARGETS[n % 3]
    run = [record.event for record in current(records, target)]
    begun, met = bool(run), _ends(run, SlaMet) is not None
    stopped, breached = _ends(run, SlaStopped) is not None, any(isinstance(one, SlaBreached) for one in run)
    due = at + timedelta(hours=1)
    match op:
        case "status":
            now = whose(records)["status"]
            wanted: Any = STATUSES[(n + m) % 5]
            return None if wanted == now else StatusChanged(wanted, now)
        case "assign":
            return TicketAssigned(AGENTS[m % 3], TEAMS[m % 2])
        case "priority":
            priorities: Any = ("low", "normal", "high")
            return PriorityChanged(priorities[m % 3], whose(records)["priority"])
        case "customer":
            return CustomerChanged(CUSTOMERS[m % 2], whose(records)["customer_id"], UUID(int=31))
        case "said":
            return InteractionAdded(UUID(int=at.minute + 1), "message")
        case "start":
            return SlaStarted(target, POLICIES[m % 2], at, due, TERMS, timedelta(hours=1))
        case "retime" if begun:
            return SlaRetimed(target, POLICIES[m % 2], TERMS, at, due, timedelta(hours=1), _NONE, (), True)
        case "pause" if begun and not met and not stopped:
            return SlaPaused(target, _NONE)
        case "resume" if begun:
            return SlaResumed(target, due)
        case "met" if begun and not met and not stopped:
            return SlaMet(target, at, timedelta(minutes=m * m * 7))
        case "breach" if begun and not met and not stopped and not breached:
            return SlaBreached(target, at - timedelta(minutes=m * 20))
        case "stop" if begun and not met and not stopped:
            return SlaStopped(target, _NONE)
        case _:
            return None


def current(records: Sequence[Recorded], target: str) -> list[Recorded]:
    """The events of the newest run of a target, its beginning first; none when it never ran."""
    of_it = [record for record in records if getattr(record.event, "target", None) == target]
    starts = [n for n, record in enumerate(of_it) if isinstance(record.event, SlaStarted)]
    return of_it[starts[-1] :] if starts else []


def _ends(run: Sequence[Event], kind: type[Any]) -> int | None:
    """Where a run has an event of a kind that nothing has resumed since."""
    found = None
    for n, event in enumerate(run):
        if isinstance(event, SlaResumed):
            found = None
        elif isinstance(event, kind):
            found = n
    return found


def whose(records: Sequence[Recorded]) -> dict[str, Any]:
    """Whose a ticket is, and how it stands, after these events."""
    it: dict[str, Any] = {}
    for event in (record.event for record in records):
        match event:
            case TicketOpened():
                it = {"inbox_id": event.inbox_id, "customer_id": event.customer_id, "status": "new"}
                it |= {"priority": event.priority, "agent_id": None, "team_id": None}
            case TicketAssigned():
                it |= {"agent_id": event.assignee_id, "team_id": event.team_id}
            case PriorityChanged():
                it["priority"] = event.priority
            case CustomerChanged():
                it["customer_id"] = event.customer_id
            case StatusChanged():
                it["status"] = event.status
            case _:
                pass
    return it


class Fact(NamedTuple):
    """One run of a target, as reports must count it."""

    target: str
    started_at: datetime
    owner: dict[str, Any]
    breached_at: datetime | None
    met: bool
    spent: timedelta | None


def facts_of(records: Sequence[Recorded]) -> list[Fact]:
    """Every run of a ticket that counts."""
    found = []
    for n, record in enumerate(records):
        start = record.event
        if isinstance(start, SlaStarted):
            later = [
                (place, one.event)
                for place, one in enumerate(records)
                if place >= n and getattr(one.event, "target", None) == start.target
            ]
            again = next((place for place, event in later[1:] if isinstance(event, SlaStarted)), None)
            run = [(place, event) for place, event in later if again is None or place < again]
            found += _fact(records, start, run, replaced=again is not None)
    return found


def _fact(
    records: Sequence[Recorded], start: SlaStarted, run: list[tuple[int, Event]], *, replaced: bool
) -> list[Fact]:
    events = [event for _, event in run]
    breach = next((n for n, event in enumerate(events) if isinstance(event, SlaBreached)), None)
    met, stopped = _ends(events, SlaMet), _ends(events, SlaStopped)
    if breach is None and (stopped is not None or (replaced and met is None)):
        return []
    decision = breach if breach is not None else met
    until = len(records) if decision is None else run[decision][0] + 1
    owner = whose(records[:until]) | {"customer_id": whose(records)["customer_id"]}
    policies = [event for n, event in enumerate(events) if decision is None or n <= decision]
    owner["policy_id"] = [one.policy_id for one in policies if isinstance(one, SlaStarted | SlaRetimed)][-1]
    breached: Any = None if breach is None else events[breach]
    ended: Any = None if met is None else events[met]
    return [
        Fact(
            start.target,
            start.started_at,
            owner,
            None if breached is None else breached.breached_at,
            met is not None,
            None if ended is None else ended.spent,
        )
    ]


def turns_of(records: Sequence[Recorded]) -> list[tuple[str, datetime]]:
    """When a ticket was opened, opened again and resolved."""
    found, done = [("opened", records[0].at)], False
    for record in records:
        if isinstance(record.event, StatusChanged):
            now_done = record.event.status in ("resolved", "closed")
            if now_done != done:
                found.append(("resolved" if now_done else "reopened", record.at))
            done = now_done
    return found


def count_all(lives: Sequence[Life]) -> tuple[Counter[Any], Counter[Any]]:
    """All cells and all flows, as counts of flat tuples; what is not there is zero."""
    cells: Counter[Any] = Counter()
    flows: Counter[Any] = Counter()
    for one in lives:
        inbox = whose(one.records)["inbox_id"]
        for kind, at in turns_of(one.records):
            flows[inbox, kind, at.date(), (at.hour * 60 + at.minute) // 15] += 1
        for fact in facts_of(one.records):
            if (at := fact.breached_at) is not None:
                flows[inbox, fact.target, at.date(), (at.hour * 60 + at.minute) // 15] += 1
            _count(cells, inbox, fact)
    return cells, flows


def _count(cells: Counter[Any], inbox: UUID, fact: Fact) -> None:
    hour = fact.started_at.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    month = day.replace(day=1)
    policy, team, agent, priority, customer = (
        fact.owner[name] for name in ("policy_id", "team_id", "agent_id", "priority", "customer_id")
    )
    for cut in [
        ("hours", hour, inbox, None, team, None, None, None),
        ("hours of agents", hour, inbox, None, None, agent, None, None),
        ("teams", day, inbox, policy, team, None, priority, None),
        ("agents", day, inbox, None, None, agent, None, None),
        ("customers", day, inbox, None, None, None, None, customer),
        ("all", day, inbox, policy, team, agent, priority, None),
        ("customers of a month", month, inbox, None, None, None, None, customer),
        ("all of a month", month, inbox, policy, team, agent, priority, None),
    ]:
        cells[*cut, fact.target, "targets"] += 1
        cells[*cut, fact.target, "met"] += fact.met and fact.breached_at is None
        cells[*cut, fact.target, "breached"] += fact.breached_at is not None
        if fact.spent is not None:
            cells[*cut, fact.target, "bucket", bucket_of(fact.spent)] += 1
