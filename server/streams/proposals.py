"""Ringing: takes the clocks whose time has come and proposes what they mean to the one writer.

A proposal may be late or doubled: the transaction checks again, and stamps the due time itself. What
cannot be written now is proposed again. At most so many are on their way at a time, a workspace's all in one
lane of the writer, so that a backlog is committed in the order of the instants that its clocks were set for.
By due time that is not quite in order: a ring that is late stamps all overdue warnings and breaches of its
ticket, and a due time that passes before the ring ahead of it is heard of rings after that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge, Histogram

from server.domain.commands import Envelope, RingClock
from server.domain.errors import Refusal, Unavailable
from server.domain.events import SlaBreached
from server.domain.identity import System
from server.handle import Outcome
from server.handle.lane import Answer
from server.store.bell import Bell, heard
from server.streams.alarms import Alarm, Alarms

# Enough to fill a batch of the writer while another commits, few enough not to starve those who wait for it.
MAX_IN_FLIGHT = 256
_RETRY_SECONDS = 1.0
_FAULT_SECONDS = 60.0
# The wall clock may be set while we sleep: look at it twice a second, whatever was planned.
_LOOK_SECONDS = 0.5

_breaches = Counter("parley_sla_breaches_total", "Targets stamped as breached.", ["target"])
_lateness = Histogram(
    "parley_sla_lateness_seconds",
    "From a target's due time to the commit that stamped its breach.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300, 3600, 86400),
)
_armed = Gauge("parley_sla_armed_clocks", "Clocks that will ring.")

_logger = structlog.get_logger(__name__)


class Writer(Protocol):
    """The one writer of tickets, as far as a clock needs it."""

    def submit_soon(
        self, envelope: Envelope, answer: Callable[[Answer], None], *, in_order: bool = False
    ) -> None:
        """Queue a command, after all that were asked for in order before; `answer` is called once."""


class Proposals:
    """Rings `alarms` while `run` runs. Whoever arms a clock rings `changed`."""

    def __init__(self, alarms: Alarms, changed: Bell, writer: Writer) -> None:
        self._alarms = alarms
        self._changed = changed
        self._writer = writer
        self._in_flight: set[Alarm] = set()
        _armed.set_function(lambda: len(alarms))

    def is_on_its_way(self, alarm: Alarm, at: datetime) -> bool:
        """Whether that instant is being proposed, or waits among the clocks to be."""
        return alarm in self._in_flight or self._alarms.get(alarm) == at

    async def run(self) -> None:
        """Ring until cancelled."""
        while True:
            ring = self._changed.listen()
            free = MAX_IN_FLIGHT - len(self._in_flight)
            for alarm, at in self._alarms.take_due(time.time(), free):
                self.propose(alarm, at)
            await heard(ring, self._patience())

    def propose(self, alarm: Alarm, at: datetime) -> None:
        """Say to the writer that an alarm has rung."""
        self._in_flight.add(alarm)
        command = RingClock(alarm.ticket_id, alarm.target, at)
        envelope = Envelope(System(alarm.workspace_id, "SLA clock"), command)
        try:
            self._writer.submit_soon(envelope, partial(self._answered, alarm, at), in_order=True)
        except Unavailable as full:
            self._answered(alarm, at, full)

    def _patience(self) -> float:
        next_at = self._alarms.next_at()
        if next_at is None or len(self._in_flight) >= MAX_IN_FLIGHT:
            return _LOOK_SECONDS
        return min(max(next_at - time.time(), 0.0), _LOOK_SECONDS)

    def _answered(self, alarm: Alarm, at: datetime, answer: Answer) -> None:
        self._in_flight.discard(alarm)
        match answer:
            case Outcome():
                _count(answer)
            case Unavailable():
                self._alarms.try_again(alarm, time.time() + _RETRY_SECONDS, at)
            case Refusal():
                _logger.warning("sla_proposal_refused", code=answer.code, ticket_id=str(alarm.ticket_id))
            case _:  # one ticket's fault must not stop the others' clocks
                _logger.error("sla_proposal_failed", ticket_id=str(alarm.ticket_id), exc_info=answer)
                self._alarms.try_again(alarm, time.time() + _FAULT_SECONDS, at)
        self._changed.ring()


def _count(outcome: Outcome) -> None:
    for record in outcome.records:
        if isinstance(record.event, SlaBreached):
            _breaches.labels(record.event.target).inc()
            _lateness.observe(max(time.time() - record.event.breached_at.timestamp(), 0.0))
