"""Who is in a room: by this process, by what the others say, and how much of it is shown.

What another process says is its whole state; it is forgotten when it is not said again in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

    def to(self, *, public: bool) -> Shown:
        """As customers (`public`) or agents see it."""
        return Shown([for_customers(member) for member in self.members], self.total) if public else self


def show(found: Mapping[Key, Member], unnamed: int) -> Shown:
    """What is shown of those who are found and some more who were not named."""
    shown = sorted(found.values(), key=_order)[:MAX_SHOWN]
    total = len(found) + unnamed
    return Shown(shown, total if total > len(shown) else None)


def _order(member: Member) -> tuple[str, str, int]:
    return (member.type, member.name, 0 if member.id is None else member.id.int)


class _State(NamedTuple):
    members: Sequence[Member]
    total: int
    until: float


class Elsewhere:
    """Who is in by other processes."""

    __slots__ = ("_states",)

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


def agents_of(members: Iterable[Member]) -> tuple[Member, ...]:
    """Those of the team, by name."""
    agents = [member for member in members if member.type == "agent"]
    return tuple(sorted(agents, key=_order))
