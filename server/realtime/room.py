"""Rooms: who is in, in which order things are told, and what is remembered for those who come back.

Nothing here awaits or reads a clock. A ticket's room tells its events in seq order: one that comes too early
is held, one that comes again is dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol
from uuid import UUID

from server.domain.identity import Actor, Agent
from server.domain.rights import Scope
from server.realtime.frames import (
    Joined,
    Member,
    Presence,
    ReadUpTo,
    TypingNow,
    encode_frame,
)
from server.realtime.membership import MAX_HELD, Listener, Membership, Told
from server.realtime.wire import TEXT, make_frame

MAX_RECENT = 128
TYPING_SECONDS = 6.0


def member_of(actor: Actor, *, public: bool) -> Member:
    """Somebody as others see them: a customer sees agents by name alone."""
    return Member(actor.type, None if public and isinstance(actor, Agent) else actor.id, actor.name)


class Room:
    """The members of a room, and their presence as one whole state."""

    def __init__(self, name: str, workspace_id: UUID) -> None:
        self.name = name
        self.workspace_id = workspace_id
        self.members: dict[Listener, Membership] = {}
        self.presence_changed = False

    def add(self, listener: Listener) -> Membership:
        """Put somebody at the door: what is told is held for them until they are admitted and released."""
        membership = self.members[listener] = Membership(listener)
        return membership

    def admit(self, membership: Membership) -> None:
        """They may be here: from now on others see them."""
        membership.admitted = True
        self.presence_changed = True

    def has(self, membership: Membership) -> bool:
        """Whether this membership still holds: nobody left, or came anew on the same connection."""
        return self.members.get(membership.listener) is membership

    def remove(self, listener: Listener) -> None:
        """Harmless for somebody who is not in."""
        membership = self.members.pop(listener, None)
        if membership is not None and membership.admitted:
            self.presence_changed = True

    def presence(self, *, public: bool) -> list[Member]:
        """Everybody who is in, once each however many connections they have."""
        found = {
            (listener.actor.type, listener.actor.id): member_of(listener.actor, public=public)
            for listener, membership in self.members.items()
            if membership.admitted
        }
        return sorted(found.values(), key=lambda member: (member.type, member.name, str(member.id)))

    def tell_presence(self) -> None:
        """Tell everybody who is in, if that has changed."""
        if not self.presence_changed:
            return
        self.presence_changed = False
        self.broadcast(
            lambda public: encode_frame(Presence(self.name, self.presence(public=public))),
        )

    def broadcast(self, encode: Encode, but: Callable[[Listener], bool] | None = None) -> None:
        """Send a passing state, encoded once for each audience."""
        frames: dict[bool, bytes | None] = {}
        for listener, membership in self.members.items():
            if not membership.admitted or (but is not None and but(listener)):
                continue
            public = membership.public
            if public not in frames:
                payload = encode(public)
                frames[public] = None if payload is None else make_frame(TEXT, payload)
            if (data := frames[public]) is not None:
                listener.send(data)


class Encode(Protocol):
    """Gives the payload for customers (`public`) or agents, or None for nothing."""

    def __call__(self, public: bool, /) -> bytes | None: ...


class TicketRoom(Room):
    """The room of a ticket: its events in order, who is composing, who has read how far."""

    def __init__(self, name: str, workspace_id: UUID, ticket_id: UUID) -> None:
        super().__init__(name, workspace_id)
        self.ticket_id = ticket_id
        self.scope: Scope | None = None
        self.tail: int | None = None
        self.behind = False  # Postgres has more than was told
        self.filling = False
        self.public_tail = 0
        self.recent: deque[Told] = deque(maxlen=MAX_RECENT)
        self.held: dict[int, Told] = {}
        self.typing: dict[tuple[str, UUID | None], float] = {}
        self.reads: dict[str, int] = {}

    def begin(self, scope: Scope, seq: int, public_seq: int, reads: dict[str, int]) -> None:
        """What a look at the ticket told. Only the first sets the tail: later ones may be ahead of what was
        told, which those who are in must still hear."""
        self.scope = scope
        if self.tail is None:
            self.tail, self.public_tail = seq, public_seq
        for reader, read in reads.items():
            self.reads[reader] = max(read, self.reads.get(reader, 0))
        self._drain()

    def receive(self, told: Iterable[Told]) -> bool:
        """Tell events in order; returns whether one is missing before a held one."""
        for one in told:
            if self.tail is None or one.seq > self.tail:
                if len(self.held) >= MAX_HELD:
                    self.held.pop(max(self.held))
                self.held[one.seq] = one
        return self._drain()

    def _drain(self) -> bool:
        if self.tail is None:
            return False
        for old in [seq for seq in self.held if seq <= self.tail]:
            del self.held[old]
        while (told := self.held.pop(self.tail + 1, None)) is not None:
            self.tail = told.seq
            self.public_tail = told.public_seq or self.public_tail
            self.recent.append(told)
            for membership in list(self.members.values()):
                membership.tell(told)
        return bool(self.held)

    def remembered(self, since: int, *, public: bool) -> list[Told] | None:
        """What happened after `since`, or None when memory does not reach there."""
        tail = self.public_tail if public else self.tail
        if self.tail is None or tail is None or since > tail:
            return None
        missed = []
        for told in self.recent:
            number, data = told.seen_by(public=public)
            if data is not None and number > since:
                missed.append(told)
        return missed if len(missed) == tail - since else None

    def joined(self, newest: int, membership: Membership) -> Joined:
        """What somebody is told on joining; the missing events follow it.

        A customer is told how far they themselves have read, and nothing of anybody else.
        """
        public, own = membership.public, str(membership.listener.actor.id)
        reads = {reader: seq for reader, seq in self.reads.items() if not public or reader == own}
        return Joined(self.name, newest, self.presence(public=public), reads)

    def compose(self, by: Listener, on: bool, text: str | None, now: float) -> None:
        """Somebody composes, or stops; told when it changes, and again while a peek's text does."""
        key = _key(by)
        was = key in self.typing
        if on:
            self.typing[key] = now + TYPING_SECONDS
        else:
            self.typing.pop(key, None)
        if was != on or (on and text is not None):
            self._tell_typing(by.actor, on, text)

    def _tell_typing(self, actor: Actor, on: bool, text: str | None) -> None:
        """To all but the one who composes, wherever else they are connected."""

        def encode(public: bool, /) -> bytes:
            who = member_of(actor, public=public)
            return encode_frame(TypingNow(self.name, who, on, None if public else text))

        own = (actor.type, actor.id)
        self.broadcast(encode, lambda other: _key(other) == own)

    def composing(self, membership: Membership) -> list[TypingNow]:
        """Who is composing, for somebody who comes in meanwhile."""
        others = {_key(other): other.actor for other in self.members}
        others.pop(_key(membership.listener), None)
        return [
            TypingNow(self.name, member_of(others[key], public=membership.public), True)
            for key in self.typing
            if key in others
        ]

    def expire(self, now: float) -> None:
        """Who has said nothing for a while is no longer composing."""
        for key in [key for key, until in self.typing.items() if until <= now]:
            self._stop_typing(key)

    def remove(self, listener: Listener) -> None:
        """Who goes stops composing, when it was their last connection here."""
        super().remove(listener)
        key = _key(listener)
        if key in self.typing and not any(_key(other) == key for other in self.members):
            self._stop_typing(key, listener.actor)

    def _stop_typing(self, key: tuple[str, UUID | None], actor: Actor | None = None) -> None:
        del self.typing[key]
        actor = actor or next((other.actor for other in self.members if _key(other) == key), None)
        if actor is not None:
            self._tell_typing(actor, False, None)

    def read(self, by: Listener, seq: int) -> bool:
        """Somebody has read up to `seq` of their own numbering; returns whether that is news."""
        public = not isinstance(by.actor, Agent)
        seq = min(seq, (self.public_tail if public else self.tail) or 0)
        reader = str(by.actor.id)
        if seq <= self.reads.get(reader, 0):
            return False
        self.reads[reader] = seq

        def encode(to_public: bool, /) -> bytes | None:
            if to_public and not public:
                return None  # an agent's position counts events that a customer must not count
            return encode_frame(ReadUpTo(self.name, member_of(by.actor, public=to_public), seq))

        self.broadcast(encode, lambda other: other is by)
        return True


def _key(listener: Listener) -> tuple[str, UUID | None]:
    return (listener.actor.type, listener.actor.id)
