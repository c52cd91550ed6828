"""The two pages of every story: an agent's console, and a customer site with the widget on it."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.acceptance.desk import EMAIL, PASSWORD, Desk

SECONDS = 60_000  # as milliseconds: what has not appeared by then never will; for every expect()


class Console:
    """A signed-in agent in front of the console."""

    def __init__(
        self, context: BrowserContext, desk: Desk, email: str = EMAIL, password: str = PASSWORD
    ) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(SECONDS)
        self.page.goto(f"{desk.url}/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.rows).to_be_attached()
        # A mark that a reload would wipe: the list must change without one.
        self.page.evaluate("window.neverReloaded = true")

    @property
    def rows(self) -> Locator:
        return self.page.get_by_role("region", name="Tickets")

    def sees(self, subject: str) -> None:
        """The subject is in the list, and the page is the one that was opened first."""
        expect(self.row(subject)).to_be_visible()
        assert self.page.evaluate("window.neverReloaded") is True

    def row(self, subject: str) -> Locator:
        return self.rows.locator(".row", has_text=subject).first

    def open(self, subject: str) -> None:
        self.row(subject).click()
        expect(self.timeline).to_be_visible()

    @property
    def timeline(self) -> Locator:
        return self.page.get_by_role("log", name="Timeline")

    @property
    def field(self) -> Locator:
        """Where the reply is written."""
        return self.page.get_by_role("textbox", name="Reply to")

    def reply(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Control+Enter")
        expect(self.timeline.get_by_text(text)).to_be_visible()


class Visitor:
    """Somebody on the demo page."""

    def __init__(self, context: BrowserContext, desk: Desk) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(SECONDS)
        self.page.goto(f"{desk.url}/demo/")

    def open_chat(self) -> None:
        self.page.get_by_role("button", name="Open chat").click()
        expect(self.field).to_be_visible()

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe[src*='/widget/']")

    @property
    def field(self) -> Locator:
        return self.frame.locator("textarea")

    @property
    def log(self) -> Locator:
        return self.frame.get_by_role("log")

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.log.get_by_text(text, exact=True)).to_be_visible()

    def said(self) -> list[str]:
        """Every balloon's text, from the top."""
        return [text.strip() for text in self.log.locator(".balloon").all_inner_texts()]
