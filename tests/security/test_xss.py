"""Row X1: some hundred hostile texts, through every door and onto every page, and none of them does anything.

Two walls are tried alone first: what the sanitiser lets through is put into a page without any policy, and
so is what becomes of Markdown. Then the running desk as a whole, where a violation of the page's own content
policy counts as a failure too: it would mean that only the last wall held.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from connectors.mail.sanitise import sanitise
from server.http.markdown import render
from tests.acceptance.browser import chromium
from tests.acceptance.desk import EMAIL, PASSWORD, Desk, started
from tests.security.hostile_site import HostileSite, hostile_site, with_widget
from tests.security.payloads import Payload, corpus
from tests.security.planted import Planted, plant
from tests.security.watched import Watch, numbers_in, watched

SHOW = """<!doctype html><meta charset=utf-8><body><div id=shown></div><script>
for (const html of %s) {
  const place = document.createElement("div");
  document.getElementById("shown").append(place);
  place.innerHTML = html;
}
document.currentScript.remove();
</script>"""


@pytest.fixture(scope="module")
def site() -> Iterator[HostileSite]:
    with hostile_site() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def payloads(site: HostileSite) -> list[Payload]:
    site.beacons.clear()
    return corpus(site.origin)


def shown(watch: Watch, site: HostileSite, texts: list[str]) -> None:
    """Put every text into a page without any policy, as it is, and look."""
    site.pages["/shown"] = SHOW % json.dumps(texts).replace("<", "\\u003c")
    page = watch.context.new_page()
    page.goto(f"{site.origin}/shown")
    page.wait_for_function("document.readyState === 'complete'")
    page.wait_for_timeout(500)  # what was planted to run late
    watch.look(page)


def test_the_corpus_bites_where_nothing_guards(
    browser: Browser, site: HostileSite, payloads: list[Payload]
) -> None:
    """Or else all that follows would prove nothing."""
    kept = [payload.text for payload in payloads if "refresh" not in payload.text]  # would leave the page
    with watched(browser, site) as watch:
        shown(watch, site, kept)
        assert len(set(watch.hits)) > 50
        assert len(set(site.beacons)) > 25
        assert len(watch.dangerous) > 300


@pytest.mark.parametrize("clean", [sanitise, render], ids=["mail", "markdown"])
def test_nothing_that_was_cleaned_runs(
    browser: Browser, site: HostileSite, payloads: list[Payload], clean: Callable[[str], str]
) -> None:
    with watched(browser, site) as watch:
        shown(watch, site, [clean(payload.text) for payload in payloads])
        assert watch.hits == []
        assert watch.dialogs == []
        # An agent's article may show a picture from elsewhere; the help page's policy stops the fetch.
        assert [found for found in watch.dangerous if clean is sanitise or "<img" not in found] == []
        if clean is sanitise:
            assert watch.verdict() == {}


@pytest.mark.timeout(900)
def test_nothing_that_was_planted_runs_on_any_page(
    browser: Browser, site: HostileSite, payloads: list[Payload]
) -> None:
    with started() as desk, watched(browser, site) as watch:
        admin = desk.sign_in()
        planted = plant(desk, admin, payloads)
        fitting = numbers_in(" ".join(payload.text for payload in payloads))
        page = watch.context.new_page()
        sign_in(page, desk)
        look_at_tickets(page, watch, desk, planted, fitting)
        look_at_the_rest_of_the_console(page, watch, desk, planted)
        look_at_public_pages(page, watch, desk, planted)
        look_at_widget(page, watch, desk, planted, fitting)
        # An agent's picture from elsewhere is in the help page, whose policy does not fetch it.
        (picture,) = (payload.number for payload in payloads if payload.text.startswith("![press](http"))
        assert watch.verdict(stopped_rightly=f"/beacon/{picture}") == {}


def sign_in(page: Page, desk: Desk) -> None:
    page.goto(desk.url)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("region", name="Tickets").wait_for()


def visit(page: Page, watch: Watch, address: str, settled: str = "main") -> None:
    """Open an address and look at it once it stands."""
    page.goto(address)
    page.locator(settled).first.wait_for()
    page.wait_for_load_state("networkidle")
    watch.look(page)


def look_at_tickets(page: Page, watch: Watch, desk: Desk, planted: Planted, fitting: set[int]) -> None:
    for door, ticket in planted.tickets.items():
        watch.shown.clear()
        visit(page, watch, f"{desk.url}/tickets/{ticket}", ".said")
        if door != "mail":
            assert fitting - watch.shown == set(), f"not shown as text: {door}"


def look_at_the_rest_of_the_console(page: Page, watch: Watch, desk: Desk, planted: Planted) -> None:
    for path in (
        "/",
        "/?view=all&q=hit",
        "/customers",
        f"/customers/{planted.customer}",
        "/articles",
        f"/articles/{planted.article}",
        "/reports?group_by=policy",
        "/reports?group_by=team",
        "/settings/agents",
        f"/settings/agents/{planted.agent}",
        "/settings/teams",
        "/settings/inboxes",
        f"/settings/inboxes/{planted.inbox}",
        "/settings/sla",
        "/settings/tags",
        "/settings/workspace",
    ):
        visit(page, watch, desk.url + path)


def look_at_public_pages(page: Page, watch: Watch, desk: Desk, planted: Planted) -> None:
    visit(page, watch, f"{desk.url}/help/")
    visit(page, watch, f"{desk.url}/help/?q=%22%3E%3Cimg+src=x+onerror=hit(0)%3E")
    visit(page, watch, f"{desk.url}/help/?q=press")
    page.get_by_role("link").nth(1).click()
    page.locator("article").wait_for()
    watch.look(page)
    visit(page, watch, f"{desk.url}/docs")
    page.goto(f"{desk.url}/%3Cscript%3Ehit(0)%3C/script%3E")
    watch.look(page)


def look_at_widget(page: Page, watch: Watch, desk: Desk, planted: Planted, fitting: set[int]) -> None:
    """The visitor comes back, on a customer's site: the conversation, from both sides."""
    watch.shown.clear()
    watch.site.pages["/shop"] = with_widget(desk, planted.inbox, planted.visitor["identity"])
    page.goto(f"{watch.site.origin}/shop")
    page.frame_locator("iframe").locator(".balloon").nth(2).wait_for()
    (frame,) = (frame for frame in page.frames if frame.url.startswith(desk.url))
    watch.look_into(frame)
    assert fitting - watch.shown == set(), "not shown as text in the widget"
