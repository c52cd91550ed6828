"""Agents who are not there are told by mail: once, what they need, and nobody who should not be."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from connectors.mail.parse import parse
from connectors.outgoing.sender import Notifying
from server.domain.commands import AddInteraction, AssignTicket, Envelope
from server.domain.identity import Agent
from server.queries.mails import list_of_ticket
from server.relay.notifications import Notifications
from server.store import log, standing
from server.store.pool import Store
from tests.channels.office import Office, mail, running, until
from tests.channels.sink import Sink
from tests.channels.test_outgoing import receive
from tests.people import says

RELAYED = "smtp://127.0.0.1:{}"


@asynccontextmanager
async def with_ticket(store: Store, folder: Path) -> AsyncIterator[tuple[Office, Sink]]:
    """An office with a relay, and a mail of Carla's in ticket #1."""
    async with (
        Sink().open() as sink,
        running(
            store, folder, smtp_relay_url=RELAYED.format(sink.port), public_url="https://desk.example"
        ) as office,
    ):
        await receive(office, mail("My <b>printer</b> is on fire."), 1)
        yield office, sink


async def tell(office: Office, after: float = 0) -> None:
    """Do what the consumer of notifications does; who is not there is written to after so many seconds."""
    mailing = msgspec.structs.replace(office.post.mailing, after=timedelta(seconds=after))
    async with office.store.across() as db:
        await log.number(db, 1000)
        entries = await log.read(db, dict.fromkeys(range(8), 0), 1000)
    await Notifications(office.store, lambda *_: None, mailing).handle(entries)
    office.post.notifier.wake()


async def assign(office: Office, agent: Agent) -> None:
    [ticket] = await office.tickets()
    await office.handle.submit(Envelope(office.desk.alice, AssignTicket(ticket["id"], assignee_id=agent.id)))


async def carla_says(office: Office, text: str) -> None:
    [ticket] = await office.tickets()
    carla = msgspec.structs.replace(office.desk.carla, id=ticket["customer_id"])
    await office.handle.submit(Envelope(carla, AddInteraction(ticket["id"], says(text))))


async def letters(office: Office) -> list[str]:
    """How the letters to agents are."""
    rows = await office.rows(
        "SELECT state FROM outgoing_mails WHERE workspace_id = $1 AND agent_id IS NOT NULL"
    )
    return [row["state"] for row in rows]


async def hurry(office: Office) -> None:
    """What waits is due now."""
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute("UPDATE outgoing_mails SET next_attempt_at = now()")
    office.post.notifier.wake()


async def mailed(sink: Sink, count: int) -> None:
    """Wait until at least so many mails have left."""
    await until(lambda: asyncio.sleep(0, len(sink.mails) >= count))


async def none_waits(office: Office) -> None:
    async def look() -> bool:
        return "queued" not in await letters(office)

    await until(look)


async def test_a_letter_says_what_an_agent_needs_and_its_answer_goes_to_the_customer(
    store: Store, tmp_path: Path
) -> None:
    async with with_ticket(store, tmp_path) as (office, sink):
        await assign(office, office.desk.bob)
        await tell(office)
        await mailed(sink, 1)
        letter = parse(sink.mails[0])
        [ticket] = await office.tickets()
        assert sink.envelopes[0][1] == ["bob@desk.test"]
        assert b"Auto-Submitted: auto-generated" in sink.mails[0]
        assert letter.subject == "#1 Printer"
        for part in ("assigned to you", "by Alice", "My <b>printer</b> is on fire.", "#1"):
            assert part in letter.text
        assert f"https://desk.example/tickets/{ticket['id']}" in letter.text
        [reply_to] = letter.reply_to
        raw = mail("Use water.", sender="bob@desk.test", to=reply_to.email, message_id="<2@d>")

        def answer() -> None:
            with smtplib.SMTP("127.0.0.1", office.port, timeout=60) as smtp:
                smtp.sendmail("bob@desk.test", [reply_to.email], raw)

        await asyncio.to_thread(answer)
        await office.settled(2)
        await office.tell_log()
        await mailed(sink, 2)
        answered = parse(sink.mails[1])
        assert sink.envelopes[1][1] == ["carla@customer.test"]
        assert "Use water." in answered.text
        assert letter.message_id not in (answered.in_reply_to, *answered.references)
        assert reply_to.email.encode() not in sink.mails[1]


async def test_what_happens_while_a_letter_waits_is_in_it_and_a_repeat_writes_none(
    store: Store, tmp_path: Path
) -> None:
    async with with_ticket(store, tmp_path) as (office, sink):
        await assign(office, office.desk.bob)
        await tell(office, after=3600)
        await carla_says(office, "It is still burning.")
        await carla_says(office, "And now the desk.")
        await tell(office, after=3600)
        await tell(office, after=3600)
        assert await letters(office) == ["queued"]
        async with store.read(office.desk.workspace_id) as db:
            [ticket] = await office.tickets()
            log_of_ticket = await list_of_ticket(db, office.desk.workspace_id, ticket["id"])
        [waiting] = [one for one in log_of_ticket if one.direction == "out"]
        assert (waiting.to[0].email, waiting.interaction_id) == ("bob@desk.test", None)
        await hurry(office)
        await mailed(sink, 1)
        text = parse(sink.mails[0]).text
        assert text.count("Carla has answered.") == 1
        assert "assigned to you" in text
        assert "And now the desk." in text
        await none_waits(office)
        await carla_says(office, "Hello?")
        await tell(office)
        await mailed(sink, 2)
        text = parse(sink.mails[1]).text
        assert ("assigned to you" in text, "has answered" in text) == (False, True)


@pytest.mark.parametrize("why", ["read", "connected", "off", "no access", "inactive"])
async def test_what_became_needless_while_it_waited_is_not_sent(
    store: Store, tmp_path: Path, why: str
) -> None:
    async with with_ticket(store, tmp_path) as (office, sink):
        bob = office.desk.bob
        await assign(office, bob)
        await tell(office, after=3600)
        sql = {
            "read": "UPDATE notifications SET read_at = now()",
            "off": "UPDATE agents SET mail_notifications = false",
            "no access": "DELETE FROM inbox_members",
            "inactive": "UPDATE agents SET active = false",
        }
        async with store.write(bob.workspace_id) as db:
            if why == "connected":
                await standing.come_online(db, bob.workspace_id, bob.id, uuid4())
            else:
                await db.execute(sql[why])
        await hurry(office)

        async def gone() -> bool:
            return await letters(office) == []

        await until(gone)
        assert sink.mails == []
        ids = await office.rows("SELECT 1 FROM message_ids WHERE workspace_id = $1 AND outgoing")
        assert ids == []


async def test_who_is_connected_hears_a_customer_by_their_console(store: Store, tmp_path: Path) -> None:
    async with with_ticket(store, tmp_path) as (office, _):
        bob = office.desk.bob
        await assign(office, bob)
        async with store.write(bob.workspace_id) as db:
            await standing.come_online(db, bob.workspace_id, bob.id, uuid4())
        await carla_says(office, "Hello?")
        await tell(office, after=3600)
        rows = await office.rows("SELECT kind FROM notifications WHERE workspace_id = $1")
        assert [row["kind"] for row in rows] == ["ticket_assigned"]


async def test_more_than_an_hours_share_waits_and_comes_in_one_letter(store: Store, tmp_path: Path) -> None:
    async with with_ticket(store, tmp_path) as (office, sink):
        await hold_three(office)
        assert len(sink.mails) == 1
        await an_hour_later(office)
        await mailed(sink, 2)
        await none_waits(office)
        assert len(sink.mails) == 2
        both = parse(sink.mails[0]).text + parse(sink.mails[1]).text
        assert "There was more within an hour" in both
        assert all(f"#{number} " in both or f"#{number}:" in both for number in range(1, 5))


async def test_what_was_held_of_a_ticket_that_an_agent_may_not_see_any_more_is_not_told(
    store: Store, tmp_path: Path
) -> None:
    """Planted bug that was seen: all that was held is told, whoever may see it by then."""
    async with with_ticket(store, tmp_path) as (office, sink):
        await hold_three(office)
        held = await office.rows("SELECT ticket_id FROM outgoing_mails WHERE workspace_id = $1 AND held")
        async with store.write(office.desk.workspace_id) as db:
            hidden = await db.fetchval(
                "UPDATE tickets SET inbox_id = $2, subject = 'Secret' WHERE id = $1 RETURNING number",
                held[0]["ticket_id"],
                office.desk.chat,
            )
            await db.execute(
                "DELETE FROM inbox_members WHERE inbox_id = $1 AND agent_id = $2",
                office.desk.chat,
                office.desk.bob.id,
            )
        await an_hour_later(office, but=held[0]["ticket_id"])
        await mailed(sink, 2)
        text = parse(sink.mails[1]).text
        assert "There was more within an hour" in text
        assert ("Secret" in text, f"#{hidden} " in text) == (False, False)


async def hold_three(office: Office) -> None:
    """Bob gets one letter an hour, and four tickets at once."""
    office.post.notifier._notifying = Notifying("https://desk.example", 1)
    for number in range(2, 5):
        await receive(office, mail(subject=f"Lamp {number}", message_id=f"<{number}@c>"), number)
    for ticket in await office.tickets():
        assigned = AssignTicket(ticket["id"], assignee_id=office.desk.bob.id)
        await office.handle.submit(Envelope(office.desk.alice, assigned))
    await tell(office)

    async def held() -> bool:
        rows = await office.rows("SELECT 1 FROM outgoing_mails WHERE workspace_id = $1 AND held")
        return len(rows) == 3

    await until(held)


async def an_hour_later(office: Office, but: UUID | None = None) -> None:
    """There is room again for what was held, and it is tried, but for one ticket's."""
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE outgoing_mails SET sent_at = sent_at - interval '2 hours',"
            " next_attempt_at = CASE WHEN ticket_id = $1 THEN next_attempt_at ELSE now() END",
            but,
        )
    office.post.notifier.wake()


async def test_replies_do_not_wait_for_a_letter_that_stalls(store: Store, tmp_path: Path) -> None:
    async with with_ticket(store, tmp_path) as (office, sink):
        sink.answers = [None]
        await assign(office, office.desk.bob)
        await tell(office)
        await until(lambda: asyncio.sleep(0, not sink.answers))
        [ticket] = await office.tickets()
        said = AddInteraction(ticket["id"], says("Coming."))
        await office.handle.submit(Envelope(office.desk.bob, said))
        await office.tell_log()
        await mailed(sink, 1)
        assert sink.envelopes[0][1] == ["carla@customer.test"]


async def test_what_a_killed_process_held_is_sent_by_the_next_under_its_id(
    store: Store, tmp_path: Path
) -> None:
    async with with_ticket(store, tmp_path) as (office, sink):
        await assign(office, office.desk.bob)
        await tell(office, after=3600)
        async with store.write(office.desk.workspace_id) as db:
            message_id = await db.fetchval(
                "UPDATE outgoing_mails SET claimed_by = $1, attempts = 1, next_attempt_at = now()"
                " RETURNING message_id",
                uuid4(),
            )
        await mailed(sink, 1)
        await none_waits(office)
        assert [parse(raw).message_id for raw in sink.mails] == [message_id]
