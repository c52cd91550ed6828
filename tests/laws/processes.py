"""Several processes' rooms, joined by a bus that drops, doubles, delays and reorders what it carries.

The rooms, the exchange and the notes are the product's; the bus, the sockets and the time are the test's.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Generator, Sequence
from typing import Any
from uuid import UUID

from server.realtime.bus import Confirmed, Heard
from server.realtime.exchange import Exchange
from server.realtime.room import Room


class Time:
    """A clock that only the test moves; stands in for the module `time` of the exchange."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@types.coroutine
def pause() -> Generator[None, None, None]:
    """Let others go first, for as long as the test likes."""
    yield


class Network:
    """What is on its way between processes: notes, and confirmations of subscriptions."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.notes: list[tuple[Line, int, bytes]] = []
        self.asked: list[tuple[Line, int]] = []

    def deliver(self, which: int, *, keep: bool = False, lose: bool = False) -> None:
        """One of the notes arrives: and comes again later (`keep`), or it does not (`lose`)."""
        if not self.notes:
            return
        which %= len(self.notes)
        line, shard, note = self.notes[which] if keep else self.notes.pop(which)
        if not lose and line in self.lines and shard in line.confirmed:
            line.heard(shard, note)

    def confirm(self, which: int) -> None:
        """A process hears a shard from now on."""
        if not self.asked:
            return
        line, shard = self.asked.pop(which % len(self.asked))
        if line in self.lines and shard in line.shards:
            line.confirmed.add(shard)
            line.told_confirmed(shard)

    def settle(self) -> None:
        """Everything arrives, in order."""
        while self.asked or self.notes:
            self.confirm(0)
            if not self.asked:
                self.deliver(0)


class Line:
    """One process's bus: its end of the network."""

    shared = True

    def __init__(self, network: Network) -> None:
        self._network = network
        self.shards: set[int] = set()
        self.confirmed: set[int] = set()
        self.heard: Heard = lambda shard, note: None
        self.told_confirmed: Confirmed = lambda shard: None
        network.lines.append(self)

    @property
    def ready(self) -> bool:
        return bool(self.confirmed)

    async def check(self) -> None:
        """The network is there."""

    async def run(self) -> None:
        """The test carries the notes."""

    async def flush(self) -> None:
        """Nothing waits here."""

    def publish(self, shard: int, note: bytes) -> None:
        self._network.notes += [(line, shard, note) for line in self._network.lines]

    def want(self, shard: int) -> None:
        self.shards.add(shard)
        self._network.asked.append((self, shard))

    def unwant(self, shard: int) -> None:
        self.shards.discard(shard)
        self.confirmed.discard(shard)

    def has(self, shard: int) -> bool:
        return shard in self.confirmed

    async def wanted(self, shard: int) -> None:
        for _ in range(3):  # it gives up: the bus may be away
            if not self.has(shard):
                await pause()

    def listen(self, heard: Heard, confirmed: Confirmed) -> Callable[[], None]:
        self.heard, self.told_confirmed = heard, confirmed
        return lambda: None

    def lose(self) -> None:
        """The connection to the bus breaks and is made again: what was on its way here is gone."""
        self._network.notes = [note for note in self._network.notes if note[0] is not self]
        self._network.asked = [asked for asked in self._network.asked if asked[0] is not self]
        self._network.asked += [(self, shard) for shard in sorted(self.shards)]
        self.confirmed.clear()


class Process:
    """The rooms of one process, joined to the others by its line."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.line = Line(network)
        self.exchange = self.connect()
        self.exchange.listen()

    def connect(self) -> Exchange:
        """What carries between rooms and line."""
        return Exchange(self.line, lambda room, told: None, lambda workspace_id, note: None)

    def open(self, workspace_id: UUID, name: str, make: Callable[[], Room]) -> Any:
        """A room for a new member, as `Rooms` opens it."""
        room = self.exchange.shards.open((workspace_id, name), make)
        if not room.members:
            self.exchange.opened(room)
        self.exchange.shards.touch(room)
        return room

    def kill(self) -> None:
        """It neither says nor hears anything any more; what it said is on its way."""
        self.network.lines.remove(self.line)


def tick(processes: Sequence[Process], time: Time, seconds: float, *, carried: bool) -> None:
    """Time passes, ten ticks a second; with `carried` the network does its work meanwhile."""
    for _ in range(round(seconds * 10)):
        time.now += 0.1
        for process in processes:
            process.exchange.tick(time.now)
        if carried:
            process.network.settle()
