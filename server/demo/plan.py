"""Which ticket is told when, by whom and how far: the six weeks before now, planned. Pure.

The chance that varies names and times is given from outside, so that one seed makes one desk.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import msgspec

from server.demo.book import Book, Language, Step, Story, Verb
from server.domain.events import Priority

WEEKS = timedelta(days=42)
TICKETS = 132  # in the weeks before the last day
RECENT = 24  # in the last day, most of them still waiting for somebody
CLOSES_AFTER = timedelta(days=4)
_NIGHT_ENDS, _NIGHT_BEGINS = 8, 19
_LAMPS = ("Heron", "Heron", "Heron", "Dusk", "Dusk", "Alder", "Alder")
_PARTS = ("spring", "switch", "brass screw", "shade ring", "joint", "foot switch")
_STAFF: frozenset[Verb] = frozenset({"agent", "note", "workshop", "take", "raise", "resolved"})
# Tickets that wait for their first answer, and since when: their clocks ring soon after the start.
_WAITING: tuple[tuple[timedelta, Priority], ...] = (
    (timedelta(minutes=9), "urgent"),
    (timedelta(minutes=46), "high"),
    (timedelta(minutes=190), "normal"),
    (timedelta(minutes=222), "normal"),
)


class Planned(msgspec.Struct, frozen=True):
    """Something that happens in a ticket at an instant; its names are filled in."""

    at: datetime
    verb: Verb
    text: str


class Life(msgspec.Struct, frozen=True):
    """A ticket to be: who opens it with which words, and what happens to it then."""

    opens_at: datetime
    story: Story
    customer: tuple[Language, int]
    agent: int
    subject: str
    text: str
    steps: list[Planned]


def plan(book: Book, chance: Random, now: datetime) -> list[Life]:
    """All lives, the earliest first. Steps lie in the past; what would come after `now` is left out."""
    begins = [_daytime(now - WEEKS * chance.uniform(0.03, 1), chance) for _ in range(TICKETS)]
    begins += [now - timedelta(minutes=chance.uniform(25, 1440)) for _ in range(RECENT - len(_WAITING))]
    stories = _in_turn(book.stories, len(begins), chance)
    lives = [_life(book, story, chance, at, now) for story, at in zip(stories, sorted(begins), strict=True)]
    for ago, priority in _WAITING:
        story = chance.choice([story for story in book.stories if story.priority == priority])
        lives.append(_life(book, msgspec.structs.replace(story, steps=[]), chance, now - ago, now))
    return sorted(lives, key=lambda life: life.opens_at)


def _in_turn(stories: list[Story], count: int, chance: Random) -> list[Story]:
    """Every story about as often as every other, in no order that one would notice."""
    told: list[Story] = []
    while len(told) < count:
        told += chance.sample(stories, len(stories))
    return told[:count]


def _daytime(at: datetime, chance: Random) -> datetime:
    """Most people write by day, and fewer at a weekend."""
    if at.weekday() >= 5 and chance.random() < 0.6:
        at -= timedelta(days=chance.randint(2, 4))
    if chance.random() < 0.85:
        at = at.replace(hour=chance.randint(_NIGHT_ENDS, _NIGHT_BEGINS - 1))
    return at


def _life(book: Book, story: Story, chance: Random, opens_at: datetime, now: datetime) -> Life:
    customer = _customer_for(book, story, chance)
    name, _, _, city = book.people.customers[story.language][customer]
    agent = _agent_for(book, story, chance)
    names = {
        "first": name.split()[0],
        "city": city,
        "agent": book.people.agents[agent].name.split()[0],
        "order": f"HO-{chance.randint(21000, 31999)}",
        "lamp": chance.choice(_LAMPS),
        "part": chance.choice(_PARTS),
    }
    steps = _steps(story, chance, opens_at, now)
    told = [Planned(step.at, step.verb, step.text.format_map(names)) for step in steps]
    subject = story.subject.format_map(names)
    text = chance.choice(story.opens).format_map(names)
    return Life(opens_at, story, (story.language, customer), agent, subject, text, told)


def _customer_for(book: Book, story: Story, chance: Random) -> int:
    """Anybody who speaks the language; a company where it is about trade, and nobody's company else."""
    trades = bool({"trade", "invoice", "press"} & set(story.tags))
    known = book.people.customers[story.language]
    return chance.choice([place for place, (_, _, company, _) in enumerate(known) if bool(company) == trades])


def _agent_for(book: Book, story: Story, chance: Random) -> int:
    fitting = [
        place
        for place, agent in enumerate(book.people.agents)
        if story.team in agent.teams and agent.role != "light_agent"
    ]
    return chance.choice(fitting)


def _steps(story: Story, chance: Random, opens_at: datetime, now: datetime) -> list[Planned]:
    at = opens_at
    recent = now - opens_at < timedelta(days=1)
    steps = story.parsed()
    if recent:
        steps = steps[: chance.randint(0, max(0, len(steps) - 2))]
    told: list[Planned] = []
    slow = 1.0 if recent or chance.random() < 0.85 else 4.0  # a busy day: some promises are missed
    for step in steps:
        then = _when(step, at, slow * chance.uniform(0.6, 1.5), chance, by_day=not recent)
        if then >= now:
            break
        at = then
        told.append(Planned(at, step.verb, step.text))
    if told and told[-1].verb == "resolved" and at + CLOSES_AFTER < now:
        told.append(Planned(at + CLOSES_AFTER, "closed", ""))
    return told


def _when(step: Step, before: datetime, stretch: float, chance: Random, *, by_day: bool) -> datetime:
    at = before + step.after * stretch + timedelta(seconds=chance.uniform(1, 50))
    asleep = not _NIGHT_ENDS <= at.hour < _NIGHT_BEGINS + 2
    if by_day and asleep and step.verb in _STAFF and step.after > timedelta(minutes=10):
        morning = at.replace(hour=_NIGHT_ENDS, minute=chance.randint(2, 40))
        return morning if morning > at else morning + timedelta(days=1)
    return at
