"""What drives a contestant: members who connect and stay, and a flood of messages among them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from load.rooms.dialects import TEXT, Dialect, ignore
from load.rooms.serving import Server, Spent
from load.wire import Wire

AT_ONCE = 64  # connections that are being made at any time
WARM_UP_SECONDS = 0.4
LEAST_MESSAGES = 8  # in a sample, however long that takes
PAUSE_SECONDS = 0.05
STALLED_SECONDS = 30.0


class Stalled(Exception):
    """Messages were sent, and nothing came for long."""


class Member(NamedTuple):
    """Somebody who is in a room."""

    room: int
    wire: Wire


class Sample(NamedTuple):
    """What was delivered in a while, and what it cost."""

    delivered: int
    spent: Spent

    @property
    def per_server_second(self) -> float:
        """For each second of the server's processor."""
        return self.delivered / self.spent.server

    @property
    def per_second(self) -> float:
        """By the clock."""
        return self.delivered / self.spent.wall


async def enter(dialect: Dialect, port: int, places: Sequence[tuple[int, int]], first: int) -> list[Member]:
    """One member for each (room, place in it), numbered from `first` on, some at a time."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, room: int, place: int) -> Member:
        async with slots:
            return Member(room, await dialect.enter(port, room, number, place))

    try:
        async with asyncio.TaskGroup() as group:
            members = [
                group.create_task(one(first + n, room, place)) for n, (room, place) in enumerate(places)
            ]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None  # the others were only cancelled
    return [member.result() for member in members]


def cut(members: Sequence[Member]) -> None:
    """Hang up on behalf of everybody."""
    for member in members:
        member.wire.close()


class Flood:
    """Messages in rooms of one size, so many on their way at any time; counts what is delivered.

    With `senders` each of them says the next when it hears its own: messages overlap as they like. Without,
    all speak in turn, and the next is said when one was delivered to all of its room.
    """

    def __init__(
        self, dialect: Dialect, members: Sequence[Member], size: int, in_flight: int, senders: int = 0
    ) -> None:
        self._delivery = dialect.delivery
        self._frames = {room: dialect.say(room, TEXT) for room in {member.room for member in members}}
        self._members = members
        self._size = size
        self._next = 0
        self._least = LEAST_MESSAGES * size
        self._until = size if not senders else -1
        self._in_flight = in_flight
        self._senders: list[tuple[Wire, bytes]] = []
        self.deliveries = 0
        for member in members:
            member.wire.receive = self._receive
        for number in range(senders):
            member = members[(2 * number + 1) * len(members) // (2 * senders)]
            mark = f"<{number}>"
            frame = dialect.say(member.room, TEXT[: -len(mark)] + mark)
            self._senders.append((member.wire, frame))
            member.wire.receive = partial(self._receive_own, mark.encode(), member.wire, frame)

    def _receive(self, payload: bytes) -> None:
        if payload.startswith(self._delivery):
            self.deliveries += 1
            if self.deliveries == self._until:
                self._until += self._size
                self._send()

    def _receive_own(self, mark: bytes, wire: Wire, frame: bytes, payload: bytes) -> None:
        if payload.startswith(self._delivery):
            self.deliveries += 1
            if mark in payload:
                wire.send(frame)

    def _send(self) -> None:
        member = self._members[self._next]
        self._next = (self._next + 1) % len(self._members)
        member.wire.send(self._frames[member.room])

    async def run(self, server: Server, seconds: float, times: int) -> list[Sample]:
        """So many samples of so long each, in a row; raises Stalled when messages get lost."""
        if not self._senders:
            for _ in range(self._in_flight):
                self._send()
        for wire, frame in self._senders:
            for _ in range(self._in_flight // len(self._senders)):
                wire.send(frame)
        await asyncio.sleep(WARM_UP_SECONDS)
        samples = []
        for _ in range(times):
            count, then = self.deliveries, server.spent()
            await asyncio.sleep(seconds)
            while self.deliveries - count < self._least:  # some deliver by the thousand, after a while
                if server.spent().since(then).wall > STALLED_SECONDS:
                    raise Stalled(f"no more than {self.deliveries:,} deliveries came")
                await asyncio.sleep(PAUSE_SECONDS)
            samples.append(Sample(self.deliveries - count, server.spent().since(then)))
        await self._end()
        return samples

    async def _end(self) -> None:
        """Say no more, and let what is on its way arrive."""
        for member in self._members:
            member.wire.receive = ignore
        await asyncio.sleep(WARM_UP_SECONDS)
