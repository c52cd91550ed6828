"""An agent: signs in, watches the list, takes tickets from the queue, has a few at a time, answers whoever
waits, and resolves what has gone quiet. Touches only tickets of this run, by the mark in their subject."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from locust import HttpUser, between, task

from load.access import bearer
from load.stories import names
from load.stories.person import FAILURES, Person
from load.stories.room_client import Frame, Refused

ANSWERS = (
    "Thank you for waiting; I have found it, and it comes tomorrow.",
    "Of course, let me look. That is no problem at all, I have changed it for you.",
    "I see. It is on its way back to us, and you will have your money within three days.",
    "Yes, it is there in green, and in blue too. Shall I put one aside for you?",
)
MAX_AT_ONCE = 4
MAX_QUEUE = 500
QUIET_SECONDS = 25.0


class Held(msgspec.Struct):
    """A ticket that the agent has: what is unread in it, and since when it is quiet."""

    ticket_id: str
    unread: list[str] = []
    quiet_since: float = 0.0


class Agent(Person, HttpUser):  # type: ignore[misc]
    """Two for eight visitors."""

    weight = 2
    wait_time = between(0.2, 1.0)

    def on_start(self) -> None:
        self.begin()
        self._queue: dict[str, dict[str, Any]] = {}
        self._held: dict[str, Held] = {}
        self._me = ""

    @task
    def work(self) -> None:
        """The next thing to do: come to work, answer, take a ticket, or resolve one."""
        try:
            if self.socket is None:
                self._sit_down()
            elif (
                waiting := next((room for room, held in self._held.items() if held.unread), None)
            ) is not None:
                self._answer(waiting)
            elif len(self._held) < MAX_AT_ONCE and (ticket := self._first_in_queue()) is not None:
                self._take(ticket)
            elif (quiet := self._quiet()) is not None:
                self._resolve(quiet)
        except FAILURES:
            self.scene.course.tell(names.BROKEN_OFF)  # counted as a failure where it happened
            self.leave()

    # coming to work

    def _sit_down(self) -> None:
        options = self.environment.parsed_options
        if options.password:
            welcome = self.connect({}, self._sign_in(options.email, options.password))
        else:
            self.client.headers.update(bearer(self.scene.access.token))
            welcome = self.connect({"token": self.scene.access.token})
        self._me = str(welcome["me"]["id"])
        inbox = self.scene.access.chat
        self.line.ask(
            {"op": "join", "room": f"inbox:{inbox}", "since": 0},
            lambda frame: frame["op"] == "joined" and frame["room"] == f"inbox:{inbox}",
        )
        path = f"/api/v1/tickets?status=new,open&inbox_id={inbox}&sort=created_at"
        with self.client.get(path, name=names.QUEUE, catch_response=True) as answer:
            for ticket in self._checked(answer)["data"]:
                self.listed(ticket)

    def _sign_in(self, email: str, password: str) -> dict[str, str]:
        """As a browser does: a session's cookie, and the page's own Origin."""
        origin = self.scene.access.url
        body = {"email": email, "password": password}
        with self.client.post(
            "/api/v1/session", json=body, name=names.SIGN_IN, catch_response=True
        ) as answer:
            session = self._checked(answer)
        self.client.headers.update({"X-CSRF-Token": session["csrf_token"], "Origin": origin})
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies)
        return {"Cookie": cookies, "Origin": origin}

    def _checked(self, answer: Any) -> Any:
        if answer.status_code >= 300 or answer.status_code == 0:
            answer.failure(f"{answer.status_code}: {(answer.text or '')[:200]}")
            raise Refused(f"{answer.status_code}")
        return answer.json()

    # the queue

    def listed(self, ticket: dict[str, Any]) -> None:
        if self.scene.mark not in ticket["subject"]:
            return
        known = self._queue.get(ticket["id"])
        if known is not None and known["seq"] >= ticket["seq"]:
            return
        mine = ticket["assignee_id"] in (None, self._me)
        if mine and ticket["status"] in ("new", "open") and len(self._queue) < MAX_QUEUE:
            self._queue[ticket["id"]] = ticket
        else:
            self._queue.pop(ticket["id"], None)

    def _first_in_queue(self) -> dict[str, Any] | None:
        for ticket_id in list(self._queue):
            ticket = self._queue.pop(ticket_id)
            if ticket_id not in self.scene.held:
                return ticket
        return None

    def _take(self, ticket: dict[str, Any]) -> None:
        """Assign it to oneself, unless it has changed since it was seen, and go in."""
        ticket_id = str(ticket["id"])
        self.scene.held.add(ticket_id)
        room = f"ticket:{ticket_id}"
        self._held[room] = Held(ticket_id, quiet_since=time.monotonic())
        with self.client.put(
            f"/api/v1/tickets/{ticket_id}/assign", json={"agent_id": self._me}, name=names.TAKE,
            headers={"If-Match": f'"{ticket["seq"]}.0"'}, catch_response=True,
        ) as answer:  # fmt: skip
            if answer.status_code == 412:
                answer.success()
                self.scene.course.tell(names.OVERTAKEN)  # its newer row follows, or has come
                self._let_go(room)
                return
            self._checked(answer)
        self.scene.course.tell(names.TAKEN)
        self.join(room)

    # a ticket

    def noticed(self, event: Frame) -> None:
        held = self._held.get(event["room"])
        if held is None or event["type"] != "interaction_added":
            return
        held.quiet_since = time.monotonic()
        if event["actor"]["type"] == "customer":
            held.unread.append(str(event["data"].get("content", "")))
        else:
            held.unread.clear()  # somebody has answered, here or in another window

    def _answer(self, room: str) -> None:
        held = self._held[room]
        self.rest(self.tempo.reading(" ".join(held.unread)))
        self.read(room)
        held.unread.clear()
        self.say(room, self.tempo.one_of(ANSWERS))

    def _quiet(self) -> str | None:
        """A room where nobody has said anything for some time, or any room when the run is over."""
        limit = time.monotonic() - (0.0 if self.scene.is_over else QUIET_SECONDS / self.scene.pace)
        return next((room for room, held in self._held.items() if held.quiet_since <= limit), None)

    def _resolve(self, room: str) -> None:
        self.settle(room)
        path = f"/api/v1/tickets/{self._held[room].ticket_id}/status"
        with self.client.put(
            path, json={"status": "resolved"}, name=names.RESOLVE, catch_response=True
        ) as answer:
            self._checked(answer)
        self.scene.course.tell(names.RESOLVED)
        self.line.tell({"op": "leave", "room": room})
        self._let_go(room)

    def _let_go(self, room: str) -> None:
        held = self._held.pop(room)
        self.scene.held.discard(held.ticket_id)
        self.close_ledger(room)

    def leave(self) -> None:
        for room in list(self._held):
            self._let_go(room)
        super().leave()

    def on_stop(self) -> None:
        try:
            for room in list(self._held):
                self._resolve(room)
        except FAILURES:
            self.scene.course.tell(names.BROKEN_OFF)
        self.leave()
