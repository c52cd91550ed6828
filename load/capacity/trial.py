"""One trial: messages on a fixed schedule at one rate, each timed from when it was due.

Open loop: a desk that stalls is sent as much as before, and what waits meanwhile counts. Messages carry their
number, so that acks and events are matched by slicing, without decoding JSON in the measuring process.
"""

from __future__ import annotations

import asyncio
import gc
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec

from load.capacity.result import Cores, Result, Times
from load.capacity.search import Step
from load.chat import DIGITS, TEXT, Pair
from load.usage import Spent
from load.wire import encode

PACE_SECONDS = 0.001
HOPELESS_SECONDS = 2.0
DRAIN_SECONDS = 20.0
_ACK, _EVENT, _REFUSED = b'{"op":"ack","id":"', b'{"op":"event"', b'{"op":"refused"'
_CONTENT = b'"content":"'
Speakers = Literal["both", "agents"]


class Trial:
    """`rate` messages a second for some seconds, numbered from `first`; each is seen by the room's other."""

    def __init__(
        self, pairs: Sequence[Pair], first: int, step: Step, seconds: float, speakers: Speakers
    ) -> None:
        self._step, self._seconds, self._first = step, seconds, first
        self.count = max(1, int(step.rate * seconds))
        self._pairs = pairs
        agents = [pair.agent for pair in pairs]
        self._senders = agents if speakers == "agents" else [pair.visitor for pair in pairs] + agents
        self._visitors = 0 if speakers == "agents" else len(pairs)
        self._frames = [self._frame(number) for number in range(self.count)]
        self.due_at = array("d", bytes(8 * self.count))
        self.acked_at = array("d", bytes(8 * self.count))
        self.seen_at = array("d", bytes(8 * self.count))
        self._late = array("d")
        self._last = [-1] * len(self._senders)
        self._sent = self._acked = self._seen = self._doubled = self._disordered = 0
        self._refused: Counter[str] = Counter()
        self._done = asyncio.Event()
        for pair in pairs:
            pair.visitor.receive = partial(self._receive, False)
            pair.agent.receive = partial(self._receive, True)

    def _frame(self, number: int) -> bytes:
        name = f"{self._first + number:0{DIGITS}}"
        room = self._pairs[number % len(self._pairs)].room
        return encode({"op": "send", "room": room, "id": name, "content": name + TEXT})

    # what comes in

    def _receive(self, is_agent: bool, payload: bytes) -> None:
        if payload.startswith(_ACK):
            number = int(payload[len(_ACK) : len(_ACK) + DIGITS]) - self._first
            if number >= 0 and not self.acked_at[number]:
                self.acked_at[number] = time.perf_counter()
                self._acked += 1
        elif payload.startswith(_EVENT):
            if (at := payload.find(_CONTENT)) < 0:
                return
            at += len(_CONTENT)
            number = int(payload[at : at + DIGITS]) - self._first
            if number >= 0 and is_agent == (number % len(self._senders) < self._visitors):
                self._saw(number)
        elif payload.startswith(_REFUSED):
            self._refused[str(msgspec.json.decode(payload)["code"])] += 1
        if self._has_all(self.count):
            self._done.set()

    def _has_all(self, sent: int) -> bool:
        """Whether so many were seen and acknowledged, or refused."""
        return min(self._seen, self._acked) + self._refused.total() >= sent

    def _saw(self, number: int) -> None:
        if self.seen_at[number]:
            self._doubled += 1
            return
        self.seen_at[number] = time.perf_counter()
        self._seen += 1
        sender = number % len(self._senders)
        self._disordered += number < self._last[sender]
        self._last[sender] = number

    # what goes out

    async def run(self, pid: int | None) -> Result:
        """Send everything, wait for what is still to come, and count. `pid` is Parley's, when it is here."""
        gc.collect()
        gc.disable()  # nothing here is garbage before the end
        try:
            before, began = _spent(pid), time.perf_counter()
            hopeless = await self._pace()
            took = time.perf_counter() - began
            cores = _cores(before, _spent(pid), took)
            await self._drain()
        finally:
            gc.enable()
        return self._result(took, cores, hopeless)

    async def _pace(self) -> bool:
        """Send on time; True when it was given up, since the desk fell behind and stayed there."""
        start, rate = time.perf_counter(), self._step.rate
        most_waiting = max(rate * HOPELESS_SECONDS, 100.0)
        while self._sent < self.count:
            now = time.perf_counter()
            due = min(int((now - start) * rate) + 1, self.count)
            while self._sent < due:
                number = self._sent
                self.due_at[number] = start + number / rate
                self._late.append(now - self.due_at[number])
                self._senders[number % len(self._senders)].send(self._frames[number])
                self._sent += 1
            if self._sent - self._seen > most_waiting:
                return True
            await asyncio.sleep(PACE_SECONDS)
        return False

    async def _drain(self) -> None:
        """Wait until nothing more is expected, or comes."""
        until = time.perf_counter() + DRAIN_SECONDS
        while not self._has_all(self._sent) and time.perf_counter() < until:
            try:
                await asyncio.wait_for(self._done.wait(), 0.1)
            except TimeoutError:
                continue

    # what is made of it

    def _result(self, took: float, cores: Cores | None, hopeless: bool) -> Result:
        seen = sorted(self.delays())
        acked = sorted(
            (acked - due) * 1e3 for acked, due in zip(self.acked_at, self.due_at, strict=True) if acked
        )
        refused = self._refused.total()
        return Result(
            self._step.purpose,
            self._step.rate,
            self._seconds,
            self._sent,
            self._achieved(),
            Times(*(share(seen, part) for part in (0.5, 0.95, 0.99, 1.0))) if seen else None,
            share(acked, 0.99) if acked else None,
            share(sorted(self._late), 0.99) * 1e3,
            max(0, self._sent - refused - min(self._seen, self._acked)),
            self._doubled,
            self._disordered,
            dict(self._refused),
            self._closed(),
            hopeless,
            cores,
        )

    def delays(self) -> list[float]:
        """Milliseconds from due to seen, of what was seen, in the order of sending."""
        return [(seen - due) * 1e3 for seen, due in zip(self.seen_at, self.due_at, strict=True) if seen]

    def _achieved(self) -> float:
        seen = [at for at in self.seen_at if at]
        span = max(seen) - self.due_at[0] if seen else 0.0
        return len(seen) / span if span > 0 else 0.0

    def _closed(self) -> dict[int, int]:
        """Sockets that ended, by close code; 1006 for those that ended without a word."""
        wires = {id(wire): wire for pair in self._pairs for wire in (pair.visitor, pair.agent)}.values()
        return dict(Counter(wire.closed_with or 1006 for wire in wires if wire.transport is None))


def share(ascending: Sequence[float], part: float) -> float:
    """The value that `part` of all (0 to 1) do not exceed; there must be one."""
    return ascending[min(int(len(ascending) * part), len(ascending) - 1)]


def _spent(pid: int | None) -> Spent | None:
    """Processor time until now; None where the system does not tell."""
    try:
        return Spent.until_now(pid or 0)  # no process has 0: then nothing is Parley's
    except OSError:
        return None


def _cores(before: Spent | None, after: Spent | None, seconds: float) -> Cores | None:
    if before is None or after is None or seconds <= 0:
        return None
    parley, postgres, driver, busy, there = (
        (now - then) / seconds for now, then in zip(after, before, strict=True)
    )
    return Cores(parley, postgres, driver, busy, there)
