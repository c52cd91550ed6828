"""An admin connects a mailbox at its provider: there, and back with what the provider has said."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Page, Route, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import started
from tests.acceptance.pages import Console


class Provider:
    """A provider's consent page, in the browser's way: sends back at once, with what it is told to say."""

    def __init__(self, page: Page) -> None:
        self.asked: list[dict[str, str]] = []
        self.says: dict[str, str] = {}
        page.route("https://provider.invalid/**", self._answer)

    def _answer(self, route: Route) -> None:
        asked = {name: value for name, [value] in parse_qs(urlsplit(route.request.url).query).items()}
        self.asked.append(asked)
        back = f"{asked['redirect_uri']}?{urlencode({**self.says, 'state': asked['state']})}"
        route.fulfill(content_type="text/html", body=f'<a href="{back.replace("&", "&amp;")}">Allow</a>')


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).select_option(label=option)


def test_a_mailbox_is_connected_at_its_provider_and_what_goes_wrong_is_said() -> None:
    with started() as desk, chromium() as browser:
        page = Console(browser.new_context(), desk).page
        provider = Provider(page)
        page.goto(f"{desk.url}/settings/inboxes")
        page.get_by_role("link", name="support@localhost").click()
        expect(page.get_by_text("The desk has no relay of its own")).to_be_visible()
        page.get_by_label("Fetch from an IMAP mailbox").check()
        page.get_by_label("Server", exact=True).fill("imap.provider.invalid")
        page.get_by_label("User name", exact=True).fill("us@provider.invalid")
        choose(page, "Sign-in", "Token (OAuth 2)")
        choose(page, "Provider", "Other")
        page.get_by_label("Token address").fill("https://provider.invalid/token")
        page.get_by_label("Consent address").fill("https://provider.invalid/authorize")
        page.get_by_label("Client ID").fill("desk")
        returns_to = f"{desk.url}/settings/consent"
        expect(page.get_by_text(returns_to)).to_be_visible()

        provider.says = {"error": "access_denied", "error_description": "Not today"}
        page.get_by_role("button", name="Connect").click()
        page.get_by_role("link", name="Allow").click()
        expect(page.get_by_text("The provider refused: Not today")).to_be_visible()
        assert page.url == returns_to  # what came with it is gone from the address
        page.reload()
        expect(page.get_by_text("Nothing came back from the provider")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="Inboxes").click()

        provider.says = {"code": "c0de"}
        page.get_by_role("link", name="support@localhost").click()
        page.get_by_role("button", name="Connect").click()
        page.get_by_role("link", name="Allow").click()
        expect(page.get_by_text(re.compile("No consent: the token server gives no token"))).to_be_visible()
        assert page.url == returns_to
        first, second = provider.asked
        assert (first["client_id"], first["login_hint"]) == ("desk", "us@provider.invalid")
        assert first["redirect_uri"] == returns_to
        assert first["state"] != second["state"]
        assert first["code_challenge"] != second["code_challenge"]
