"""Any life of a ticket under any promises, for the laws of the clocks. Pure: time moves as the story says.

All of it lies on a grid of ten minutes (edges of periods, commands, marks, and the changes of all clocks of
the world), so that a walk over that grid is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from server.domain.calendar import Calendar, Day, Period
from server.domain.commands import (
    AddInteraction,
    ApplyPolicies,
    AssignTicket,
    ChangeStatus,
    ChangeTicket,
    Command,
    NewInteraction,
    OpenTicket,
    RingClock,
)
from server.domain.deciding import decide, decide_opening
from server.domain.desk import Desk, Inbox
from server.domain.errors import Refusal
from server.domain.events import (
    Priority,
    Recorded,
    SlaBreached,
    SlaEscalated,
    SlaWarned,
    Status,
    TargetName,
)
from server.domain.identity import Actor, Agent, Customer, System
from server.domain.sla.policy import (
    Action,
    CallWebhook,
    Conditions,
    Offset,
    Pause,
    Percent,
    Policy,
    Promise,
    PutTag,
    RaisePriority,
    Reassign,
    Step,
    Terms,
)
from server.domain.ticket import Ticket, apply, opened, place

GRID = timedelta(minutes=10)
HERE, INBOX, VIC, TICKET, TEAM, TAG, OTHER_TAG, SUPPLIER, HOOK = (UUID(int=number) for number in range(1, 10))
BOB = Agent(HERE, UUID(int=11), "Bob", "agent", frozenset({INBOX}))
ALICE = Agent(HERE, UUID(int=12), "Alice", "admin", frozenset({INBOX}))
CUSTOMER = Customer(HERE, VIC, "Vic")
MACHINE = Customer(HERE, VIC, "Vic", automatic=True)
CLOCK = System(HERE)
NAMES: tuple[TargetName, ...] = ("first_response", "next_response", "resolution")
STATUSES: tuple[Status, ...] = ("open", "pending", "on_hold", "resolved", "closed")
# Where clocks change, and when; a leap day, the turn of a year, and the day that Samoa did not have.
PLACES = (
    ("UTC", datetime(2028, 2, 26, 12, tzinfo=UTC)),
    ("Europe/Vienna", datetime(2026, 12, 29, 12, tzinfo=UTC)),
    ("Europe/Vienna", datetime(2026, 3, 26, 20, tzinfo=UTC)),
    ("Europe/Vienna", datetime(2026, 10, 22, 20, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 30, 23, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 1, 6, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 3, 5, 23, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 28, 20, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 5, 1, 0, 5, tzinfo=UTC)),
)
MAX_GAP = 60
MAX_ACTS = 14

Kind = Literal["status", "priority", "answer", "ask", "note", "machine", "edit", "other", "escalated"]


class Act(NamedTuple):
    """Something that happens so many steps of the grid after the one before."""

    gap: int
    kind: Kind
    what: int = 0
    why: bool = False


class Story(msgspec.Struct, frozen=True):
    """Where and when it begins, what each policy promises in each of its versions, and what happens.

    With `lazy` an edit is applied by the next command, not at once; what pauses is not edited then, since
    that holds from when it is applied.
    """

    zone: str
    begins: datetime
    versions: tuple[tuple[Promise, ...], ...]
    acts: tuple[Act, ...]
    lazy: bool = False

    def edited(self, act: Act, before: Sequence[Promise]) -> list[Promise]:
        """What a policy promises after an edit: the same targets, of which some are promised otherwise."""
        wanted = {one.target: one for one in self.versions[act.what % len(self.versions)]}
        after = [wanted.get(one.target, one) for one in before]
        if not self.lazy:
            return after
        pauses = [one.pauses for one in before]
        return [msgspec.structs.replace(one, pauses=each) for one, each in zip(after, pauses, strict=True)]


_EDGES = st.integers(0, 144).map(lambda ten: ten * 10)


@st.composite
def days(draw: st.DrawFn) -> Day:
    edges = sorted(draw(st.sets(_EDGES, max_size=6)))
    return tuple(Period(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn, zone: str, begins: datetime) -> Calendar:
    week = (draw(days()), (Period(480, 1020),), *(draw(days()) for _ in range(5)))
    special = draw(st.dictionaries(st.integers(0, 9), days(), max_size=2))
    dates = tuple((begins.date() + timedelta(days=offset), day) for offset, day in special.items())
    return Calendar(zone, week, dates, draw(st.sampled_from([None, "AT"])))  # type: ignore[arg-type]


_ACTIONS: tuple[tuple[Action, ...], ...] = (
    (),
    (),
    (CallWebhook(HOOK),),
    (RaisePriority("urgent"), PutTag(TAG)),
    (Reassign(team_id=TEAM),),
)


def steps_of(name: TargetName, percents: Sequence[int], offset: int, actions: int) -> tuple[Step, ...]:
    """Steps whose ids stay from version to version."""
    base = (NAMES.index(name) + 1) * 1000
    shares = (Step(UUID(int=base + n), Percent(share)) for n, share in enumerate(percents))
    return (*shares, Step(UUID(int=base + 9), Offset(offset * 10), _ACTIONS[actions]))


@st.composite
def promises(draw: st.DrawFn, zone: str, begins: datetime, *, actions: bool) -> tuple[Promise, ...]:
    made = []
    pauses = (Pause("pending"), Pause("on_hold", draw(st.sampled_from([None, SUPPLIER]))))
    for name in NAMES:
        if draw(st.integers(0, 5)) == 0:
            continue
        percents = draw(st.lists(st.sampled_from([50, 80, 120]), unique=True, max_size=2))
        steps = steps_of(
            name, percents, draw(st.integers(-30, 30)), draw(st.integers(0, 4)) if actions else 0
        )
        made.append(
            Promise(
                name,
                draw(st.integers(1, 25)) * 10 * GRID,
                draw(st.none() | calendars(zone, begins)),
                pauses=pauses if name == "resolution" or draw(st.booleans()) else (),
                on_reopen=draw(st.sampled_from(["continue", "restart"])),
                steps=steps,
            )
        )
    return tuple(made)


_KINDS: tuple[Kind, ...] = (
    "status", "status", "status", "priority", "answer", "ask", "note", "machine", "edit", "other",
)  # fmt: skip


@st.composite
def stories(
    draw: st.DrawFn, *, actions: bool = False, lazy: bool = False, kinds: Sequence[Kind] = _KINDS
) -> Story:
    zone, begins = draw(st.sampled_from(PLACES))
    begins += draw(st.integers(0, 144)) * GRID
    versions = draw(st.lists(promises(zone, begins, actions=actions), min_size=3, max_size=5))
    act = st.builds(Act, st.integers(1, MAX_GAP), st.sampled_from(kinds), st.integers(0, 9), st.booleans())
    acts = draw(st.lists(act, min_size=3, max_size=MAX_ACTS))
    return Story(zone, begins, tuple(versions), tuple(acts), lazy)


def policy(number: int, version: int, made_at: datetime, promised: Sequence[Promise]) -> Policy:
    """The urgent policy is number 1, and asks for the priority; number 2 has the rest but low."""
    terms = Terms(UUID(int=number * 100 + version), UUID(int=number), tuple(promised), made_at)
    priorities: tuple[Priority, ...] = ("urgent",) if number == 1 else ("normal", "high")
    return Policy(UUID(int=number), f"policy {number}", Conditions(priorities=priorities), terms)


class Lived:
    """A ticket that lives a story."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.now = self.grid = story.begins  # where it is, and where the story is
        self.version = 2
        self.policies = [policy(n, 0, story.begins, story.versions[n - 1]) for n in (1, 2)]
        self.terms: dict[UUID, Terms] = {}
        self.machines: set[UUID] = set()  # what they said
        self.desk = Desk(
            HERE,
            1,
            {BOB.id: BOB, ALICE.id: ALICE},
            {TEAM: "First line"},
            {INBOX: Inbox(INBOX, "Mail", "email")},
            {TAG: "late", OTHER_TAG: "other"},
            reasons={SUPPLIER: "supplier"},
        )
        self._govern(None)
        first = NewInteraction(UUID(int=99), "message", "Hello")
        command = OpenTicket(TICKET, INBOX, "email", VIC, "Help", first)
        begun, *rest = decide_opening(CUSTOMER, command, 1, self.desk, self.now)
        self.records = [Recorded(TICKET, 1, 1, self.now, CUSTOMER.type, CUSTOMER.id, begun)]
        self.ticket: Ticket = opened(HERE, self.records[0])
        self._fold(CUSTOMER, rest)

    def _govern(self, changed_at: datetime | None) -> None:
        self.terms |= {one.terms.id: one.terms for one in self.policies}
        self.desk = msgspec.structs.replace(
            self.desk,
            policies=tuple(self.policies),
            terms=dict(self.terms),
            policies_changed_at=changed_at or self.desk.policies_changed_at,
            promises_next_response=any(one.terms.find("next_response") for one in self.policies),
        )

    def _fold(self, actor: Actor, events: Sequence[object]) -> list[Recorded]:
        begun = len(self.records)
        for event in events:
            record = place(self.ticket, actor, event, self.now)  # type: ignore[arg-type]
            self.records.append(record)
            self.ticket = apply(self.ticket, record)
        return self.records[begun:]

    def does(self, actor: Actor, command: Command) -> list[Recorded]:
        """What a command makes happen; what is refused makes nothing."""
        try:
            events = decide(self.ticket, actor, command, self.desk, self.now)
        except Refusal:
            return []
        return self._fold(actor, events)

    def rings_until(self, until: datetime) -> list[datetime]:
        """Every alarm that is due by then rings at its time, earliest first; for which instants that was,
        but for alarms of rules that hold no longer, which have the ticket measured anew."""
        rung = []
        while due := [
            (target.next_at, target.target)
            for target in self.ticket.targets
            if target.next_at is not None and target.next_at <= until
        ]:
            at, name = min(due)
            self.now = max(self.now, at)
            said = self.does(CLOCK, RingClock(TICKET, name, at))
            assert said, "an alarm that is armed says something"
            if isinstance(said[0].event, SlaWarned | SlaEscalated | SlaBreached):
                rung.append(at)
        return rung

    def looks_again(self) -> list[Recorded]:
        """The policies are applied to it anew."""
        return self.does(CLOCK, ApplyPolicies(TICKET))

    def lives(self, *, awake: bool = True) -> None:
        """The whole story; alarms ring in time, or not at all."""
        for act in self.story.acts:
            self.acts(act, awake=awake)

    def acts(self, act: Act, *, awake: bool = True) -> list[Recorded]:
        """Go on to the next act, and do it."""
        until = self.grid + act.gap * GRID
        if awake:
            self.rings_until(until)
        self.now = self.grid = until
        return self.does_act(act)

    def does_act(self, act: Act) -> list[Recorded]:
        said = NewInteraction(UUID(int=1000 + len(self.records)), "message", "Hm")
        match act.kind:
            case "status":
                status = STATUSES[act.what % 5]
                reason = SUPPLIER if act.why and status in ("pending", "on_hold") else None
                return self.does(BOB, ChangeStatus(TICKET, status, reason))
            case "priority":
                chosen: Sequence[Priority] = ("low", "normal", "high", "urgent")
                return self.does(BOB, ChangeTicket(TICKET, priority=chosen[act.what % 4]))
            case "answer":
                return self.does(BOB, AddInteraction(TICKET, said, reopen=True))
            case "ask":
                return self.does(CUSTOMER, AddInteraction(TICKET, said, reopen=True))
            case "machine":
                heard = self.does(MACHINE, AddInteraction(TICKET, said))
                self.machines |= {said.id} if heard else set()  # who is refused has said nothing
                return heard
            case "note":
                note = msgspec.structs.replace(said, type="note")
                return self.does(ALICE, AddInteraction(TICKET, note))
            case "edit":
                return self._edits(act)
            case _:
                return self._does_other(act)

    def _does_other(self, act: Act) -> list[Recorded]:
        """What no clock looks at."""
        match act.what % 3:
            case 0:
                return self.does(ALICE, AssignTicket(TICKET, BOB.id if act.why else None))
            case 1:
                tags = frozenset({OTHER_TAG}) if act.why else frozenset()
                return self.does(
                    ALICE, ChangeTicket(TICKET, tag_ids=tags | {*self.ticket.tag_ids} - {OTHER_TAG})
                )
            case _:
                return self.does(ALICE, ChangeTicket(TICKET, subject="Again"))

    def _edits(self, act: Act) -> list[Recorded]:
        if self.story.lazy:
            self.looks_again()  # between two edits every ticket was looked at
        which = act.what % 2
        before = self.policies[which].terms
        promised = self.story.edited(act, before.promises)
        self.version += 1
        self.policies[which] = policy(which + 1, self.version, self.now, promised)
        self._govern(self.now)
        return [] if self.story.lazy else self.looks_again()
