"""Rooms: who is in, and what passes in them.

Nothing here awaits or reads a clock. What the room's members elsewhere must hear waits as news until the
next tick; what they say comes in by `hear`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol
from uuid import UUID

from server.realtime.frames import Member, Presence, encode_frame
from server.realtime.membership import Listener, Membership
from server.realtime.notes import Note, PresenceOf
from server.realtime.presence import MAX_SHOWN, Elsewhere, Key, Shown, key_of, member_of, show
from server.realtime.wire import TEXT, make_frame

THIN_SECONDS = 1.0  # between what passes in a large room


class Room:
    """The members of a room, and their presence as one whole state."""

    def __init__(self, name: str, workspace_id: UUID) -> None:
        self.name = name
        self.workspace_id = workspace_id
        self.members: dict[Listener, Membership] = {}
        self.elsewhere: Elsewhere | None = None
        self.presence_changed = False
        self._news: dict[Hashable, Note] | None = None
        self._shown: Shown | None = None  # in a large room, as it was told last
        self._announced: PresenceOf | None = None
        self._told_at = float("-inf")

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

    # presence

    @property
    def is_large(self) -> bool:
        """Whether what passes here is thinned."""
        return len(self.members) > MAX_SHOWN

    def people(self) -> dict[Key, Member]:
        """Everybody who is in by this process, once each however many connections they have."""
        return {
            key_of(listener): member_of(listener.actor)
            for listener, membership in self.members.items()
            if membership.admitted
        }

    def presence(self, *, public: bool) -> Shown:
        """Everybody who is in; in a large room some of them, as they were last told."""
        shown = self._show() if self._shown is None else self._shown
        self._shown = shown if self.is_large else None
        return shown.to(public=public)

    def _show(self) -> Shown:
        if self.elsewhere is None:
            return show(self.people(), 0)
        return show(self.elsewhere.members() | self.people(), self.elsewhere.unnamed())

    def tell_presence(self) -> None:
        """Tell everybody who is in, if that has changed."""
        if not self.presence_changed:
            return
        self.presence_changed = False
        self._shown = None
        shown = self.presence(public=False)

        def encode(public: bool, /) -> bytes | None:
            members, total = shown.to(public=public)
            return encode_frame(Presence(self.name, members, total))

        self.broadcast(encode)

    def hear_presence(self, process: UUID, note: PresenceOf, now: float) -> None:
        """Who is in by another process."""
        if self.elsewhere is None:
            self.elsewhere = Elsewhere()
        if self.elsewhere.hear(process, note.members, note.total, now):
            self.presence_changed = True

    # other processes

    def report(self, key: Hashable, note: Note) -> None:
        """Let others hear at the next tick; a later note of the same key replaces it."""
        if self._news is None:
            self._news = {}
        self._news[key] = note

    def announce(self) -> None:
        """Let others hear who is in here."""
        people = self.people()
        self._announced = PresenceOf(tuple(show(people, 0).members), len(people))
        self.report("presence", self._announced)

    def _announce_change(self) -> None:
        before, is_asked = self._announced, self._news is not None and "presence" in self._news
        self.announce()
        if self._announced == before and not is_asked and self._news is not None:
            del self._news["presence"]

    def answer(self) -> None:
        """Another process asks, or has come back: let it hear everything that passes here."""
        self.announce()

    def refresh(self, now: float) -> None:
        """Some seconds have passed: say again what others would forget, and forget what they did not."""
        if self.elsewhere is not None and self.elsewhere.expire(now):
            self.presence_changed = True
        self.announce()

    def withdraw(self) -> list[Note]:
        """The last member has left: what others must hear of that, and of what they did last."""
        news, self._news = self._news or {}, None
        news.pop("presence", None)
        if self._announced is not None and self._announced.members:
            news["presence"] = PresenceOf((), 0)
        return list(news.values())

    # time

    def tick(self, now: float, *, shared: bool = True) -> list[Note]:
        """Tell what has changed; returns what other processes must hear, if there are any (`shared`)."""
        if self.presence_changed and (now - self._told_at >= THIN_SECONDS or not self.is_large):
            self._told_at = now
            self.tell_presence()
            if shared:
                self._announce_change()
        news, self._news = self._news, None
        return list(news.values()) if shared and news else []

    @property
    def is_restless(self) -> bool:
        """Whether the next tick will have something to do here."""
        return self.presence_changed or bool(self._news)

    # telling

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
