"""The texts of the demonstration, read from the files beside this module and checked while they are read."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar, get_args

import msgspec

from server.domain.events import Channel, Priority
from server.domain.identity import Role

_TEXTS = Path(__file__).parent / "texts"
_STEP = re.compile(r"\+(\d+)([mhd]) (\w+):?(?: (.+))?", re.DOTALL)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
T = TypeVar("T")

Language = Literal["en", "de", "fr", "es"]
Verb = Literal[
    "customer", "photo", "agent", "note", "workshop", "take", "raise",
    "pending", "on_hold", "open", "resolved", "closed",
]  # fmt: skip


class Team(msgspec.Struct, frozen=True):
    """A team, and the word that stories call it by."""

    key: str
    name: str


class Colleague(msgspec.Struct, frozen=True):
    """Somebody who works at the desk."""

    name: str
    email: str
    role: Role
    teams: list[str]


class Hours(msgspec.Struct, frozen=True):
    """When a person is there; `own` are dates of each year (`12-24`), a name, and their periods."""

    name: str
    zone: str
    country: str
    weekdays: list[str]
    saturday: list[str]
    own: list[list[str]]


class Promises(msgspec.Struct, frozen=True):
    """What all policies have: warnings, as shares of the time, and the reasons for which tickets wait."""

    warnings: list[int]
    reasons: list[str]


class Policy(msgspec.Struct, frozen=True):
    """An SLA policy; `late` is what happens half an hour after it was broken."""

    name: str
    description: str
    first_response_minutes: float
    resolution_hours: float
    next_response_minutes: float | None = None
    priorities: list[Priority] = []
    tags: list[str] = []
    tiers: list[str] = []
    open_hours: bool = False
    late: list[str] = []


class People(msgspec.Struct, frozen=True):
    """The desk and everybody who writes to it; a customer is name, address, company, city."""

    workspace: str
    greeting: str
    accent_color: str
    signature: str
    teams: list[Team]
    agents: list[Colleague]
    hours: Hours
    promises: Promises
    policies: list[Policy]
    customers: dict[Language, list[tuple[str, str, str, str]]]


class Step(msgspec.Struct, frozen=True):
    """What somebody does, so long after the step before."""

    after: timedelta
    verb: Verb
    text: str


class Story(msgspec.Struct, frozen=True):
    """The life of a ticket, to be told with other names each time."""

    channel: Channel
    team: str
    subject: str
    opens: list[str]
    steps: list[str]
    tags: list[str] = []
    language: Language = "en"
    priority: Priority = "normal"
    file: str | None = None

    def parsed(self) -> list[Step]:
        """Its steps; ValueError for one that cannot be read."""
        return [parse_step(line) for line in self.steps]


class Article(msgspec.Struct, frozen=True):
    """An article of the knowledge base."""

    title: str
    category: str
    tags: list[str]
    views: int
    content: str
    draft: bool = False


class Chat(msgspec.Struct, frozen=True):
    """What a visitor says who is here right now."""

    says: list[str]
    answers: list[str]
    leaves: str


class Book(msgspec.Struct, frozen=True):
    """All of it."""

    people: People
    stories: list[Story]
    articles: list[Article]
    chats: list[Chat]


class _Stories(msgspec.Struct):
    stories: list[Story]


class _Articles(msgspec.Struct):
    articles: list[Article]


class _Chats(msgspec.Struct):
    chats: list[Chat]


def parse_step(line: str) -> Step:
    """A step as the stories write it: `+20m agent: Hello`."""
    found = _STEP.fullmatch(line)
    if found is None or found[3] not in get_args(Verb):
        raise ValueError(f"not a step: {line}")
    after = timedelta(**{_UNITS[found[2]]: int(found[1])})
    return Step(after, found[3], found[4] or "")  # type: ignore[arg-type]  # one of Verb, as asked above


def read_book() -> Book:
    """The whole book, from disk."""
    return Book(
        _read("people", People),
        _read("stories", _Stories).stories,
        _read("articles", _Articles).articles,
        _read("chats", _Chats).chats,
    )


def _read(name: str, kind: type[T]) -> T:
    return msgspec.toml.decode((_TEXTS / f"{name}.toml").read_bytes(), type=kind)
