"""An admin lets a mailbox be fetched, sees how it fares, and takes a parked mail in once more."""

from __future__ import annotations

import asyncio
import threading

import asyncpg
import pytest
from playwright.sync_api import Page, expect

from server.postgres.layout import SUPERUSER, Layout
from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import Console
from tests.channels.dovecot import PASSWORD, PROGRAM, Dovecot, running_dovecot
from tests.channels.office import mail

USER = "carlas-desk"


def park_all(desk: Desk) -> None:
    """As if the two mails had not been readable: a fault of ours that a newer version has not."""

    async def park() -> None:
        everything = await asyncpg.connect(Layout(desk.folder / "data").dsn(SUPERUSER))
        async with asyncio.timeout(60):
            done = "SELECT count(*) FROM raw_mails WHERE state = 'done'"
            while await everything.fetchval(done) < 2:  # noqa: ASYNC110 (it asks Postgres)
                await asyncio.sleep(0.05)
        await everything.execute("UPDATE raw_mails SET state = 'parked', error = 'It cannot be read yet'")
        await everything.close()

    thread = threading.Thread(target=lambda: asyncio.run(park()))  # the browser's driver has this one's loop
    thread.start()
    thread.join()


def mailbox_form(page: Page, dovecot: Dovecot, password: str) -> None:
    page.get_by_label("Server", exact=True).first.fill("127.0.0.1")
    page.get_by_label("Port", exact=True).first.fill(str(dovecot.port))
    page.get_by_label("Encryption", exact=True).first.select_option(label="None")
    page.get_by_label("User name", exact=True).first.fill(USER)
    page.get_by_label("Password", exact=True).first.fill(password)


@pytest.mark.skipif(PROGRAM is None, reason="dovecot is not here (Debian: dovecot-imapd)")
def test_a_mailbox_is_tried_fetched_watched_and_a_parked_mail_taken_in() -> None:
    with running_dovecot() as dovecot, started() as desk, chromium() as browser:
        dovecot.deliver(USER, mail(subject="The first lamp"))
        console = Console(browser.new_context(), desk)
        page = console.page
        page.goto(f"{desk.url}/settings/inboxes")
        page.get_by_role("link", name="support@localhost").click()
        page.get_by_label("Fetch from an IMAP mailbox").check()
        mailbox_form(page, dovecot, "not the password")
        steps = page.locator(".trial-steps li")
        page.get_by_role("button", name="Save and test").click()
        expect(steps.last).to_contain_text("Sign-in")
        for step, is_well in enumerate(["true", "true", "true", "false"]):
            expect(steps.nth(step)).to_have_attribute("data-ok", is_well)

        page.get_by_label("Password", exact=True).first.fill(PASSWORD)
        page.get_by_role("button", name="Save and test").click()
        expect(steps.last).to_contain_text("INBOX: 1 mails")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/settings/inboxes")
        page.get_by_role("link", name="Mail", exact=True).click()
        row = page.locator(".mailbox")
        expect(row).to_contain_text("1 mail fetched")
        expect(row).to_have_attribute("data-health", "good")

        dovecot.deliver(USER, mail(subject="The second lamp", message_id="<2@customer.test>"))
        expect(row).to_contain_text("2 mails fetched")
        park_all(desk)
        page.reload()
        parked = page.locator(".stuck")
        expect(parked).to_have_count(2)
        expect(parked.first).to_contain_text("Carla <carla@customer.test>")
        expect(parked.first).to_contain_text("It cannot be read yet")
        parked.first.get_by_role("button", name="Try again").click()
        expect(parked).to_have_count(1)
        page.goto(f"{desk.url}/")
        console.page.evaluate("window.neverReloaded = true")
        console.sees("The first lamp")
        console.sees("The second lamp")
        expect(page.locator(".row")).to_have_count(2)  # what was taken in before is not doubled
        desk.stop()
        assert "Traceback" not in desk.log.read_text()
