"""The room of a ticket: its events in seq order, who composes, who has read how far.

An event that comes too early is held, one that comes again is dropped. Nothing here awaits or reads a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

import msgspec

from server.domain.identity import Agent
from server.domain.rights import Scope
from server.domain.ticket import FIRST_DRAFT
from server.realtime.composing import Composing, Typed
from server.realtime.frames import Draft, Joined, Member, ReadUpTo, TypingNow, encode_frame
from server.realtime.membership import MAX_HELD, Listener, Membership, Told
from server.realtime.notes import Note, ReadBy, TypingBy
from server.realtime.presence import agents_of, for_customers, key_of, member_of
from server.realtime.room import THIN_SECONDS, Room

MAX_RECENT = 128
MAX_TYPING_TOLD = 8  # in a large room, a beat


class Drafting(Protocol):
    """Whoever keeps the room's shared draft while somebody writes it."""

    def left(self, listener: Listener) -> None:
        """A connection is out of the room."""

    def raised(self, generation: int) -> None:
        """The draft was sent, and this one begins."""


class TicketRoom(Room):
    """The room of a ticket."""

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
        self.composing = Composing()
        self.reads: dict[str, int] = {}
        self.draft = FIRST_DRAFT
        self.drafting: Drafting | None = None
        self._thinned: dict[tuple[str, UUID | None], Typed] = {}
        self._typing_told_at = float("-inf")

    # events

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
            if self.tail is not None and one.seq == self.tail + 1 and not self.held:
                self._hear(one)
            elif self.tail is None or one.seq > self.tail:
                if len(self.held) >= MAX_HELD:
                    self.held.pop(max(self.held))
                self.held[one.seq] = one
        return self._drain()

    def _drain(self) -> bool:
        if self.tail is None or not self.held:
            return False
        for old in [seq for seq in self.held if seq <= self.tail]:
            del self.held[old]
        while (told := self.held.pop(self.tail + 1, None)) is not None:
            self._hear(told)
        return bool(self.held)

    def _hear(self, told: Told) -> None:
        """The next event."""
        self.tail = told.seq
        self.public_tail = told.public_seq or self.public_tail
        self.recent.append(told)
        for membership in list(self.members.values()):
            membership.tell(told)
        if told.draft:
            self.raise_draft(told.draft)

    def raise_draft(self, generation: int) -> None:
        """The shared draft was sent and this generation begins; agents are told, once."""
        if generation <= self.draft:
            return
        self.draft = generation
        frame = encode_frame(Draft(self.name, generation))
        self.broadcast(lambda public: None if public else frame)
        if self.drafting is not None:
            self.drafting.raised(generation)

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
        draft = msgspec.UNSET if public else self.draft
        return Joined(self.name, newest, self.presence(public=public).members, reads, draft)

    # composing

    def compose(self, by: Listener, on: bool, text: str | None, now: float) -> None:
        """Somebody composes, or stops; `text` is what they have so far, where it is shown."""
        who = member_of(by.actor)
        self.report(("typing", who.type, who.id), TypingBy(who, on, text))
        self._tell_typing(self.composing.compose(who, on, text, now, is_here=True))

    def hear_typing(self, note: TypingBy, now: float) -> None:
        """The same by another process."""
        self._tell_typing(self.composing.compose(note.who, note.on, note.text, now, is_here=False))

    def _tell_typing(self, typed: Typed) -> None:
        """To all but the one who composes, wherever else they are connected; in a large room soon."""
        if not typed.is_news:
            return
        own = (typed.who.type, typed.who.id)
        if self.is_large:
            if own in self._thinned or len(self._thinned) < MAX_TYPING_TOLD:
                self._thinned[own] = typed
            return
        self._broadcast_typing(typed)

    def _broadcast_typing(self, typed: Typed) -> None:
        own = (typed.who.type, typed.who.id)

        def encode(public: bool, /) -> bytes:
            who = for_customers(typed.who) if public else typed.who
            return encode_frame(TypingNow(self.name, who, typed.on, None if public else typed.text))

        self.broadcast(encode, lambda other: key_of(other) == own)

    def typing_for(self, membership: Membership) -> list[TypingNow]:
        """Who is composing, for somebody who comes in meanwhile."""
        own = key_of(membership.listener)
        others = [who for who in self.composing.everybody() if (who.type, who.id) != own]
        return [
            TypingNow(self.name, for_customers(who) if membership.public else who, True) for who in others
        ]

    def expire(self, now: float) -> None:
        """Who has said nothing for a while is no longer composing."""
        for typed in self.composing.expire(now):
            self._tell_typing(typed)

    def remove(self, listener: Listener) -> None:
        """Who goes stops composing, when it was their last connection here."""
        super().remove(listener)
        if self.drafting is not None:
            self.drafting.left(listener)
        key = key_of(listener)
        if not self.composing or any(key_of(other) == key for other in self.members):
            return
        if (typed := self.composing.leave(key)) is not None:
            self.report(("typing", *key), TypingBy(typed.who, False))
            self._tell_typing(typed)

    # reading

    def read(self, by: Listener, seq: int) -> bool:
        """Somebody has read up to `seq` of their own numbering; returns whether that is news."""
        public = not isinstance(by.actor, Agent)
        seq = min(seq, (self.public_tail if public else self.tail) or 0)
        if not self._tell_read(member_of(by.actor), seq, by):
            return False
        self.report(("read", by.actor.id), ReadBy(member_of(by.actor), seq))
        return True

    def hear_read(self, note: ReadBy) -> None:
        """The same by another process."""
        self._tell_read(note.who, note.seq, None)

    def _tell_read(self, who: Member, seq: int, but: Listener | None) -> bool:
        if seq <= self.reads.get(str(who.id), 0):
            return False
        self.reads[str(who.id)] = seq

        def encode(public: bool, /) -> bytes | None:
            if public and who.type == "agent":
                return None  # an agent's position counts events that a customer must not count
            return encode_frame(ReadUpTo(self.name, who, seq))

        self.broadcast(encode, lambda other: other is but)
        return True

    # time, and other processes

    def tick(self, now: float, *, shared: bool = True) -> list[Note]:
        """Also ends what composers left unsaid, and tells what was thinned."""
        self.expire(now)
        if self._thinned and now - self._typing_told_at >= THIN_SECONDS:
            self._typing_told_at = now
            thinned, self._thinned = self._thinned, {}
            for typed in thinned.values():
                self._broadcast_typing(typed)
        return super().tick(now, shared=shared)

    @property
    def is_restless(self) -> bool:
        """Somebody composes."""
        return super().is_restless or bool(self.composing) or bool(self._thinned)

    def answer(self) -> None:
        """Also who composes, and how far those who are in have read."""
        super().answer()
        for who in self.composing.here():
            self.report(("typing", who.type, who.id), TypingBy(who, True))
        for who in self.people().values():
            if (seq := self.reads.get(str(who.id))) is not None:
                self.report(("read", who.id), ReadBy(who, seq))

    def withdraw(self) -> list[Note]:
        """Also that nobody composes here."""
        for who in self.composing.here():
            self.report(("typing", who.type, who.id), TypingBy(who, False))
        return super().withdraw()

    def viewed(self) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
        """Which agents have the ticket open here, and who composes in it here."""
        return agents_of(self.people().values()), tuple(self.composing.here())
