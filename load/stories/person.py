"""What all users have: a socket that they listen to all the time, a tempo, and ledgers of what they heard.

Everything measured goes to Locust's statistics, under the names of `names.py`; what a desk must never do
(lose, double or disorder a message) is a failure there.
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import gevent
import requests

from load.stories.ledger import Ledger
from load.stories.names import ACK, CONNECT, JOIN, RESUME, SEEN, WELCOME
from load.stories.room_client import Frame, Refused, RoomClient
from load.stories.scene import Scene, client_id_of, sent_at, stamped
from load.stories.tempo import Tempo

TYPING_AGAIN_SECONDS = 3.0
SETTLE_SECONDS = 10.0
GLANCE_SECONDS = 0.25
FAILURES = (Refused, OSError, smtplib.SMTPException, requests.RequestException)


class Person:
    """A user's common part; mixed into Locust's User, which brings `environment`."""

    environment: Any

    def begin(self) -> None:
        """Get to know the scene; called once, when the user appears."""
        self.scene: Scene = self.environment.scene
        self.tempo = Tempo(Random(), self.scene.pace)
        self.socket: RoomClient | None = None
        self.ledgers: dict[str, Ledger] = {}
        self._joined_at: dict[str, int] = {}
        self._said: set[str] = set()

    # measuring

    def record(self, kind: str, name: str, milliseconds: float, error: Exception | None = None) -> None:
        """Tell Locust of something that took so long, or failed."""
        self.environment.events.request.fire(
            request_type=kind, name=name, response_time=milliseconds, response_length=0,
            exception=error, context={},
        )  # fmt: skip

    @contextmanager
    def step(self, kind: str, name: str) -> Iterator[None]:
        """One measured action. What fails is recorded, and raised again: it ends the story."""
        began = time.perf_counter()
        try:
            yield
        except FAILURES as failed:
            self.record(kind, name, (time.perf_counter() - began) * 1e3, failed)
            raise
        self.record(kind, name, (time.perf_counter() - began) * 1e3)

    # the socket

    def connect(self, hello: dict[str, object], headers: dict[str, str] | None = None) -> Frame:
        """Open a socket and say hello; returns the welcome."""
        with self.step("WS", CONNECT):
            self.socket = RoomClient(self.scene.access.url, self.hear, headers or {})
        with self.step("WS", WELCOME):
            return self.socket.ask({"op": "hello", "v": 1, **hello}, lambda frame: frame["op"] == "welcome")

    @property
    def line(self) -> RoomClient:
        """The open socket."""
        assert self.socket is not None
        return self.socket

    def leave(self) -> None:
        """Hang up; whatever is still owed is lost."""
        for room in list(self.ledgers):
            self.close_ledger(room)
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    # what is heard

    def hear(self, frame: Frame) -> None:
        """Every frame, as it comes; called by the reader, so nothing here may wait."""
        if frame["op"] == "joined" and str(frame["room"]).startswith("ticket:"):
            self.ledgers.setdefault(frame["room"], Ledger())
            self._joined_at[frame["room"]] = frame["seq"]
        elif frame["op"] == "event" and (ledger := self.ledgers.get(frame["room"])) is not None:
            said = frame["type"] == "interaction_added"
            client_id = client_id_of(str(frame["data"].get("content", ""))) if said else None
            for fault in ledger.hear(frame["seq"], client_id):
                self.record("LAW", fault, 0.0, Refused(f"an event was {fault}"))
            self._look_at_time(frame, client_id)
            self.noticed(frame)
        elif frame["op"] == "ticket":
            self.listed(frame["ticket"])

    def _look_at_time(self, frame: Frame, client_id: str | None) -> None:
        """Measure how soon somebody else's message is seen, unless it is history."""
        if client_id is None or client_id in self._said:
            return
        sent = sent_at(client_id)
        if sent is not None and frame["seq"] > self._joined_at.get(frame["room"], frame["seq"]):
            self.record("WS", SEEN, max(0.0, (time.time() - sent) * 1e3))

    def noticed(self, event: Frame) -> None:
        """An event of a ticket that one is in."""

    def listed(self, ticket: dict[str, Any]) -> None:
        """A row of a list that one watches."""

    # rooms

    def join(self, room: str) -> None:
        """Go into a ticket, and hear its whole history."""
        ledger = self.ledgers[room] = Ledger()
        with self.step("WS", JOIN):
            answer = self.line.ask(
                {"op": "join", "room": room, "since": 0},
                lambda frame: frame["op"] == "joined" and frame["room"] == room,
            )
            self._until(lambda: ledger.last >= answer["seq"])

    def resume(self, token: str) -> None:
        """Come back on a new socket with what one has of each room, and hear what is missing."""
        have = {room: ledger.since for room, ledger in self.ledgers.items()}
        self._joined_at.clear()
        with self.step("WS", RESUME):
            self.connect({"token": token, "resume": have})
            self._until(lambda: all(self._has_all(room) for room in have))

    def _has_all(self, room: str) -> bool:
        return room in self._joined_at and self.ledgers[room].last >= self._joined_at[room]

    def _until(self, true: Any) -> None:
        if not true():
            self.line.until(lambda _: bool(true()))

    # speaking

    def say(self, room: str, text: str) -> str:
        """Type for as long as it takes, then send; returns the ticket's room."""
        self._type(room, text)
        content, client_id = stamped(text)
        self._said.add(client_id)
        with self.step("WS", ACK):
            ack = self.line.ask(
                {"op": "send", "room": room, "id": client_id, "content": content},
                lambda frame: frame["op"] == "ack" and frame["id"] == client_id,
            )
        ledger = self.ledgers.setdefault(ack["room"], Ledger())
        ledger.acked(client_id, ack["seq"])
        return str(ack["room"])

    def _type(self, room: str, text: str) -> None:
        left = self.tempo.typing(text)
        while left > 0 and not self.scene.is_over:
            if room.startswith("ticket:"):
                self.line.tell({"op": "typing", "room": room, "on": True})
            self.rest(min(left, TYPING_AGAIN_SECONDS))
            left -= TYPING_AGAIN_SECONDS

    def read(self, room: str) -> None:
        """Tell how far one has read."""
        self.line.tell({"op": "read", "room": room, "seq": self.ledgers[room].last})

    def settle(self, room: str) -> None:
        """Wait a moment for what is owed; what does not come is lost."""
        ledger = self.ledgers.get(room)
        if ledger is not None and not ledger.complete:
            try:
                self.line.until(lambda _: ledger.complete, SETTLE_SECONDS)
            except Refused:
                self.close_ledger(room)

    def close_ledger(self, room: str) -> None:
        """This room is over: whatever it still owes is lost."""
        ledger = self.ledgers.pop(room, Ledger())
        for fault in ledger.settle():
            self.record("LAW", fault, 0.0, Refused("a message was acknowledged, or skipped, and never came"))
        self._joined_at.pop(room, None)

    # time

    def rest(self, seconds: float) -> None:
        """Do nothing for a while, or until the run ends."""
        until = time.monotonic() + seconds
        while not self.scene.is_over and (left := until - time.monotonic()) > 0:
            gevent.sleep(min(left, GLANCE_SECONDS))
