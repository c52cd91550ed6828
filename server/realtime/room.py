"""Rooms: who is in, and what passes in them.

Nothing here awaits or reads a clock. What the room's members elsewhere must hear waits in `news` until the
next tick; what they say comes in by `hear`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol
from uuid import UUID

from server.realtime.frames import Member, Presence, encode_frame
from server.realtime.membership import Listener, Membership
from server.realtime.notes import Note, PresenceOf
from server.realtime.presence import MAX_SHOWN, Elsewhere, Here, Key, Shown, Shows, show
from server.realtime.wire import TEXT, make_frame

THIN_SECONDS = 1.0  # between what passes in a large room


class Room:
    """The members of a room, and their presence as one whole state."""

    def __init__(self, name: str, workspace_id: UUID) -> None:
        self.name = name
        self.workspace_id = workspace_id
        self.members: dict[Listener, Membership] = {}
        self.here = Here()
        self.elsewhere = Elsewhere()
        self.news: dict[Hashable, Note] = {}
        self.presence_changed = False
        self._shows = Shows(self._show)
        self._announced: PresenceOf | None = None
        self._told_at = float("-inf")

    def add(self, listener: Listener) -> Membership:
        """Put somebody at the door: what is told is held for them until they are admitted and released."""
        membership = self.members[listener] = Membership(listener)
        return membership

    def admit(self, membership: Membership) -> None:
        """They may be here: from now on others see them."""
        membership.admitted = True
        self.here.add(membership.listener)
        self.presence_changed = True

    def has(self, membership: Membership) -> bool:
        """Whether this membership still holds: nobody left, or came anew on the same connection."""
        return self.members.get(membership.listener) is membership

    def remove(self, listener: Listener) -> None:
        """Harmless for somebody who is not in."""
        membership = self.members.pop(listener, None)
        if membership is not None and membership.admitted:
            self.here.remove(listener)
            self.presence_changed = True

    # presence

    @property
    def is_large(self) -> bool:
        """Whether what passes here is thinned."""
        return len(self.here) > MAX_SHOWN

    def people(self) -> dict[Key, Member]:
        """Everybody who is in by this process."""
        return self.here.members()

    def presence(self, *, public: bool) -> Shown:
        """Everybody who is in, once each; in a large room some of them, as of the last second."""
        if self.presence_changed and not self.is_large:
            self._shows.clear()
        return self._shows.of(public=public)

    def _show(self, public: bool) -> Shown:
        return show(self.elsewhere.members() | self.people(), self.elsewhere.unnamed(), public=public)

    def tell_presence(self) -> None:
        """Tell everybody who is in, if that has changed."""
        if not self.presence_changed:
            return
        self.presence_changed = False
        self._shows.clear()

        def encode(public: bool, /) -> bytes | None:
            shown = self.presence(public=public)
            return encode_frame(Presence(self.name, shown.members, shown.total))

        self.broadcast(encode)

    def announce(self) -> None:
        """Let the other processes hear, at the next tick, who is in here."""
        shown = show(self.people(), 0, public=False)
        self._announced = PresenceOf(tuple(shown.members), len(self.here))
        self.news["presence"] = self._announced

    def hear_presence(self, process: UUID, note: PresenceOf, now: float) -> None:
        """Who is in by another process."""
        if self.elsewhere.hear(process, note.members, note.total, now):
            self.presence_changed = True

    # time

    def tick(self, now: float) -> list[Note]:
        """Tell what has changed; returns what other processes must hear."""
        if self.presence_changed and (now - self._told_at >= THIN_SECONDS or not self.is_large):
            self._told_at = now
            self.tell_presence()
            self._announce_change()
        news, self.news = list(self.news.values()), {}
        return news

    def _announce_change(self) -> None:
        before, is_asked = self._announced, "presence" in self.news
        self.announce()
        if self._announced == before and not is_asked:
            del self.news["presence"]

    @property
    def is_restless(self) -> bool:
        """Whether the next tick will have something to do here."""
        return self.presence_changed or bool(self.news)

    def answer(self) -> None:
        """Another process asks, or has come back: tell it everything that passes here."""
        self.announce()

    def refresh(self, now: float) -> None:
        """Some seconds have passed: say again what others would forget, and forget what they did not."""
        if self.elsewhere.expire(now):
            self.presence_changed = True
        self.announce()

    def withdraw(self) -> list[Note]:
        """The last member has left: what others must hear of that, and of what they did last."""
        news, self.news = self.news, {}
        news.pop("presence", None)
        if self._announced is not None and self._announced.members:
            news["presence"] = PresenceOf((), 0)
        return list(news.values())

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
