"""Taking mail in, when something goes wrong: once, never lost, never in the way of others."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.inbound.processor import MAX_ATTEMPTS
from connectors.inbound.reading import READING_SECONDS
from connectors.sandbox.process import Sandbox, SandboxFailed
from server.clock import new_id
from server.intake import Intake
from server.store import mails
from server.store.mails import Done, NewMail
from server.store.pool import Connection, Store
from tests.channels.office import ADDRESS, Office, mail, running, until
from tests.people import settle


async def keep(office: Office, *raws: bytes) -> None:
    """Mails that are kept and not yet looked at."""
    desk = office.desk
    await office.post.receiver.store(
        [NewMail(desk.workspace_id, new_id(), desk.mail, "smtp", raw) for raw in raws]
    )


async def hurry(office: Office) -> None:
    """Let mails that wait for another attempt have it now."""
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute("UPDATE raw_mails SET next_attempt_at = now() WHERE state = 'received'")
    office.post.processor.wake()


async def test_a_mail_that_always_fails_is_parked_with_a_ticket_and_delays_no_other(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = Intake._take_one

    async def poisoned(self: Intake, workspace_id: Any, each: Any, sender: Any, choice: Any) -> Done:
        if each.message.subject == "poison":
            raise ZeroDivisionError
        return await healthy(self, workspace_id, each, sender, choice)

    monkeypatch.setattr(Intake, "_take_one", poisoned)
    async with running(store, tmp_path) as office:
        await keep(office, mail(subject="poison"), mail(subject="fine", message_id="<2@c>"))

        async def parked() -> Any:
            await hurry(office)
            return await office.rows("SELECT * FROM raw_mails WHERE workspace_id = $1 AND state = 'parked'")

        [row] = await until(parked)
        assert (row["attempts"], row["bytes"]) == (MAX_ATTEMPTS, mail(subject="poison"))
        assert row["error"] == "ZeroDivisionError()"
        subjects = {ticket["subject"] for ticket in await office.tickets()}
        assert subjects == {"fine", "A mail that could not be read"}
        assert row["ticket_id"] in {ticket["id"] for ticket in await office.tickets()}


async def test_a_mail_that_cannot_be_read_at_all_is_parked_too(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr("connectors.inbound.reading.read_mail", broken)
    async with running(store, tmp_path) as office:
        await keep(office, mail())

        async def parked() -> Any:
            await hurry(office)
            return [ticket["subject"] for ticket in await office.tickets()]

        assert await until(parked) == ["A mail that could not be read"]


async def test_a_crash_between_the_ticket_and_its_note_doubles_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, failures = mails.finish, 2

    async def failing(db: Connection, *rest: Any) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise ZeroDivisionError
        await finish(db, *rest)

    monkeypatch.setattr(mails, "finish", failing)
    async with running(store, tmp_path) as office:
        await keep(office, mail())

        async def done() -> Any:
            await hurry(office)
            return await office.rows("SELECT * FROM raw_mails WHERE workspace_id = $1 AND state = 'done'")

        [row] = await until(done)
        [said] = await office.said()
        assert row["interaction_id"] == said["id"]


async def test_what_a_killed_processor_held_is_taken_at_the_next_start(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        await keep(office, mail())
        await office.settled(1)
        async with store.write(office.desk.workspace_id) as db:
            await db.execute(
                "UPDATE raw_mails SET state = 'received', attempts = 1, ticket_id = NULL,"
                " next_attempt_at = now() + interval '5 minutes'"
            )
        async with store.across() as db:
            await mails.release(db, forgive=False)
        await office.settled(1)
        assert len(await office.said()) == 1


async def test_a_mail_kept_for_an_inbox_that_was_deleted_is_not_lost(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        async with store.write(office.desk.workspace_id) as db:
            await db.execute("UPDATE inboxes SET deleted_at = now() WHERE id = $1", office.desk.mail)
        await keep(office, mail())

        async def parked() -> Any:
            await hurry(office)
            return await office.rows("SELECT * FROM raw_mails WHERE workspace_id = $1 AND state = 'parked'")

        [row] = await until(parked)
        assert row["bytes"] == mail()


async def test_a_mail_that_kills_its_processor_takes_no_other_mail_with_it(
    store: Store, tmp_path: Path
) -> None:
    desk = await settle(store, ADDRESS)
    new = [
        NewMail(desk.workspace_id, new_id(), desk.mail, "smtp", mail(subject=str(number)))
        for number in range(4)
    ]
    async with store.write(desk.workspace_id) as db:
        await mails.add_mails(db, desk.workspace_id, new)
    claims = []
    for _ in range(MAX_ATTEMPTS + 1):  # each time the processor dies of the first mail
        async with store.across() as db:
            await mails.release(db, forgive=False)
            claims.append(
                [claimed.attempts for claimed in await mails.claim(db, 50, 10**9, timedelta(minutes=5))]
            )
    assert claims == [[1, 1, 1, 1], [2, 2, 2, 2], [3], [4], [5], [6]]


async def test_a_mail_that_is_slow_to_read_keeps_no_other_waiting(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first reading is cut short; the second takes its time, and large mails pass by meanwhile."""
    run, begun, answered = Sandbox.run, asyncio.Event(), asyncio.Event()

    async def read(sandbox: Sandbox, *pieces: bytes) -> bytes:
        if b"Subject: slow" in pieces[-1][:1000]:
            if sandbox.seconds == READING_SECONDS:
                raise SandboxFailed("TimeoutError")
            begun.set()
            await answered.wait()
        return await run(sandbox, *pieces)

    monkeypatch.setattr(Sandbox, "run", read)
    async with running(store, tmp_path) as office:

        async def taken(*wanted: str) -> bool:
            return {ticket["subject"] for ticket in await office.tickets()} == set(wanted)

        async def put_off() -> list[Any]:
            waiting = "SELECT 1 FROM raw_mails WHERE workspace_id = $1 AND error IS NOT NULL"
            return await office.rows(waiting)

        long = "words\r\n" * 5000
        await keep(office, mail(long, subject="slow"), mail(long, subject="beside", message_id="<2@c>"))
        await until(lambda: taken("beside"))
        await until(put_off)
        await hurry(office)
        await until(lambda: asyncio.sleep(0, begun.is_set()))
        await keep(office, mail(long, subject="later", message_id="<3@c>"))
        await until(lambda: taken("beside", "later"))
        answered.set()
        await until(lambda: taken("beside", "later", "slow"))
        assert len(await office.said()) == 3
