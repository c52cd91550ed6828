"""Who is in a room: by this process, by what the others say, and how much of it is shown.

What another process says is its whole state; it is forgotten when it is not said again in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from server.domain.identity import Actor, Agent
from server.realtime.frames import Member
from server.realtime.membership import Listener

MAX_SHOWN = 50  # members of a large room that are named
STATE_SECONDS = 30.0
Key = tuple[str, UUID | None]


def member_of(actor: Actor, *, public: bool = False) -> Member:
    """Somebody as others see them: a customer sees agents by name alone."""
    return Member(actor.type, None if public and isinstance(actor, Agent) else actor.id, actor.name)


def for_customers(member: Member) -> Member:
    """The same member as customers see them."""
    return Member(member.type, None, member.name) if member.type == "agent" else member


def key_of(listener: Listener) -> Key:
    """Who somebody is, however many connections they have."""
    return (listener.actor.type, listener.actor.id)


class Shown(NamedTuple):
    """Members in their order, agents first; `total` is None when these are all."""

    members: list[Member]
    total: int | None


def show(found: Mapping[Key, Member], unnamed: int, *, public: bool) -> Shown:
    """What is shown of those who are found and some more who were not named."""
    ordered = sorted(found.values(), key=lambda member: (member.type, member.name, str(member.id)))
    total = len(ordered) + unnamed
    shown = ordered[:MAX_SHOWN]
    return Shown(
        [for_customers(member) for member in shown] if public else shown,
        total if total > len(shown) else None,
    )


class Here:
    """Who is in by this process: once each, however many connections they have."""

    def __init__(self) -> None:
        self._people: dict[Key, set[Listener]] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._people

    def __len__(self) -> int:
        return len(self._people)

    def add(self, listener: Listener) -> None:
        """Somebody is in."""
        self._people.setdefault(key_of(listener), set()).add(listener)

    def remove(self, listener: Listener) -> None:
        """A connection is out; harmless for one that was not in."""
        key = key_of(listener)
        left = self._people.get(key, set())
        left.discard(listener)
        if not left:
            self._people.pop(key, None)

    def members(self) -> dict[Key, Member]:
        """Everybody, by key."""
        return {key: member_of(next(iter(found)).actor) for key, found in self._people.items()}


class _State(NamedTuple):
    members: Sequence[Member]
    total: int
    until: float


class Elsewhere:
    """Who is in by other processes."""

    def __init__(self) -> None:
        self._states: dict[UUID, _State] = {}

    def __bool__(self) -> bool:
        return bool(self._states)

    def hear(self, process: UUID, members: Sequence[Member], total: int, now: float) -> bool:
        """What a process says; returns whether that is news."""
        old = self._states.pop(process, None)
        if members:
            self._states[process] = _State(members, total, now + STATE_SECONDS)
        before = () if old is None else old.members
        return before != members or (old is not None and old.total != total)

    def expire(self, now: float) -> bool:
        """Forget who has said nothing for too long; returns whether somebody has."""
        late = [process for process, state in self._states.items() if state.until <= now]
        for process in late:
            del self._states[process]
        return bool(late)

    def members(self) -> dict[Key, Member]:
        """Everybody who is named, by key."""
        return {
            (member.type, member.id): member for state in self._states.values() for member in state.members
        }

    def unnamed(self) -> int:
        """How many more there are in large rooms, counting those twice who are in by two processes."""
        return sum(max(0, state.total - len(state.members)) for state in self._states.values())


class Shows:
    """What of presence a room last showed, for each audience, until it changes."""

    def __init__(self, make: Callable[[bool], Shown]) -> None:
        self._make = make
        self._kept: dict[bool, Shown] = {}

    def of(self, *, public: bool) -> Shown:
        """For customers (`public`) or agents."""
        if public not in self._kept:
            self._kept[public] = self._make(public)
        return self._kept[public]

    def clear(self) -> None:
        """It has changed."""
        self._kept.clear()


def agents_of(members: Iterable[Member]) -> tuple[Member, ...]:
    """Those of the team, by name."""
    agents = [member for member in members if member.type == "agent"]
    return tuple(sorted(agents, key=lambda member: (member.name, str(member.id))))
