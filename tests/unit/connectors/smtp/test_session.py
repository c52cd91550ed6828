"""A session's time: put off by every command, and over for who says nothing. Without a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from connectors.smtp.session import IDLE_SECONDS, Session


class Timer(NamedTuple):
    """What rings, and when."""

    at: float
    ring: Callable[[], None]
    clock: Clock

    def cancel(self) -> None:
        if self in self.clock.timers:
            self.clock.timers.remove(self)


class Clock:
    """A loop's timers, which ring when a test says that time goes by."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, ring: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + seconds, ring, self))
        return self.timers[-1]

    def pass_by(self, seconds: float) -> None:
        """So much later."""
        self.now += seconds
        for timer in [timer for timer in self.timers if timer.at <= self.now]:
            timer.cancel()
            timer.ring()


class Line:
    """A transport, of which only the end is of interest."""

    closed = False

    def close(self) -> None:
        self.closed = True


class Peer:
    """Whom the session is with."""

    peer = ("192.0.2.1", 25)


async def test_a_session_that_is_busy_goes_on_and_ends_once_it_has_fallen_silent() -> None:
    """Planted bug that was seen: no command puts the end off, so that a busy session is cut off."""
    clock, line = Clock(), Line()
    handler: Any = object()
    session: Any = Session(handler, set(), "192.0.2.1", None)
    session.loop, session.transport, session.session = clock, line, Peer()
    session._reset_timeout()
    for _ in range(10):
        clock.pass_by(IDLE_SECONDS * 0.6)
        session._reset_timeout()
        assert (len(clock.timers), line.closed) == (1, False)
    clock.pass_by(IDLE_SECONDS * 0.9)
    assert not line.closed
    clock.pass_by(IDLE_SECONDS * 0.2)
    assert (clock.timers, line.closed) == ([], True)
