"""An answer may be under way for longer than what is told meanwhile: neither undoes the other.

Seen to fail on the console as it was: who takes part was lost under the row that a frame had brought.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.held import hold, until
from tests.acceptance.pages import Console

SUBJECT = "Is the lamp there in green?"


def hear(page: Page) -> list[str]:
    """What this page's next connections are told, as it comes."""
    frames: list[str] = []

    def heard(frame: str | bytes) -> None:
        if isinstance(frame, str):
            frames.append(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", heard))
    return frames


def ticket_by_mail(desk: Desk) -> str:
    """A ticket of Carla's in the mail inbox, in which Dora takes part."""
    admin = desk.sign_in()
    [inbox] = admin.get("inboxes?channel=email").json()["data"]
    carla = {"email": "carla@customer.test"}
    body = {"subject": SUBJECT, "description": "Please.", "inbox_id": inbox["id"], "customer": carla}
    made = admin.post("tickets", json=body)
    assert made.status_code == 201, made.text
    ticket_id = str(made.json()["id"])
    people = admin.put(f"tickets/{ticket_id}/participants", json={"emails": ["dora@customer.test"]})
    assert people.status_code == 200, people.text
    return ticket_id


def test_a_ticket_keeps_what_was_told_and_who_takes_part_whichever_comes_first() -> None:
    with started() as desk, chromium() as browser:
        ticket_id = ticket_by_mail(desk)
        context = browser.new_context(viewport={"width": 1360, "height": 860}, locale="en-GB")
        console = Console(context, desk)
        page, frames = console.page, hear(console.page)
        page.reload()
        expect(console.row(SUBJECT)).to_be_visible()
        held = hold(page, f"**/api/v1/tickets/{ticket_id}")
        console.row(SUBJECT).click()
        until(page, lambda: bool(held) and any(is_joined(frame, ticket_id) for frame in frames))
        answer = desk.sign_in().put(f"tickets/{ticket_id}/status", json={"status": "pending"})
        assert answer.status_code == 200, answer.text
        until(page, lambda: any('"status_changed"' in frame for frame in frames))
        expect(page.get_by_role("button", name="Status: Pending")).to_be_visible()
        for route, older in held:
            route.fulfill(response=older)
        page.unroute_all()
        aside = page.get_by_role("complementary", name="Details")
        expect(aside.get_by_text("dora@customer.test")).to_be_visible()
        expect(page.get_by_role("button", name="Status: Pending")).to_be_visible()


def test_two_agents_add_somebody_each_to_a_ticket_and_neither_is_lost() -> None:
    with started() as desk, chromium() as browser:
        ticket_id = ticket_by_mail(desk)
        context = browser.new_context(viewport={"width": 1360, "height": 860}, locale="en-GB")
        console = Console(context, desk)
        console.open(SUBJECT)
        aside = console.page.get_by_role("complementary", name="Details")
        expect(aside.get_by_text("dora@customer.test")).to_be_visible()
        other, path = desk.sign_in(), f"tickets/{ticket_id}/participants"
        both = {"emails": ["dora@customer.test", "erin@customer.test"]}
        assert other.put(path, json=both).status_code == 200
        aside.get_by_role("button", name="Add somebody").click()
        aside.get_by_role("textbox", name="Their email").fill("frank@customer.test")
        aside.get_by_role("button", name="Add", exact=True).click()
        expect(aside.get_by_text("frank@customer.test")).to_be_visible()
        expect(aside.get_by_text("erin@customer.test")).to_be_visible()
        aside.get_by_role("button", name="Stop sending copies to erin@customer.test").click()
        expect(aside.get_by_text("erin@customer.test")).to_have_count(0)
        people = other.get(f"tickets/{ticket_id}").json()["participants"]
        assert {one["email"] for one in people} == {"dora@customer.test", "frank@customer.test"}


def is_joined(frame: str, ticket_id: str) -> bool:
    return '"op":"joined"' in frame and f'"ticket:{ticket_id}"' in frame
