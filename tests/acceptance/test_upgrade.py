"""A console stays open while its desk is upgraded: it says so, and offers the new one.

The new build is the old one under other names: pages that start another entry, and no more of the parts
that are fetched when they are first needed. (Seen to fail on the console as it was, which said nothing and
left a hole where one writes.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import SECONDS, Console

SUBJECT = "Is the lamp there in green?"
UPDATED = "Parley has been updated"
PARTS = re.compile(r"/console/assets/view-[^/]+\.js$")


@contextmanager
def waiting_ticket() -> Iterator[tuple[Desk, Browser]]:
    with started() as desk, chromium() as browser:
        file_ticket(desk, SUBJECT)
        yield desk, browser


def file_ticket(desk: Desk, subject: str) -> None:
    customer = {"email": "carla@customer.test", "name": "Carla"}
    body = {"subject": subject, "description": "Please.", "customer": customer}
    assert desk.sign_in().post("tickets", json=body).status_code == 201


def upgrade(page: Page, url: str) -> None:
    """From now on this page finds a newer build at the desk."""

    def renamed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("/assets/index-", "/assets/index-new-"))

    page.route(f"{url}/", renamed)
    page.route(PARTS, lambda route: route.fulfill(status=404, body="Not Found"))


def test_a_console_that_was_open_over_an_upgrade_offers_the_new_one() -> None:
    with waiting_ticket() as (desk, browser):
        writer = Console(browser.new_context(), desk)
        writer.open(SUBJECT)
        writer.field.fill("It is, and in blue.")
        older = Console(browser.new_context(), desk)
        page = older.page
        older.sees(SUBJECT)
        # What comes after that shows that both are connected: only a connection that breaks asks.
        file_ticket(desk, "And the other one?")
        for console in (older, writer):
            console.sees("And the other one?")
        upgrade(page, desk.url)
        # For the writer's page it is a restart of the same build, which is asked for all the same.
        with writer.page.expect_response(f"{desk.url}/", timeout=4 * SECONDS):
            desk.stop()
            desk.start()
        expect(page.locator(".notices").get_by_text(UPDATED)).to_be_visible(timeout=2 * SECONDS)

        older.open(SUBJECT)
        composer = page.get_by_role("region", name="Write")
        expect(composer.get_by_text(UPDATED)).to_be_visible()

        page.unroute_all(behavior="wait")
        composer.get_by_role("button", name="Reload").click()
        expect(older.field).to_have_text("It is, and in blue.")
        for each in (page, writer.page):
            expect(each.get_by_text(UPDATED)).to_have_count(0)
