"""A visitor: opens the widget, looks round, asks, waits for an answer, reads it, asks more, leaves, and
sometimes comes back to see what was said meanwhile."""

from __future__ import annotations

import math

from gevent import GreenletExit
from locust import HttpUser, between, task

from load.stories import names
from load.stories.person import FAILURES, GLANCE_SECONDS, Person
from load.stories.room_client import Frame, Silent

OPENINGS = (
    "Hello, is anybody there? My parcel was to come on Tuesday.",
    "Hi! Do you have the oak table in a smaller size?",
    "My discount code does not work, could you look at it?",
    "I would like to send the lamp back, how does that go?",
)
QUESTIONS = (
    "The number is 4711, I think.",
    "Does that cost anything?",
    "And how long does it take, roughly? I am away from Thursday on.",
    "Could you send that by mail as well, please?",
    "Sorry, I meant the green one.",
)
THANKS = ("Thank you, that helps!", "Great, thanks a lot.", "All right, then I know. Thank you!")
LOOK_ROUND_SECONDS = 4.0
PATIENCE_SECONDS = 90.0
AWAY_SECONDS = 8.0
COMES_BACK = 0.3
MAX_PUT_OFF_SECONDS = 60.0


class Visitor(Person, HttpUser):  # type: ignore[misc]
    """Most of those who are at a desk."""

    weight = 8
    wait_time = between(1, 5)

    def on_start(self) -> None:
        self.begin()
        self._token = ""
        self._unread: list[str] = []

    @task
    def converse(self) -> None:
        """One visit, from the first look to the last."""
        self._token, self._unread = "", []
        self.ledgers.clear()
        self._said.clear()
        try:
            if self._open_widget() and not self.scene.is_over:
                self._talk()
        except FAILURES:
            self.scene.course.tell(names.BROKEN_OFF)  # counted as a failure where it happened
        except GreenletExit:
            self.ledgers.clear()  # the run was cut off in the middle of a sentence: nothing is owed
            raise
        finally:
            self.leave()

    def _open_widget(self) -> bool:
        """Begin a visit, or go on with one; False when the desk lets no more begin for now."""
        body = {"inbox_id": self.scene.access.chat} | ({"token": self._token} if self._token else {})
        path = "/api/v1/widget/sessions"
        with self.client.post(path, json=body, name=names.OPEN_WIDGET, catch_response=True) as answer:
            if answer.status_code == 429:  # a rate for one address, which plays everybody here
                answer.success()
                self.scene.course.tell(names.PUT_OFF)
            elif answer.status_code != 201:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
        if answer.status_code == 429:
            self.rest(min(float(answer.headers.get("Retry-After") or 10), MAX_PUT_OFF_SECONDS))
        if answer.status_code == 201:
            self._token = answer.json()["token"]
        return bool(answer.status_code == 201)

    def _talk(self) -> None:
        self.connect({"token": self._token})
        self.rest(self.tempo.thinking(LOOK_ROUND_SECONDS))
        self.scene.course.tell(names.CONVERSATIONS)
        opening = f"{self.tempo.one_of(OPENINGS)[:60]} {self.scene.mark}"
        room = self.say(f"inbox:{self.scene.access.chat}", opening)
        lines = [
            *(self.tempo.one_of(QUESTIONS) for _ in range(self.tempo.count(0, 3))),
            self.tempo.one_of(THANKS),
        ]
        for line in lines:
            if not self._is_answered(room):
                break
            self.say(room, line)
        self.settle(room)
        if self.tempo.inclined(COMES_BACK) and not self.scene.is_over:
            self._come_back(room)

    def _is_answered(self, room: str) -> bool:
        """Wait for an agent to write, and read it; False when patience, or the run, has ended."""
        patience = self.tempo.patience(PATIENCE_SECONDS)
        for _ in range(math.ceil(patience / GLANCE_SECONDS)):
            if self._unread or self.scene.is_over:
                break
            try:
                self.line.until(lambda _: bool(self._unread), GLANCE_SECONDS)
            except Silent:
                continue
        if not self._unread:
            if not self.scene.is_over:
                self.scene.course.tell(names.UNANSWERED)
            return False
        answers, self._unread = self._unread, []
        self.scene.course.tell(names.ANSWERED)
        self.rest(self.tempo.reading(" ".join(answers)))
        self.read(room)
        return not self.scene.is_over

    def _come_back(self, room: str) -> None:
        """Close the page, and open it again after a while: nothing may be missing then, or be there twice."""
        assert self.socket is not None
        self.socket.close()
        self.socket = None
        self.rest(self.tempo.thinking(AWAY_SECONDS))
        if not self._open_widget():
            return
        self.resume(self._token)
        self.scene.course.tell(names.CAME_BACK)
        self.rest(self.tempo.reading(" ".join(self._unread)))
        self.read(room)
        self.settle(room)

    def noticed(self, event: Frame) -> None:
        if event["type"] == "interaction_added" and event["actor"]["type"] == "agent":
            self._unread.append(str(event["data"].get("content", "")))
