"""An admin sets a policy with business hours in the browser, and it says why a clock stands where it does."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import Console
from tests.acceptance.test_mail_desk import before

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def add_calendar(page: Page) -> None:
    """Open day and night but for one minute, so that the clock runs whenever this test does."""
    page.get_by_role("button", name="New calendar").click()
    window = dialog(page)
    window.get_by_label("Name").first.fill("Nearly always")
    window.get_by_label("Time zone").fill("Europe/Vienna")
    window.get_by_label(WEEK[0]).fill("25:00")
    window.get_by_role("button", name="Create").click()
    expect(window.get_by_role("alert")).to_contain_text("Write hours like")
    for day in WEEK:
        window.get_by_label(day).fill("00:00-12:00, 12:00-24:00")
    window.get_by_label("Public holidays").select_option("AT")
    window.get_by_label("Public holidays").select_option("")
    window.get_by_role("button", name="Try it").click()
    expect(window.get_by_text("Eight open hours from now end on")).to_be_visible()
    window.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Europe/Vienna")).to_be_visible()


def add_reason(page: Page) -> None:
    page.get_by_role("button", name="New reason").click()
    dialog(page).get_by_label("Name").fill("Supplier")
    dialog(page).get_by_role("button", name="Create").click()
    expect(dialog(page)).to_be_hidden()


def add_policy(page: Page) -> None:
    page.get_by_role("link", name="New policy").click()
    page.get_by_label("Name").fill("Swift")
    resolution = page.get_by_role("group", name="Resolution")
    resolution.get_by_label("Resolution").check()
    resolution.get_by_label("Within").fill("2")
    resolution.get_by_label("Hours that count").select_option(label="Nearly always")
    resolution.get_by_label("While On hold").select_option("reasons")
    resolution.get_by_role("button", name="Add an escalation").click()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Resolution 2 × 24 hours")).to_be_visible()
    expect(page.get_by_text("Every ticket")).to_be_visible()


def opened(desk: Desk) -> None:
    admin = desk.sign_in()
    body = {
        "subject": "Where is my lamp?",
        "description": "It never came.",
        "customer": {"email": "carla@customer.test", "name": "Carla"},
    }
    assert admin.post("tickets", json=body).status_code == 201
    admin.close()


def test_a_policy_of_the_browser_runs_waits_for_its_reason_and_explains_itself() -> None:
    with started() as desk, chromium() as browser:
        console = Console(browser.new_context(), desk)
        page = console.page
        page.goto(f"{desk.url}/settings/sla")
        add_calendar(page)
        add_reason(page)
        add_policy(page)
        opened(desk)
        page.goto(f"{desk.url}/tickets")
        console.row("Where is my lamp?").click()
        details = page.get_by_role("complementary", name="Details")
        expect(details.get_by_text("Resolution")).to_be_visible()
        page.get_by_role("button", name="Status: New").click()
        page.get_by_role("option", name="On hold").click()
        page.get_by_role("button", name="Waits for: No reason given").click()
        page.get_by_role("option", name="Supplier").click()
        expect(details.get_by_text("paused")).to_be_visible()
        details.get_by_role("button", name="Resolution: show why").click()
        story = dialog(page)
        expect(story.get_by_text("On hold: Supplier")).to_be_visible()
        expect(story.get_by_text("Opening hours: Nearly always").first).to_be_visible()
        expect(story.get_by_text("The clock is paused.")).to_be_visible()
        page.keyboard.press("Escape")

        page.goto(f"{desk.url}/settings/sla")
        page.get_by_role("link", name="Swift").click()
        page.get_by_role("button", name="Try on past tickets").click()
        dialog(page).get_by_role("button", name="Start").click()
        expect(dialog(page).get_by_text("1 ticket was checked.")).to_be_visible()

        admin = desk.sign_in()
        before(lambda: "Swift" in admin.get("reports/sla-compliance?group_by=policy").text)
        page.goto(f"{desk.url}/reports?days=7&group_by=policy")
        expect(page.get_by_role("row", name="Swift Resolution 1").first).to_be_visible()
        desk.stop()
        assert "Traceback" not in desk.log.read_text()
