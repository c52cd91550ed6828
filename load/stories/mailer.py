"""A customer who writes mail, and an eye on the agents' list to see when it becomes a ticket."""

from __future__ import annotations

import secrets
import smtplib
from typing import Any

from locust import User, between, task

from load.stories import names
from load.stories.person import FAILURES, Person

TEXT = (
    "Hello,\r\n\r\nmy parcel was to come on Tuesday and it is Friday; could you look where it is, "
    "please?\r\n\r\nKind regards,\r\nSam\r\n"
)
SMTP_SECONDS = 30.0
TICKET_SECONDS = 30.0
AT_HOME_SECONDS = 60.0


class Mailer(Person, User):
    """One for eight visitors."""

    weight = 1
    wait_time = between(3, 12)

    def on_start(self) -> None:
        self.begin()
        self._expected: str | None = None
        self._is_there = False

    @task
    def write(self) -> None:
        """A mail, and its ticket."""
        if self.scene.mail is None:
            self.rest(AT_HOME_SECONDS)  # nobody takes mail: told at the beginning
            return
        try:
            if self.socket is None:
                self._watch()
            self._expected, self._is_there = secrets.token_hex(6), False
            with self.step("SMTP", names.MAIL_TAKEN):
                self._send(self._expected)
            self.scene.course.tell(names.MAILS)
            with self.step("SMTP", names.MAIL_TICKET):
                if not self._is_there:
                    self.line.until(lambda _: self._is_there, TICKET_SECONDS)
        except FAILURES:
            self.scene.course.tell(names.BROKEN_OFF)
            self.leave()

    def _watch(self) -> None:
        assert self.scene.mail is not None
        room = f"inbox:{self.scene.mail.inbox}"
        self.connect({"token": self.scene.access.token})
        self.line.ask(
            {"op": "join", "room": room, "since": 0},
            lambda frame: frame["op"] == "joined" and frame["room"] == room,
        )

    def _send(self, number: str) -> None:
        mail = self.scene.mail
        assert mail is not None
        message = (
            f"From: Sam Sender <sam.{number}@load.test>\r\nTo: <{mail.address}>\r\n"
            f"Subject: Where is parcel {number}? {self.scene.mark}\r\nMessage-ID: <{number}@load.test>\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}"
        )
        with smtplib.SMTP(mail.host, mail.port, timeout=SMTP_SECONDS) as smtp:
            smtp.sendmail(f"sam.{number}@load.test", [mail.address], message)

    def listed(self, ticket: dict[str, Any]) -> None:
        if self._expected is not None and self._expected in ticket["subject"]:
            self._is_there = True

    def on_stop(self) -> None:
        self.leave()
