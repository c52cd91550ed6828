"""Somebody on a line that breaks: a client of the live protocol that behaves as `web/shared` does.

It keeps what is not acknowledged over breaks and reloads, says it again by the same id, one message a room at
a time; resumes each room from its last event; drops what it has, asks again for a hole; pings a silent line
and leaves a dead one; waits longer after each failure, by chance; comes back to any process when it is told
`bye`. Its times are shorter than a browser's, so that a test need not last.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.fleet import Web

UNANSWERED_SECONDS, REFUSED_SECONDS = 14.0, 0.5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.3, 3.0
TICK_SECONDS = 0.1
LOST = (OSError, WebSocketException, TimeoutError)


class Patience(NamedTuple):
    """How many seconds a line may take to open, be silent, and leave a ping unanswered."""

    opening: float
    silence: float
    grace: float


HASTY = Patience(5.0, 3.0, 2.0)
PATIENT = Patience(60.0, 60.0, 60.0)
"""Of those who are cut by nobody: a slow machine is no reason to leave a line."""


class Event(NamedTuple):
    """A numbered event as this client was told it."""

    seq: int
    type: str
    client_id: str | None
    content: str | None


class Saying:
    """A message that is not acknowledged."""

    def __init__(self, message_id: str, room: str, content: str, kind: str) -> None:
        self.id = message_id
        self.room = room
        self.content = content
        self.kind = kind
        self.due_at = 0.0
        self.sent_at: float | None = None  # by this connection, since it was refused last
        self.is_refused = False


class Refusal(NamedTuple):
    """A `refused` that somebody got: from whom, when, and how long after they asked."""

    web: Web
    at: float
    waited: float
    frame: dict[str, Any]


class Person:
    """One client, with its memory and its outbox."""

    def __init__(
        self, name: str, token: str, webs: Sequence[Web], seed: int, patience: Patience = HASTY
    ) -> None:
        self.name = name
        self.token = token
        self.webs = webs
        self.patience = patience
        self.rooms: dict[str, list[Event]] = {}
        self.members: dict[str, set[str]] = {}
        self.outbox: list[Saying] = []
        self.acked: dict[str, tuple[str, int]] = {}
        self.said = 0
        self.rows: dict[str, int] = {}  # the newest row of each ticket of a list
        self.refusals: list[Refusal] = []
        self.faults: list[str] = []  # what the server must never do
        self.ends: Counter[int] = Counter()
        self.byes = 0
        self.socket: ClientConnection | None = None
        self.chance = random.Random(f"{seed} {name}")
        self._joins: Counter[str] = Counter()
        self.web = webs[0]
        self._attempt = 0
        self._bye_seconds = 0.0
        self._greeted = self._online = False
        self._reloads = False

    # what the person does

    def say(self, room: str, kind: str = "message") -> None:
        """Put one more message into the outbox."""
        self.said += 1
        message_id = f"{self.name}.{self.said}"
        self.outbox.append(Saying(message_id, room, f"{message_id} in {room[:6]}", kind))

    def enter(self, room: str) -> None:
        """Be in a room from now on."""
        if room not in self.rooms:
            self.rooms[room] = []
            if self._greeted:
                self._soon({"op": "join", "room": room, "since": 0})

    def cut(self) -> None:
        """The line breaks, and nobody says so."""
        if self.socket is not None:
            self.socket.transport.abort()

    def reload(self) -> None:
        """The page is loaded anew: only the outbox is still there."""
        self._reloads = True
        self.cut()

    def last(self, room: str) -> int:
        """The newest event here."""
        events = self.rooms[room]
        return events[-1].seq if events else 0

    # the line

    async def live(self) -> None:
        """Be connected to one process or another, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            while True:
                self.web = self.chance.choice(self.webs)
                await self._visit()
                await asyncio.sleep(self._wait())

    async def _visit(self) -> None:
        try:
            options: dict[str, Any] = {"compression": None, "ping_interval": None, "close_timeout": 0.5}
            socket = await connect(
                self.web.ws, open_timeout=self.patience.opening, max_queue=None, proxy=None, **options
            )
        except LOST:
            return
        self.socket = socket
        try:
            await self._converse(socket)
        except LOST:
            self.ends[socket.close_code or 1006] += 1
        finally:
            self.socket, self._greeted, self._online = None, False, False
            if self._reloads:
                self._forget()
            self._joins.clear()
            self.members.clear()
            for saying in self.outbox:
                saying.due_at, saying.sent_at = 0.0, None
            socket.transport.abort()

    def _forget(self) -> None:
        self._reloads = False
        self.rooms = {room: [] for room in self.rooms}
        self.rows.clear()

    def _wait(self) -> float:
        told, self._bye_seconds = self._bye_seconds, 0.0
        if told:
            return told + self.chance.random() * 0.2
        most = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0**self._attempt)
        self._attempt = min(self._attempt + 1, 10)
        return 0.05 + self.chance.random() * most

    async def _converse(self, socket: ClientConnection) -> None:
        self._greeted, resume = True, {room: self.last(room) for room in self.rooms}
        await self._send(socket, {"op": "hello", "v": 1, "token": self.token, "resume": resume})
        pinged = False
        while True:
            try:
                async with asyncio.timeout(self.patience.grace if pinged else self.patience.silence):
                    text = await socket.recv()
            except TimeoutError:
                if pinged:
                    raise
                pinged = True
                await self._send(socket, {"op": "ping"})
                continue
            pinged = False
            self._hear(json.loads(text))

    async def _tick(self) -> None:
        """Say what is due: the oldest message of each room."""
        while True:
            socket = self.socket
            if self._online and socket is not None:
                with contextlib.suppress(*LOST):
                    for saying in self._due():
                        frame = {"op": "send", "room": saying.room, "id": saying.id, "type": saying.kind}
                        await self._send(socket, {**frame, "content": saying.content})
            await asyncio.sleep(TICK_SECONDS)

    def _due(self) -> list[Saying]:
        now = time.monotonic()
        heads: dict[str, Saying] = {}
        for saying in self.outbox:
            heads.setdefault(saying.room, saying)
        due = [saying for saying in heads.values() if saying.due_at <= now]
        for saying in due:
            saying.due_at = now + UNANSWERED_SECONDS
            if saying.sent_at is None or saying.is_refused:
                saying.sent_at, saying.is_refused = now, False
        return due

    async def _send(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        async with asyncio.timeout(self.patience.opening):
            await socket.send(json.dumps(frame))

    def _soon(self, frame: dict[str, Any]) -> None:
        """Send without waiting; a line that breaks meanwhile is mended by the resume."""
        if (socket := self.socket) is not None:
            task = asyncio.ensure_future(self._send(socket, frame))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    # what is heard

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["op"]:
            case "welcome":
                self._online, self._attempt = True, 0
            case "bye":
                self.byes += 1
                self._bye_seconds = frame["retry_after_ms"] / 1000
            case "joined":
                self._joined(frame)
            case "event":
                self._event(frame)
            case "ack":
                self._acked(frame)
            case "refused":
                self._refused(frame)
            case "presence":
                self.members[frame["room"]] = set(map(_name, frame["members"]))
            case "ticket":
                ticket = frame["ticket"]
                self.rows[ticket["id"]] = max(ticket["seq"], self.rows.get(ticket["id"], 0))
            case _:
                pass

    def _joined(self, frame: dict[str, Any]) -> None:
        room = frame["room"]
        self.rooms.setdefault(room, [])
        self._joins[room] += 1
        self.members[room] = set(map(_name, frame["presence"]))
        if frame["seq"] < self.last(room):
            self.faults.append(f"{room} went back from {self.last(room)} to {frame['seq']}")

    def _event(self, frame: dict[str, Any]) -> None:
        room, seq, last = frame["room"], frame["seq"], self.last(frame["room"])
        if seq <= last:
            if self._joins[room] <= 1:
                self.faults.append(f"{room}: {seq} came again, after {last}")
            return
        if seq > last + 1:
            self.faults.append(f"{room}: {seq} came after {last}")
            self._soon({"op": "join", "room": room, "since": last})
            return
        data = frame.get("data") or {}
        self.rooms[room].append(Event(seq, frame["type"], data.get("client_id"), data.get("content")))

    def _acked(self, frame: dict[str, Any]) -> None:
        place = (frame["room"], frame["seq"])
        if self.acked.setdefault(frame["id"], place) != place:
            self.faults.append(f"{frame['id']} was acknowledged as {self.acked[frame['id']]} and {place}")
        found = next((saying for saying in self.outbox if saying.id == frame["id"]), None)
        if found is not None:
            self.outbox.remove(found)
            for saying in self.outbox:
                if saying.room == found.room:
                    saying.room = frame["room"]
        self.enter(frame["room"])

    def _refused(self, frame: dict[str, Any]) -> None:
        now = time.monotonic()
        found = next((saying for saying in self.outbox if saying.id == frame.get("id")), None)
        asked = found.sent_at if found is not None and found.sent_at is not None else now
        self.refusals.append(Refusal(self.web, now, now - asked, frame))
        if found is not None:
            found.due_at = now + frame.get("retry_after_ms", REFUSED_SECONDS * 1000) / 1000
            found.is_refused = True


def _name(member: dict[str, Any]) -> str:
    """An agent by name; the visitors have none."""
    name: str = member["name"]
    return name if member["type"] == "agent" else "visitor"
