"""The widget on a bad day: reloads, a lost network, a restarted desk. Nothing is lost, nothing is doubled."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import Console, Visitor

GREETING = "Hello! How can we help?"


def stored(desk: Desk) -> list[str]:
    """What the only ticket's timeline has, in order."""
    agent = desk.sign_in()
    (ticket,) = agent.get("tickets").json()["data"]
    answer = agent.get(f"tickets/{ticket['id']}/interactions", params={"page[size]": "100"})
    return [said["content"] for said in answer.json()["data"]]


def test_reload_and_network_loss_neither_lose_nor_double_a_message() -> None:
    with started() as desk, chromium() as browser:
        console = Console(browser.new_context(), desk)
        visitor = Visitor(browser.new_context(), desk)
        visitor.open_chat()
        visitor.write("one")
        visitor.sees("one")
        console.open("one")

        visitor.page.reload()
        visitor.open_chat()
        visitor.sees("one")
        visitor.write("two")
        visitor.sees("two")

        visitor.context.set_offline(True)
        visitor.write("three")
        visitor.write("four")
        console.reply("while you were away")
        visitor.context.set_offline(False)
        expect(console.timeline.get_by_text("four")).to_be_visible()
        visitor.sees("while you were away")

        visitor.page.reload()
        visitor.open_chat()
        visitor.sees("while you were away")
        visitor.sees("four")
        said = stored(desk)
        assert sorted(said) == sorted(["one", "two", "three", "four", "while you were away"])
        assert [text for text in said if not text.startswith("while")] == ["one", "two", "three", "four"]
        assert visitor.said() == [GREETING, *said]


def test_a_killed_desk_comes_back_and_the_widget_goes_on_by_itself() -> None:
    with started() as desk, chromium() as browser:
        visitor = Visitor(browser.new_context(), desk)
        visitor.open_chat()
        visitor.write("before")
        visitor.sees("before")
        console = Console(browser.new_context(), desk)
        console.open("before")

        desk.kill()
        visitor.write("meanwhile")
        desk.start()
        expect(console.timeline.get_by_text("meanwhile")).to_be_visible()
        visitor.write("after")
        expect(console.timeline.get_by_text("after")).to_be_visible()
        assert stored(desk) == ["before", "meanwhile", "after"]
        assert visitor.said() == [GREETING, "before", "meanwhile", "after"]
