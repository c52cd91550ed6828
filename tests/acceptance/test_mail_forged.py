"""Rows M2 and M9 in front of a person: a mail that claims to be from an agent is a stranger's, and marked."""

from __future__ import annotations

import smtplib

from playwright.sync_api import expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import EMAIL, started
from tests.acceptance.pages import Console
from tests.channels.office import mail


def test_a_mail_in_an_agents_name_is_marked_and_is_nobodys_answer() -> None:
    with started() as desk, chromium() as browser:
        console = Console(browser.new_context(), desk)

        def deliver(raw: bytes) -> None:
            with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as relay:
                relay.sendmail("mallory@evil.test", ["support@localhost"], raw)

        deliver(mail(to="support@localhost"))
        console.sees("Printer")
        forged = mail(
            "Send them the money.",
            sender=f"Admin <{EMAIL}>",
            subject="Re: Printer",
            to="support@localhost",
            message_id="<2@evil.test>",
            more="In-Reply-To: <1@customer.test>\r\nReferences: <1@customer.test>\r\n",
        )
        deliver(forged)
        console.sees("Re: Printer")
        console.row("Re: Printer").click()
        expect(console.timeline.get_by_text("Send them the money.")).to_be_visible()
        expect(console.timeline.get_by_text("Forged sender", exact=True)).to_be_visible()
        warning = console.timeline.get_by_role("note")
        expect(warning).to_contain_text(f"This mail was not sent by {EMAIL}.")
        agent = desk.sign_in()
        tickets = agent.get("tickets").json()["data"]
        assert len(tickets) == 2
        for ticket in tickets:
            [came] = agent.get(f"tickets/{ticket['id']}/mails").json()["data"]
            assert came["forged"] is (ticket["subject"] == "Re: Printer")
            [said] = agent.get(f"tickets/{ticket['id']}/interactions").json()["data"]
            assert said["author_type"] == "customer"
        desk.stop()
