"""What happens is told: to agents by a bell, to other programs by signed posts, across a kill of the desk.

Seen to fail: a bell that shows an answer which was asked for before the socket told something newer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Page, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.held import hold, until
from tests.acceptance.pages import Console
from tests.acceptance.test_mail_desk import before
from tests.sink import Told

BOB = {
    "name": "Bob",
    "email": "bob@desk.test",
    "password": "a password for Bob's stories",
    "roles": ["admin"],
}
KILLED_SECONDS = 120.0  # a claim outlives its process by 25


class Endpoint(ThreadingHTTPServer):
    """A program of others: keeps what it is told, and while it is `stuck` answers nothing."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Posted)
        self.url = f"http://127.0.0.1:{self.server_port}/in"
        self.told: list[Told] = []
        self.stuck = threading.Event()

    def until(self, count: int, seconds: float = 60.0) -> list[Told]:
        """All that it was told, once that is so many."""
        ends = time.monotonic() + seconds
        while len(self.told) < count:
            assert time.monotonic() < ends, f"told {len(self.told)} times, not {count}"
            time.sleep(0.02)
        return list(self.told)


class Posted(BaseHTTPRequestHandler):
    """One request."""

    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(Told({name.lower(): value for name, value in self.headers.items()}, body))
        while self.server.stuck.is_set():
            time.sleep(0.05)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """A program of others, as long as it is asked."""
    with Endpoint() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.stuck.clear()
            server.shutdown()


def ticket(desk: Desk, subject: str) -> str:
    """A ticket that Bob opened for somebody."""
    body = {"subject": subject, "description": "Please.", "customer": {"email": "carla@customer.test"}}
    made = desk.sign_in(BOB["email"], BOB["password"]).post("tickets", json=body)  # type: ignore[arg-type]
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def bell(page: Page, unread: int) -> None:
    """What the bell says."""
    label = f"{unread} unread notification{'' if unread == 1 else 's'}" if unread else "Notifications"
    expect(page.locator(".bell")).to_have_attribute("aria-label", label)


def test_an_agent_hears_the_bell_and_follows_it_by_the_keyboard() -> None:
    with started() as desk, chromium() as browser:
        admin = desk.sign_in()
        assert admin.post("agents", json=BOB).status_code == 201
        me = admin.get("agents/me").json()["id"]
        subjects = ["Is it there in green?", "Where is my parcel?"]
        tickets = [ticket(desk, subject) for subject in subjects]
        bob = desk.sign_in(BOB["email"], BOB["password"])  # type: ignore[arg-type]
        context = browser.new_context(viewport={"width": 1360, "height": 860}, locale="en-GB")
        page, other = Console(context, desk).page, context.new_page()
        other.goto(desk.url)
        bell(page, 0)
        for count, one in enumerate(tickets, 1):
            assert bob.put(f"tickets/{one}/assign", json={"agent_id": me}).status_code == 200
            bell(page, count)
            bell(other, count)
        page.bring_to_front()
        page.locator("body").press("g")
        page.locator("body").press("n")
        rows = page.locator(".bell-row")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("Bob assigned it to you or your team")
        expect(rows.first).to_contain_text(subjects[1])
        rows.first.focus()
        page.keyboard.press("ArrowDown")
        expect(rows.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=subjects[0])).to_be_visible()
        expect(rows).to_have_count(0)
        bell(page, 1)
        bell(other, 1)
        page.locator(".bell").click()
        page.get_by_role("button", name="Mark all as read").click()
        bell(page, 0)
        bell(other, 0)
        page.keyboard.press("Escape")
        expect(page.locator(".bell-panel")).to_have_count(0)


def test_an_answer_that_was_under_way_does_not_undo_what_the_bell_was_told() -> None:
    with started() as desk, chromium() as browser:
        admin = desk.sign_in()
        assert admin.post("agents", json=BOB).status_code == 201
        me = admin.get("agents/me").json()["id"]
        one = ticket(desk, "Is it there in green?")
        page = Console(
            browser.new_context(viewport={"width": 1360, "height": 860}, locale="en-GB"), desk
        ).page
        bob = desk.sign_in(BOB["email"], BOB["password"])  # type: ignore[arg-type]
        held = hold(page, "**/api/v1/notifications?*")
        page.reload()
        until(page, lambda: len(held) == 2)  # at once, and when it was connected
        assert bob.put(f"tickets/{one}/assign", json={"agent_id": me}).status_code == 200
        until(page, lambda: len(held) == 3)
        assert [answer.json()["unread"] for _, answer in held] == [0, 0, 1]
        bell(page, 1)
        for route, answer in [held[2], *held[:2]]:
            route.fulfill(response=answer)
        page.unroute_all()
        bell(page, 1)
        page.locator(".bell").click()
        expect(page.locator(".bell-row")).to_have_count(1)
        bell(page, 1)


def test_a_webhook_is_set_up_tried_and_told_what_a_killed_desk_had_begun_to_say() -> None:
    own = {"PARLEY_WEBHOOK_PRIVATE": "127.0.0.0/8"}
    with endpoint() as program, started(own) as desk, chromium() as browser:
        admin = desk.sign_in()
        assert admin.post("agents", json=BOB).status_code == 201
        page = Console(
            browser.new_context(viewport={"width": 1360, "height": 860}, locale="en-GB"), desk
        ).page
        page.goto(f"{desk.url}/settings/webhooks")
        page.get_by_role("button", name="New webhook").click()
        page.get_by_label("Name").fill("Pager")
        page.get_by_label("Address").fill(program.url)
        page.get_by_label("Ticket opened").check()
        page.get_by_label("Message or note").check()
        page.get_by_role("button", name="Create").click()
        secret = page.locator(".copy code").inner_text()
        page.get_by_role("button", name="Done").click()
        page.get_by_text("Pager").click()
        page.get_by_role("button", name="Test").click()
        expect(page.get_by_text("It answered 204")).to_be_visible()
        assert secret not in page.content()

        program.stuck.set()
        ticket(desk, "Mine is a secret subject")
        begun = program.until(2)[1]
        desk.kill()
        program.stuck.clear()
        desk.start()
        ping, _, again, said = program.until(4, KILLED_SECONDS)
        assert [ping.body["type"], again.body["type"], said.body["type"]] == [
            "ping",
            "ticket_opened",
            "interaction_added",
        ]
        assert (again.id, again.raw) == (begun.id, begun.raw)
        assert all(told.is_signed_with(secret) for told in program.told)
        assert not any(b"secret subject" in told.raw for told in program.told)
        hook = admin.get("outgoing-webhooks").json()["data"][0]["id"]
        before(lambda: not admin.get(f"outgoing-webhooks/{hook}/deliveries?state=queued").json()["data"])
        page.reload()
        expect(page.get_by_text("Delivered 204")).to_have_count(2)
