"""`make load`: people at a desk, as Locust users: visitors chat, agents work a queue, customers write mail.

Against any Parley: `--host`, and for the agents an API token (`--token`) or a sign-in. One machine plays
everybody, so raise what Parley bounds for each address (PARLEY_RATE_WIDGET_SESSIONS_IP and the like): what it
refuses counts as a failure here. A run fails when too much fails, or an ack takes too long.
"""

from __future__ import annotations

import random
import secrets
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from locust import HttpUser, User, between, events, task

from load.people import sign_in
from load.room_client import Refused, RoomClient

ACK = "message, send to ack"
SAYINGS = (
    "Hello, is anybody there?",
    "My parcel was to come on Tuesday.",
    "The number is 4711, I think.",
    "Thank you, that helps!",
)


def _options(parser: Any) -> None:
    add = parser.add_argument
    add("--token", env_var="PARLEY_LOAD_TOKEN", default="", is_secret=True, help="an agent's API token")
    add("--email", env_var="PARLEY_ADMIN_EMAIL", default="admin@localhost", help="or whom to sign in")
    add("--password", env_var="PARLEY_ADMIN_PASSWORD", default="", is_secret=True, help="and how")
    add("--smtp", env_var="PARLEY_LOAD_SMTP", default="127.0.0.1:2525", help="where mail is taken")
    add("--mail-to", env_var="PARLEY_INBOX_ADDRESS", default="support@localhost", help="an inbox's address")
    add("--max-ack-ms", type=float, default=250.0, help="p99 of send to ack above which the run fails")
    add("--max-failures", type=float, default=0.01, help="share of failed requests above which it fails")


def _prepare(environment: Any, **_: object) -> None:
    """The agents' token, and the inbox that visitors write to, for every user of this process."""
    options = environment.parsed_options
    if environment.host is None:
        environment.host = "http://127.0.0.1:8000"
    with httpx2.Client(base_url=environment.host, timeout=30) as http:
        token = options.token or sign_in(http, options.email, options.password, "locust")[0]
        answer = http.get("/api/v1/inboxes", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    environment.token = token
    environment.inbox = next(inbox["id"] for inbox in answer.json()["data"] if inbox["channel"] == "chat")


def _judge(environment: Any, **_: object) -> None:
    """The thresholds: they decide the exit code."""
    options, stats = environment.parsed_options, environment.stats
    acks = stats.get(ACK, "WS")
    problems = []
    if stats.total.fail_ratio > options.max_failures:
        problems.append(f"{stats.total.fail_ratio:.1%} failed (bound {options.max_failures:.1%})")
    if acks.num_requests and (p99 := acks.get_response_time_percentile(0.99)) > options.max_ack_ms:
        problems.append(f"p99 of send to ack is {p99:.0f} ms (bound {options.max_ack_ms:.0f} ms)")
    if not stats.total.num_requests:
        problems.append("nothing happened")
    for problem in problems:
        print(f"load: {problem}")
    environment.process_exit_code = 1 if problems else 0


class _Person:
    """What all users share: a measured step, and their socket."""

    environment: Any
    socket: RoomClient | None = None

    @contextmanager
    def step(self, kind: str, name: str) -> Iterator[None]:
        """One measured action; a refusal is counted as a failure, and ends what the user was doing."""
        began, error = time.perf_counter(), None
        try:
            yield
        except (Refused, OSError, smtplib.SMTPException) as failed:
            error = failed
            raise
        finally:
            self.environment.events.request.fire(
                request_type=kind, name=name, response_time=(time.perf_counter() - began) * 1e3,
                response_length=0, exception=error, context={},
            )  # fmt: skip

    def open(self, token: str) -> RoomClient:
        with self.step("WS", "connect and hello"):
            self.socket = RoomClient(str(self.environment.host), token)
        return self.socket

    def say(self, room: str, text: str) -> str:
        """Type, then send."""
        assert self.socket is not None
        if room.startswith("ticket:"):
            self.socket.tell({"op": "typing", "room": room, "on": True})
            time.sleep(random.uniform(0.3, 1.5))
        with self.step("WS", ACK):
            return self.socket.say(room, secrets.token_hex(8), text)

    def leave(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class Visitor(_Person, HttpUser):
    """Opens the widget, waits, types, sends, reads for a while, sends again, leaves."""

    weight = 8
    wait_time = between(1, 5)

    @task
    def chat(self) -> None:
        inbox = self.environment.inbox
        with self.client.post(
            "/api/v1/widget/sessions", json={"inbox_id": inbox}, name="open the widget", catch_response=True
        ) as answer:
            if answer.status_code != 201:
                answer.failure(f"{answer.status_code}: {answer.text[:200]}")
                return
        try:
            self.open(answer.json()["token"])
            time.sleep(random.uniform(1, 4))
            room = self.say(f"inbox:{inbox}", SAYINGS[0])
            for text in SAYINGS[1 : random.randint(1, len(SAYINGS))]:
                time.sleep(random.uniform(2, 8))
                self.say(room, text)
        except (Refused, OSError):
            return  # counted where it happened
        finally:
            self.leave()


class Agent(_Person, HttpUser):
    """Watches the inbox, takes tickets as they come, answers, and sets them to pending."""

    weight = 2
    wait_time = between(0.5, 2)

    def on_start(self) -> None:
        self.client.headers["Authorization"] = f"Bearer {self.environment.token}"

    @task
    def work(self) -> None:
        try:
            if self.socket is None:
                self.open(self.environment.token).tell(
                    {"op": "join", "room": f"inbox:{self.environment.inbox}"}
                )
            self.client.get("/api/v1/tickets?status=new,open&sort=-updated_at", name="the queue")
            assert self.socket is not None
            rows = [frame["ticket"] for frame in self.socket.waiting() if frame["op"] == "ticket"]
            for ticket in random.sample(rows, min(2, len(rows))):
                self._answer(ticket)  # type: ignore[arg-type]
        except (Refused, OSError):
            self.leave()

    def _answer(self, ticket: dict[str, Any]) -> None:
        assert self.socket is not None
        room = f"ticket:{ticket['id']}"
        with self.step("WS", "join a ticket"):
            self.socket.tell({"op": "join", "room": room})
            self.socket.until("joined")
        self.say(room, "Thank you for waiting; I have found it and it comes tomorrow.")
        self.client.put(
            f"/api/v1/tickets/{ticket['id']}/status", json={"status": "pending"}, name="set the status"
        )
        self.socket.tell({"op": "leave", "room": room})

    def on_stop(self) -> None:
        self.leave()


class Mailer(_Person, User):
    """Writes a mail now and then."""

    weight = 1
    wait_time = between(2, 10)

    @task
    def write(self) -> None:
        options = self.environment.parsed_options
        host, _, port = options.smtp.rpartition(":")
        mail = (
            f"From: Customer <customer{random.randint(1, 500)}@load.test>\r\nTo: {options.mail_to}\r\n"
            f"Subject: Where is my parcel?\r\nMessage-ID: <{secrets.token_hex(12)}@load.test>\r\n\r\n"
            f"{' '.join(SAYINGS)}\r\n"
        )
        try:
            with self.step("SMTP", "a mail"), smtplib.SMTP(host, int(port), timeout=30) as smtp:
                smtp.sendmail("customer@load.test", [options.mail_to], mail)
        except (OSError, smtplib.SMTPException):
            return  # counted


LISTENERS: list[tuple[Any, Callable[..., None]]] = [
    (events.init_command_line_parser, _options),
    (events.test_start, _prepare),
    (events.quitting, _judge),
]
for hook, listener in LISTENERS:
    hook.add_listener(listener)
