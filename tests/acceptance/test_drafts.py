"""Two agents write one reply, in two browsers: together, apart, and both with a finger on Send."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx2
from playwright.sync_api import Browser, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import SECONDS, Console, Visitor
from tests.acceptance.test_mail_desk import before

BOB = {"name": "Bob", "email": "bob@desk.test", "password": "a password for Bob's stories"}
PASTE = """(kinds) => {
  const clipboardData = new DataTransfer();
  for (const [kind, text] of Object.entries(kinds)) clipboardData.setData(kind, text);
  const event = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
  document.activeElement.dispatchEvent(event);
}"""
# What a client does whenever it lacks something: it joins again, and is told so.
JOIN_AGAIN = """(room) => new Promise((joined) => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (payload) {
    WebSocket.prototype.send = send;
    this.addEventListener("message", ({data}) => {
      if (typeof data !== "string") return;
      const frame = JSON.parse(data);
      if (frame.op === "joined" && frame.room === room) joined();
    });
    send.call(this, payload);
    send.call(this, JSON.stringify({op: "join", room, since: 0}));
  };
  window.dispatchEvent(new Event("online"));
})"""
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
            expect(each.field).to_be_visible()
        yield desk, ticket.json()["id"], alice, bob


def console(browser: Browser, desk: Desk, *credentials: str) -> Console:
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    return Console(context, desk, *credentials)


def go_to_the_end(writer: Console, name: str, reader: Console) -> None:
    """The editor hears of a cursor's move a little after the key: what comes next must find it there."""
    writer.field.press("Control+End")
    reader.page.wait_for_function(AT_THE_END, arg=name)


def leave_the_line(*writers: Console) -> None:
    """Their networks go, and their pages know it: nothing that is written from now on leaves them."""
    for each in writers:
        each.page.context.set_offline(True)
    for each in writers:
        expect(each.page.get_by_text("Not connected")).to_be_visible()


def come_back(*writers: Console) -> None:
    for each in writers:
        each.page.context.set_offline(False)
    for each in writers:
        expect(each.page.get_by_text("Not connected")).to_be_hidden()


def write_until(writer: Console, is_shown: Callable[[], object]) -> None:
    """Go on writing: what is shown of it goes by, a few seconds after the last key."""
    ends = time.monotonic() + SECONDS / 1000
    while not is_shown():
        assert time.monotonic() < ends, "it was never shown"
        writer.field.press_sequentially("so ")


def somebody_is_there(desk: Desk) -> None:
    """Wait until a visitor who asks is told so."""
    inboxes = desk.sign_in().get("inboxes").json()["data"]
    chat = next(inbox["id"] for inbox in inboxes if inbox["channel"] == "chat")
    api = f"{desk.url}/api/v1/widget"
    token = httpx2.post(f"{api}/sessions", json={"inbox_id": chat}, timeout=60).json()["token"]
    ask = partial(httpx2.get, f"{api}/inbox", headers={"authorization": f"Bearer {token}"}, timeout=60)
    before(lambda: ask().json()["online"])


def replies(desk: Desk, ticket_id: str) -> list[str]:
    answer = desk.sign_in().get(f"tickets/{ticket_id}/interactions", params={"page[size]": "100"})
    return [said["content"] for said in answer.json()["data"] if said["author_type"] == "agent"]


def test_two_agents_write_one_reply_and_send_it_once() -> None:
    with two_agents() as (desk, ticket_id, alice, bob):
        alice.field.press_sequentially("Hello Carla,")
        expect(bob.field).to_have_text("Hello Carla,")
        expect(bob.page.locator(".co-caret")).to_have_attribute("data-name", "Admin")
        expect(bob.page.get_by_text("Admin is writing here too")).to_be_visible()

        bob.field.click()
        go_to_the_end(bob, "Bob", alice)
        bob.field.press("Enter")
        bob.field.press_sequentially("it is there.")
        expect(alice.field.locator("p")).to_have_text(["Hello Carla,", "it is there."])
        expect(alice.page.locator(".co-caret")).to_have_attribute("data-name", "Bob")

        # What Bob takes back is Bob's.
        bob.field.press("Control+z")
        expect(alice.field).not_to_contain_text("it is there.")
        expect(alice.field).to_contain_text("Hello Carla,")
        bob.field.press("Control+y")
        expect(alice.field).to_contain_text("it is there.")

        alice.page.reload()
        expect(alice.field.locator("p")).to_have_text(["Hello Carla,", "it is there."])

        go_to_the_end(alice, "Admin", bob)
        alice.page.evaluate(PASTE, {"text/plain": "\n\nYours", "text/html": "<h1>Yours</h1><ul><li>1</ul>"})
        alice.field.press("Control+Enter")
        for each in (alice, bob):
            expect(each.field).to_have_text("")
            expect(each.timeline.get_by_text("it is there.")).to_be_visible()
        assert replies(desk, ticket_id) == ["Hello Carla,\nit is there.\n\nYours"]


def test_an_agent_whose_page_joins_again_goes_on_seeing_what_the_other_writes() -> None:
    with two_agents() as (_, ticket_id, alice, bob):
        bob.field.press_sequentially("It is there.")
        expect(alice.field).to_have_text("It is there.")
        alice.page.evaluate(JOIN_AGAIN, f"ticket:{ticket_id}")
        bob.field.press_sequentially(" And in blue.")
        expect(alice.field).to_have_text("It is there. And in blue.")


def test_both_press_send_and_nothing_is_reborn() -> None:
    with two_agents() as (desk, ticket_id, alice, bob):
        alice.field.press_sequentially("It is there.")
        expect(bob.field).to_have_text("It is there.")
        leave_the_line(alice, bob)  # neither can have heard of the other
        for each in (alice, bob):
            each.field.press("Control+Enter")
            expect(each.field).to_have_text("")
        come_back(alice, bob)
        for each in (alice, bob):
            expect(each.field).to_have_text("")
            expect(each.timeline.locator(".said:not(.outgoing)", has_text="It is there.")).to_have_count(1)
            expect(each.timeline.locator(".outgoing")).to_have_count(0)

        bob.field.press_sequentially("And in blue.")
        expect(alice.field).to_have_text("And in blue.")
        alice.page.reload()
        expect(alice.field).to_have_text("And in blue.")
        bob.field.press("Control+Enter")
        expect(alice.timeline.get_by_text("And in blue.")).to_be_visible()
        assert replies(desk, ticket_id) == ["It is there.", "And in blue."]


def test_an_agent_without_network_goes_on_writing_and_merges() -> None:
    with two_agents() as (desk, ticket_id, alice, bob):
        alice.field.press_sequentially("Together.")
        expect(bob.field).to_have_text("Together.")
        leave_the_line(alice)
        alice.field.press("Control+End")
        alice.field.press("Enter")
        alice.field.press_sequentially("From the train.")
        bob.field.press("Control+End")
        bob.field.press("Enter")
        bob.field.press_sequentially("From the office.")
        expect(bob.field).not_to_contain_text("train")
        come_back(alice)
        for each in (alice, bob):
            for words in ("Together.", "From the train.", "From the office."):
                expect(each.field).to_contain_text(words)
        lines = alice.field.locator("p").all_inner_texts()
        assert [line.strip() for line in lines] == [
            line.strip() for line in bob.field.locator("p").all_inner_texts()
        ]

        leave_the_line(alice)
        alice.field.press("Control+End")
        alice.field.press("Enter")
        alice.field.press_sequentially("Left behind.")
        bob.field.press("Control+Enter")
        expect(bob.field).to_have_text("")
        come_back(alice)
        expect(alice.field).to_have_text("")
        offered = alice.page.get_by_role("region", name="Your words that were not in the message")
        expect(offered).to_contain_text("Left behind.")
        expect(offered).not_to_contain_text("train")
        offered.get_by_role("button", name="Insert").click()
        expect(bob.field).to_have_text("Left behind.")
        (sent,) = replies(desk, ticket_id)
        assert "Left behind." not in sent


def test_colleagues_at_a_ticket_show_in_the_list_and_to_the_visitor() -> None:
    with started() as desk, chromium() as browser:
        admin = desk.sign_in()
        assert admin.post("agents", json=BOB | {"roles": ["admin"]}).status_code == 201
        context = browser.new_context()
        context.clock.install()
        visitor = Visitor(context, desk)
        visitor.open_chat()
        expect(visitor.frame.get_by_text("Leave us a message")).to_be_visible()

        alice = console(browser, desk)
        somebody_is_there(desk)
        context.clock.fast_forward("01:30")
        expect(visitor.frame.get_by_text("We are online")).to_be_visible()
        visitor.write(SUBJECT)
        alice.sees(SUBJECT)
        bob = console(browser, desk, BOB["email"], BOB["password"])
        bob.open(SUBJECT)
        expect(visitor.frame.get_by_text("Bob is here")).to_be_visible()
        expect(alice.row(SUBJECT).get_by_text("Bob is looking at this ticket")).to_be_attached()
        write_until(bob, alice.row(SUBJECT).get_by_text("Bob is writing here").count)
        write_until(bob, visitor.frame.get_by_text("Bob is typing").is_visible)
        bob.page.close()
        expect(alice.row(SUBJECT).locator(".viewers")).to_have_count(0)
