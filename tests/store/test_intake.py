"""What becomes of mails beside their interaction: bounces mark addresses, doubles are one, people are known.

Mails are given to the intake as a processor gives them, on a real Postgres. Planted bugs that were seen:
a bounce marks any address that it names; the digest is left out of a key; `find_or_add` looks at the main
addresses only; an id of ours makes any mail ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from connectors.inbound.reading import read_mail
from connectors.mail.address import reply_address
from server.clock import new_id
from server.domain.inbound import Bounce
from server.handle import Handle
from server.intake import Arrived, Intake
from server.store import mails
from server.store.blobs import Blobs
from server.store.customers import find_detail, find_or_add_customers
from server.store.mails import NewMail, RawMail
from server.store.pool import Store
from tests.channels.office import ADDRESS, mail
from tests.people import Desk, settle

SECRET = b"a secret for reply addresses"


class Taking(msgspec.Struct):
    """An intake at work, and what it has made."""

    store: Store
    desk: Desk
    intake: Intake

    def read(self, raw: bytes, *, inbox_id: UUID | None = None) -> Arrived:
        workspace_id = self.desk.workspace_id
        kept = RawMail(
            workspace_id, new_id(), inbox_id or self.desk.mail, mails.Envelope(), raw, datetime.now(UTC), 1
        )
        return read_mail(kept, [SECRET])

    async def take(self, *arrived: Arrived) -> None:
        workspace_id = self.desk.workspace_id
        kept = [
            NewMail(workspace_id, each.mail.id, each.mail.inbox_id, "smtp", each.mail.raw) for each in arrived
        ]
        async with self.store.write(workspace_id) as db:
            await mails.add_mails(db, workspace_id, kept)
        assert await self.intake.take(workspace_id, arrived) == [None] * len(arrived)

    async def rows(self, sql: str) -> list[Any]:
        async with self.store.read(self.desk.workspace_id) as db:
            return list(await db.fetch(sql))

    def token(self, number: int = 1) -> str:
        return reply_address(ADDRESS, SECRET, self.desk.workspace_id, number)


@asynccontextmanager
async def taking(store: Store, folder: Path) -> AsyncIterator[Taking]:
    desk = await settle(store, ADDRESS)
    handle = Handle(store)
    writing = asyncio.create_task(handle.run())
    try:
        yield Taking(store, desk, Intake(store, handle, Blobs(folder / "blobs")))
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


def bounced(each: Arrived, recipient: str, status: str = "5.1.1") -> Arrived:
    message = msgspec.structs.replace(
        each.message, mail_class="bounce", bounce=Bounce(recipient, status, "no such user")
    )
    return msgspec.structs.replace(each, message=message)


def report(t: Taking, recipient: str, status: str = "5.1.1", number: int = 2) -> Arrived:
    raw = mail("x", sender="mailer-daemon@mx.test", message_id=f"<{number}@mx>", to=t.token())
    return bounced(t.read(raw), recipient, status)


async def test_a_bounce_marks_its_address_tells_the_agents_and_a_mail_from_there_clears_it(
    store: Store, tmp_path: Path
) -> None:
    async with taking(store, tmp_path) as t:
        await t.take(t.read(mail()))
        await t.take(report(t, "Carla@customer.test"))
        async with store.read(t.desk.workspace_id) as db:
            found = await find_detail(db, t.desk.workspace_id, t.desk.carla.id)
        assert found is not None
        [address] = found.addresses
        assert (address.email, address.bounce) == ("carla@customer.test", "5.1.1 no such user")
        [note] = await t.rows("SELECT content FROM interactions WHERE type = 'note'")
        assert "Mail to Carla@customer.test could not be delivered. 5.1.1 no such user" in note["content"]
        await t.take(t.read(mail("I am here.", message_id="<3@c>", to=t.token())))
        assert await t.rows("SELECT 1 FROM customer_addresses WHERE bounced_at IS NOT NULL") == []


async def test_a_delay_and_a_report_about_somebody_else_mark_nothing(store: Store, tmp_path: Path) -> None:
    async with taking(store, tmp_path) as t:
        async with store.write(t.desk.workspace_id) as db:
            await find_or_add_customers(db, t.desk.workspace_id, {"ben@customer.test": "Ben"})
        await t.take(t.read(mail()))
        await t.take(report(t, "carla@customer.test", "4.4.1"), report(t, "ben@customer.test", number=3))
        assert await t.rows("SELECT 1 FROM customer_addresses") == []
        assert len(await t.rows("SELECT 1 FROM interactions WHERE type = 'note'")) == 2


async def test_one_mail_to_two_inboxes_makes_one_ticket(store: Store, tmp_path: Path) -> None:
    async with taking(store, tmp_path) as t:
        second = new_id()
        async with store.write(t.desk.workspace_id) as db:
            await db.execute(
                "INSERT INTO inboxes (workspace_id, id, name, channel, address)"
                " VALUES ($1, $2, 'Sales', 'email', 'sales@example.test')",
                t.desk.workspace_id, second,
            )  # fmt: skip
            await db.execute("UPDATE workspaces SET config_version = config_version + 1")
        to = f"{ADDRESS}, sales@example.test"
        one = t.read(mail(to=to, more="Received: from a by b; now\r\nDelivered-To: x@a.test\r\n"))
        two = t.read(mail(to=to, more="Received: from c by d; later\r\n"), inbox_id=second)
        await t.take(one, two)
        [ticket] = await t.rows("SELECT id FROM tickets")
        kept = await t.rows("SELECT ticket_id, interaction_id FROM raw_mails")
        assert {row["ticket_id"] for row in kept} == {ticket["id"]}
        assert len({row["interaction_id"] for row in kept}) == 1


async def test_the_same_mail_twice_at_once_is_one_and_two_with_one_id_are_two(
    store: Store, tmp_path: Path
) -> None:
    async with taking(store, tmp_path) as t:
        await asyncio.gather(*(t.take(t.read(mail(message_id=None))) for _ in range(4)))
        await asyncio.gather(*(t.take(t.read(mail(f"Text {n % 2}", message_id="<9@c>"))) for n in range(4)))
        said = await t.rows("SELECT content FROM interactions WHERE type = 'message' ORDER BY content")
        assert [row["content"] for row in said] == ["My printer is on fire.", "Text 0", "Text 1"]


async def test_our_own_mail_that_comes_back_says_nothing_new(store: Store, tmp_path: Path) -> None:
    async with taking(store, tmp_path) as t:
        await t.take(t.read(mail()))
        [ticket] = await t.rows("SELECT id FROM tickets")
        async with store.write(t.desk.workspace_id) as db:
            await db.execute(
                "INSERT INTO message_ids VALUES ($1, 'sent@desk.test', $2, NULL, true)",
                t.desk.workspace_id, ticket["id"],
            )  # fmt: skip
        await t.take(t.read(mail("Hello Carla", sender=ADDRESS, message_id="<sent@desk.test>")))
        assert len(await t.rows("SELECT 1 FROM interactions")) == 1
        await t.take(t.read(mail("Not yours", message_id="<sent@desk.test>")))
        assert len(await t.rows("SELECT 1 FROM interactions")) == 2, "somebody else's mail is never lost"


async def test_a_further_address_belongs_to_its_customer(store: Store, tmp_path: Path) -> None:
    async with taking(store, tmp_path) as t:
        async with store.write(t.desk.workspace_id) as db:
            await db.execute(
                "INSERT INTO customer_addresses (workspace_id, email, customer_id) VALUES ($1, $2, $3)",
                t.desk.workspace_id, "carla@home.test", t.desk.carla.id,
            )  # fmt: skip
        await t.take(t.read(mail()))
        more = "In-Reply-To: <1@customer.test>\r\n"
        home = mail("From home.", sender="CARLA@home.test", message_id="<2@h>", more=more)
        await t.take(t.read(home))
        said = await t.rows("SELECT ticket_id, author_id FROM interactions")
        assert len({row["ticket_id"] for row in said}) == 1
        assert {row["author_id"] for row in said} == {t.desk.carla.id}
