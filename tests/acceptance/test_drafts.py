"""Two agents write one reply, in two browsers: together, apart, and both with a finger on Send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import SECONDS, Console, Visitor

BOB = {"name": "Bob", "email": "bob@desk.test", "password": "a password for Bob's stories"}
PASTE = """(kinds) => {
  const clipboardData = new DataTransfer();
  for (const [kind, text] of Object.entries(kinds)) clipboardData.setData(kind, text);
  const event = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
  document.activeElement.dispatchEvent(event);
}"""
# The others see this person's cursor behind the last word.
AT_THE_END = """(name) => {
  const carets = [...document.querySelectorAll(".reply-field > p:last-child .co-caret")];
  const caret = carets.find(({dataset}) => dataset.name === name);
  if (!caret) return false;
  const rest = document.createRange();
  rest.setStartAfter(caret);
  rest.setEndAfter(caret.closest("p"));
  return rest.toString() === "";
}"""
SUBJECT = "Is the lamp there in green?"


@contextmanager
def two_agents() -> Iterator[tuple[Desk, str, Console, Console]]:
    """Admin and Bob, each in front of the same ticket; its id is the second."""
    with started() as desk, chromium() as browser:
        admin = desk.sign_in()
        made = admin.post("agents", json=BOB | {"roles": ["admin"]})
        assert made.status_code == 201, made.text
        customer = {"email": "carla@customer.test", "name": "Carla"}
        ticket = admin.post(
            "tickets", json={"subject": SUBJECT, "description": "Please.", "customer": customer}
        )
        assert ticket.status_code == 201, ticket.text
        alice = console(browser, desk)
        bob = console(browser, desk, BOB["email"], BOB["password"])
        for each in (alice, bob):
            each.open(SUBJECT)
            expect(each.field).to_be_visible(timeout=SECONDS)
        yield desk, ticket.json()["id"], alice, bob


def console(browser: Browser, desk: Desk, *credentials: str) -> Console:
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    return Console(context, desk, *credentials)


def go_to_the_end(writer: Console, name: str, reader: Console) -> None:
    """The editor hears of a cursor's move a little after the key: what comes next must find it there."""
    writer.field.press("Control+End")
    reader.page.wait_for_function(AT_THE_END, arg=name, timeout=SECONDS)


def replies(desk: Desk, ticket_id: str) -> list[str]:
    answer = desk.sign_in().get(f"tickets/{ticket_id}/interactions", params={"page[size]": "100"})
    return [said["content"] for said in answer.json()["data"] if said["author_type"] == "agent"]


@pytest.mark.timeout(180)
def test_two_agents_write_one_reply_and_send_it_once() -> None:
    with two_agents() as (desk, ticket_id, alice, bob):
        alice.field.press_sequentially("Hello Carla,")
        expect(bob.field).to_have_text("Hello Carla,", timeout=SECONDS)
        expect(bob.page.locator(".co-caret")).to_have_attribute("data-name", "Admin")
        expect(bob.page.get_by_text("Admin is writing here too")).to_be_visible()

        bob.field.click()
        go_to_the_end(bob, "Bob", alice)
        bob.field.press("Enter")
        bob.field.press_sequentially("it is there.")
        expect(alice.field.locator("p")).to_have_text(["Hello Carla,", "it is there."], timeout=SECONDS)
        expect(alice.page.locator(".co-caret")).to_have_attribute("data-name", "Bob")

        # What Bob takes back is Bob's.
        bob.field.press("Control+z")
        expect(alice.field).not_to_contain_text("it is there.", timeout=SECONDS)
        expect(alice.field).to_contain_text("Hello Carla,")
        bob.field.press("Control+y")
        expect(alice.field).to_contain_text("it is there.", timeout=SECONDS)

        alice.page.reload()
        expect(alice.field.locator("p")).to_have_text(["Hello Carla,", "it is there."], timeout=SECONDS)

        go_to_the_end(alice, "Admin", bob)
        alice.page.evaluate(PASTE, {"text/plain": "\n\nYours", "text/html": "<h1>Yours</h1><ul><li>1</ul>"})
        alice.field.press("Control+Enter")
        for each in (alice, bob):
            expect(each.field).to_have_text("", timeout=SECONDS)
            expect(each.timeline.get_by_text("it is there.")).to_be_visible(timeout=SECONDS)
        assert replies(desk, ticket_id) == ["Hello Carla,\nit is there.\n\nYours"]


@pytest.mark.timeout(180)
def test_both_press_send_and_nothing_is_reborn() -> None:
    with two_agents() as (desk, ticket_id, alice, bob):
        alice.field.press_sequentially("It is there.")
        expect(bob.field).to_have_text("It is there.", timeout=SECONDS)
        # Neither can have heard of the other.
        for each in (alice, bob):
            each.page.context.set_offline(True)
        for each in (alice, bob):
            each.field.press("Control+Enter")
            expect(each.field).to_have_text("", timeout=SECONDS)
        for each in (alice, bob):
            each.page.context.set_offline(False)
        for each in (alice, bob):
            expect(each.field).to_have_text("", timeout=SECONDS)
            expect(each.timeline.locator(".said:not(.outgoing)", has_text="It is there.")).to_have_count(
                1, timeout=SECONDS
            )
            expect(each.timeline.locator(".outgoing")).to_have_count(0, timeout=SECONDS)

        bob.field.press_sequentially("And in blue.")
        expect(alice.field).to_have_text("And in blue.", timeout=SECONDS)
        alice.page.reload()
        expect(alice.field).to_have_text("And in blue.", timeout=SECONDS)
        bob.field.press("Control+Enter")
        expect(alice.timeline.get_by_text("And in blue.")).to_be_visible(timeout=SECONDS)
        assert replies(desk, ticket_id) == ["It is there.", "And in blue."]


@pytest.mark.timeout(180)
def test_an_agent_without_network_goes_on_writing_and_merges() -> None:
    with two_agents() as (desk, ticket_id, alice, bob):
        alice.field.press_sequentially("Together.")
        expect(bob.field).to_have_text("Together.", timeout=SECONDS)
        away: BrowserContext = alice.page.context
        away.set_offline(True)
        expect(alice.page.get_by_text("Not connected")).to_be_visible(timeout=SECONDS)
        alice.field.press("Control+End")
        alice.field.press("Enter")
        alice.field.press_sequentially("From the train.")
        bob.field.press("Control+End")
        bob.field.press("Enter")
        bob.field.press_sequentially("From the office.")
        expect(bob.field).not_to_contain_text("train")
        away.set_offline(False)
        for each in (alice, bob):
            for words in ("Together.", "From the train.", "From the office."):
                expect(each.field).to_contain_text(words, timeout=2 * SECONDS)
        lines = alice.field.locator("p").all_inner_texts()
        assert [line.strip() for line in lines] == [
            line.strip() for line in bob.field.locator("p").all_inner_texts()
        ]

        away.set_offline(True)
        alice.field.press("Control+End")
        alice.field.press("Enter")
        alice.field.press_sequentially("Left behind.")
        bob.field.press("Control+Enter")
        expect(bob.field).to_have_text("", timeout=SECONDS)
        away.set_offline(False)
        expect(alice.field).to_have_text("", timeout=2 * SECONDS)
        offered = alice.page.get_by_role("region", name="Your words that were not in the message")
        expect(offered).to_contain_text("Left behind.", timeout=SECONDS)
        expect(offered).not_to_contain_text("train")
        offered.get_by_role("button", name="Insert").click()
        expect(bob.field).to_have_text("Left behind.", timeout=SECONDS)
        (sent,) = replies(desk, ticket_id)
        assert "Left behind." not in sent


@pytest.mark.timeout(180)
def test_colleagues_at_a_ticket_show_in_the_list_and_to_the_visitor() -> None:
    with started() as desk, chromium() as browser:
        admin = desk.sign_in()
        assert admin.post("agents", json=BOB | {"roles": ["admin"]}).status_code == 201
        context = browser.new_context()
        context.clock.install()
        visitor = Visitor(context, desk)
        visitor.open_chat()
        expect(visitor.frame.get_by_text("Leave us a message")).to_be_visible(timeout=SECONDS)

        alice = console(browser, desk)
        context.clock.fast_forward("01:30")
        expect(visitor.frame.get_by_text("We are online")).to_be_visible(timeout=SECONDS)
        visitor.write(SUBJECT)
        alice.sees(SUBJECT)
        bob = console(browser, desk, BOB["email"], BOB["password"])
        bob.open(SUBJECT)
        expect(visitor.frame.get_by_text("Bob is here")).to_be_visible(timeout=SECONDS)
        expect(alice.row(SUBJECT).get_by_text("Bob is looking at this ticket")).to_be_attached(
            timeout=SECONDS
        )
        bob.field.press_sequentially("It is")
        expect(alice.row(SUBJECT).get_by_text("Bob is writing here")).to_be_attached(timeout=SECONDS)
        expect(visitor.frame.get_by_text("Bob is typing")).to_be_visible(timeout=SECONDS)
        bob.page.close()
        expect(alice.row(SUBJECT).locator(".viewers")).to_have_count(0, timeout=SECONDS)
