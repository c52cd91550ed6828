"""Being in a room: what is told to whom, and nothing twice, whether somebody is in or on the way in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from server.domain.identity import Actor, Agent

MAX_HELD = 1024


class Listener(Protocol):
    """A connection as a room sees it."""

    @property
    def actor(self) -> Actor: ...

    def send(self, data: bytes) -> None:
        """Queue a finished WebSocket frame; never blocks, and does nothing on a closed connection."""

    def overflow(self) -> None:
        """Give up on a connection that cannot keep up; it resumes later."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """An event ready to be told: its numbers and its two finished frames."""

    seq: int
    public_seq: int | None
    for_agents: bytes
    for_customers: bytes | None
    draft: int = 0  # the generation of the shared draft that begins with it

    def seen_by(self, *, public: bool) -> tuple[int, bytes | None]:
        """Its number and frame for customers (`public`) or agents; no frame for what is not theirs."""
        return (self.public_seq or 0, self.for_customers) if public else (self.seq, self.for_agents)


class Membership:
    """A connection in a room; while its history is read, what is told meanwhile waits in `held`.

    It is `admitted`, and seen by others, once its right to be here is known. `seen` is the newest number it
    was sent: an event may be both in the history and told, and is sent once.
    """

    __slots__ = ("admitted", "held", "listener", "public", "seen")

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.public = not isinstance(listener.actor, Agent)
        self.held: list[Told] | None = []
        self.admitted = False
        self.seen = 0

    def tell(self, told: Told) -> None:
        """Send it now, or hold it while joining."""
        if self.held is None:
            data = told.for_customers if self.public else told.for_agents
            number = told.public_seq or 0 if self.public else told.seq
            if data is not None and number > self.seen:
                self.seen = number
                self.listener.send(data)
        elif len(self.held) < MAX_HELD:
            self.held.append(told)
        else:
            self.listener.overflow()

    def release(self, seen: int) -> None:
        """The history up to `seen` (its own numbering) was sent: now what was held above it, then all."""
        self.seen = seen
        held, self.held = self.held or [], None
        for told in held:
            self.tell(told)


def frames_of(told: Iterable[Told], *, public: bool) -> Iterator[bytes]:
    """The finished frames of events, for one audience."""
    for one in told:
        _, data = one.seen_by(public=public)
        if data is not None:
            yield data
