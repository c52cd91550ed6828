"""Relays that stall, refuse or break off at any moment: nothing is lost, sent twice, or failed in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.mail.parse import parse
from connectors.outgoing.relay import PATIENT, Patience
from server.domain.commands import AddInteraction, Envelope
from server.store import outgoing
from server.store.pool import Store
from tests.channels.office import Office, mail, running, until
from tests.channels.rude import MOMENTS, Rude
from tests.channels.sink import Sink
from tests.channels.test_outgoing import answer, receive, use_relay
from tests.people import says

IMPATIENT = Patience(connect=0.4, command=0.4, mail=1.5)
# What a relay says when it is asked to come again never, as opposed to what it is not asked at all.
FOR_EVER = {"mail", "rcpt", "data", "end"}


async def tried(office: Office, count: int) -> list[Any]:
    """The outgoing mails in the order they were written, once each was tried."""

    async def look() -> list[Any] | None:
        rows = await office.rows(
            "SELECT o.* FROM outgoing_mails o WHERE workspace_id = $1 ORDER BY created_at, interaction_id"
        )
        done = len(rows) == count and all(row["error"] or row["state"] == "sent" for row in rows)
        return rows if done else None

    rows: list[Any] = await until(look)
    return rows


async def now_all(office: Office) -> None:
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute("UPDATE outgoing_mails SET next_attempt_at = now()")
    office.post.sender.wake()


@pytest.mark.parametrize("manner", ["stall", "drop", "refuse"])
async def test_at_every_moment(store: Store, tmp_path: Path, manner: Any) -> None:
    async with Rude(manner).open() as relay, running(store, tmp_path) as office:
        if manner == "stall":
            office.post.sender.patience = IMPATIENT
        await use_relay(office, relay.port)
        await receive(office, mail(), 1)
        for count, moment in enumerate(MOMENTS, start=1):
            relay.moment = moment
            await answer(office, f"Stopped at {moment}")
            row = (await tried(office, count))[-1]
            expected = "failed" if manner == "refuse" and moment in FOR_EVER else "queued"
            assert (row["state"], row["attempts"]) == (expected, 1), moment
            if manner == "refuse":
                assert "554 5.7.1 not you" in row["error"], moment
        relay.moment, office.post.sender.patience = None, PATIENT
        for row in await tried(office, len(MOMENTS)):
            if row["state"] == "failed":
                async with store.write(office.desk.workspace_id) as db:
                    assert await outgoing.retry(db, office.desk.workspace_id, row["interaction_id"])

        async def all_sent() -> bool:
            await now_all(office)
            return {row["state"] for row in await tried(office, len(MOMENTS))} == {"sent"}

        await until(all_sent)
        rows = await tried(office, len(MOMENTS))
        assert sorted(parse(raw).message_id or "" for raw in relay.mails) == sorted(
            row["message_id"] for row in rows
        )


async def test_a_relay_that_is_away_is_not_asked_again_for_each_mail_and_all_arrive(
    store: Store, tmp_path: Path
) -> None:
    async with Rude("stall").open() as relay, running(store, tmp_path) as office:
        office.post.sender.patience = IMPATIENT
        relay.moment = "greeting"
        await use_relay(office, relay.port)
        await receive(office, mail(), 1)
        [ticket] = await office.tickets()
        for number in range(10):
            said = AddInteraction(ticket["id"], says(f"Answer {number}"))
            await office.handle.submit(Envelope(office.desk.bob, said))
        await office.tell_log()

        async def others_wait() -> bool:
            rows = await office.rows("SELECT attempts FROM outgoing_mails WHERE workspace_id = $1")
            return sorted(row["attempts"] for row in rows) == [0] * 9 + [1]

        await until(others_wait)
        assert relay.connections == 1
        relay.moment, office.post.sender.patience = None, PATIENT

        async def all_there() -> bool:
            await now_all(office)
            return len(relay.mails) >= 10

        await until(all_there)
        texts = {parse(raw).reply_text for raw in relay.mails}
        assert texts == {f"Answer {number}" for number in range(10)}


async def test_a_mail_that_failed_is_sent_when_asked_and_fails_visibly_again(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        sink.answers = ["550 no", "550 still no"]
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        [row] = await tried(office, 1)
        workspace_id, interaction_id = office.desk.workspace_id, row["interaction_id"]
        for expected in ("failed", "sent"):
            async with store.write(workspace_id) as db:
                assert await outgoing.retry(db, workspace_id, interaction_id)
            office.post.sender.wake()
            [again] = await tried(office, 1)
            assert (again["state"], again["message_id"]) == (expected, row["message_id"])
        async with store.write(workspace_id) as db:
            assert not await outgoing.retry(db, workspace_id, interaction_id)
        notes = [said["content"] for said in await office.said() if said["type"] == "note"]
        assert notes == [f"A reply could not be sent by mail: 550 {why}" for why in ("no", "still no")]
        assert len(sink.mails) == 1


async def test_one_connection_serves_a_batch(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        [ticket] = await office.tickets()
        for number in range(8):
            said = AddInteraction(ticket["id"], says(f"Answer {number}"))
            await office.handle.submit(Envelope(office.desk.bob, said))
        await office.tell_log()
        rows = await tried(office, 8)
        assert {row["state"] for row in rows} == {"sent"}
        assert sink.connections == 1
        assert [parse(raw).reply_text for raw in sink.mails] == [f"Answer {number}" for number in range(8)]
