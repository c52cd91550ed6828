"""Chat in rooms of two, a visitor and an agent: how many durable messages a second, how soon they are seen.

Messages are numbered over the whole run; the number is the client id and begins the text, so that an ack and
the other member's `event` are matched by slicing, without decoding JSON in the measuring process.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Sequence
from functools import partial

import msgspec

from load.wire import Wire, connect, encode

DIGITS = 9
TEXT = " The parcel was to come on Tuesday and it is Friday; could you look where it is, please? " * 2
STEP_SECONDS = 30.0
PACE_SECONDS = 0.001
_ACK = b'{"op":"ack","id":"'
_EVENT = b'{"op":"event"'
_CONTENT = b'"content":"'
_REFUSED = b'{"op":"refused"'


class Unexpected(Exception):
    """The server answered with something that ends the measurement."""


class Pair(msgspec.Struct, frozen=True):
    """A ticket's room with its two members."""

    room: str
    visitor: Wire
    agent: Wire


class Desk(msgspec.Struct, frozen=True):
    """Where to chat, and with which credentials: one token a visitor, one an agent."""

    host: str
    port: int
    inbox: str
    visitors: list[str]
    agents: list[str]
    secure: bool = False


class Story:
    """Frames that one socket gets before the measurement, waited for by their `op`."""

    def __init__(self) -> None:
        self.wire: Wire | None = None
        self._frames: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    def receive(self, payload: bytes) -> None:
        self._frames.put_nowait(msgspec.json.decode(payload))

    async def until(self, op: str) -> dict[str, object]:
        """The next frame of this kind; raises Unexpected for a refusal."""
        async with asyncio.timeout(STEP_SECONDS):
            while True:
                frame = await self._frames.get()
                if frame["op"] == op:
                    return frame
                if frame["op"] == "refused":
                    raise Unexpected(str(frame))

    async def joined(self) -> None:
        """In a room, with everything heard that was said there before."""
        newest = (await self.until("joined"))["seq"]
        while newest and (await self.until("event"))["seq"] != newest:
            pass


async def enter(desk: Desk, token: str) -> Story:
    """A socket that has said hello."""
    story = Story()
    story.wire = await connect(desk.host, desk.port, story.receive, secure=desk.secure)
    story.wire.send(encode({"op": "hello", "v": 1, "token": token}))
    await story.until("welcome")
    return story


async def open_pairs(desk: Desk, at_once: int = 32) -> list[Pair]:
    """Every visitor opens a ticket, and the agents share the rooms among them."""
    agents = [await enter(desk, token) for token in desk.agents]
    slots = asyncio.Semaphore(at_once)
    turn = [asyncio.Lock() for _ in agents]

    async def pair(number: int, token: str) -> Pair:
        async with slots:
            visitor = await enter(desk, token)
            assert visitor.wire is not None
            opening = {"op": "send", "room": f"inbox:{desk.inbox}", "id": "first", "content": "Hello?"}
            visitor.wire.send(encode(opening))
            room = str((await visitor.until("ack"))["room"])
            await visitor.joined()
            agent = agents[number % len(agents)]
            assert agent.wire is not None
            async with turn[number % len(agents)]:
                agent.wire.send(encode({"op": "join", "room": room}))
                await agent.joined()
            return Pair(room, visitor.wire, agent.wire)

    return list(await asyncio.gather(*(pair(number, token) for number, token in enumerate(desk.visitors))))


class Run:
    """One measurement: `count` messages, numbered from `first`, from every visitor, then every agent."""

    def __init__(self, pairs: Sequence[Pair], first: int, count: int) -> None:
        self._first = first
        self._count = count
        self._next = 0
        self._window = False
        self._senders = [pair.visitor for pair in pairs] + [pair.agent for pair in pairs]
        self._half = len(pairs)
        rooms = [pair.room for pair in pairs] * 2
        self._frames = [
            encode({"op": "send", "room": rooms[n % len(rooms)], "id": f"{first + n:0{DIGITS}}",
                    "content": f"{first + n:0{DIGITS}}{TEXT}"})
            for n in range(count)
        ]  # fmt: skip
        self.sent_at = array("d", bytes(8 * count))
        self.acked_at = array("d", bytes(8 * count))
        self.seen_at = array("d", bytes(8 * count))
        self._acks = self._events = 0
        self._done = asyncio.Event()
        for pair in pairs:
            pair.visitor.receive = partial(self._receive, False)
            pair.agent.receive = partial(self._receive, True)

    def _receive(self, is_agent: bool, payload: bytes) -> None:
        if payload.startswith(_ACK):
            now = time.perf_counter()
            number = int(payload[len(_ACK) : len(_ACK) + DIGITS]) - self._first
            self.acked_at[number] = now
            self._acks += 1
            if self._window and self._next < self._count:
                self._send(now)
        elif payload.startswith(_EVENT):
            at = payload.find(_CONTENT)
            if at < 0:
                return
            number = int(payload[at + len(_CONTENT) : at + len(_CONTENT) + DIGITS]) - self._first
            if is_agent == (number % len(self._senders) < self._half):
                self.seen_at[number] = time.perf_counter()
                self._events += 1
        elif payload.startswith(_REFUSED):
            raise Unexpected(payload.decode())
        if self._acks == self._events == self._count:
            self._done.set()

    def _send(self, at: float) -> None:
        number = self._next
        self._next += 1
        self.sent_at[number] = at
        self._senders[number % len(self._senders)].send(self._frames[number])

    async def saturate(self, in_flight: int) -> float:
        """Messages acknowledged a second with `in_flight` unanswered at any time, its ends left out."""
        self._window = True
        for _ in range(min(in_flight, self._count)):
            self._send(time.perf_counter())
        await self._finish()
        acks = sorted(self.acked_at)
        skip = len(acks) // 10
        return (len(acks) - 2 * skip - 1) / (acks[-skip - 1] - acks[skip])

    async def pace(self, rate: float) -> list[float]:
        """Seconds from when each message was due to be sent to when the other member saw it, ascending."""
        start = time.perf_counter()
        while self._next < self._count:
            due = int((time.perf_counter() - start) * rate) + 1
            while self._next < min(due, self._count):
                self._send(start + self._next / rate)
            await asyncio.sleep(PACE_SECONDS)
        await self._finish()
        return sorted(seen - sent for seen, sent in zip(self.seen_at, self.sent_at, strict=True))

    async def _finish(self) -> None:
        try:
            await asyncio.wait_for(self._done.wait(), STEP_SECONDS)
        except TimeoutError:
            raise Unexpected(
                f"of {self._count} messages {self._acks} were acknowledged and {self._events} seen"
            ) from None
