"""Who holds a reply: one process at a time, as long as it lives, and nobody for long after that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.mail.parse import parse
from connectors.outgoing import Sender, holding, sender
from server.clock import new_id
from server.store.pool import Store
from tests.channels.office import SECRET, Office, mail, running, until
from tests.channels.sink import Sink
from tests.channels.test_outgoing import answer, receive, use_relay


@pytest.fixture(autouse=True)
def sure_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renewed all the time, and so long that it ends for none who lives, on the slowest machine."""
    monkeypatch.setattr(holding, "LEASE", timedelta(minutes=5))
    monkeypatch.setattr(sender, "LEASE", timedelta(minutes=5))
    monkeypatch.setattr(holding, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(sender, "_FINISH_SECONDS", 60.0)


@asynccontextmanager
async def another_sender(office: Office) -> AsyncIterator[Sender]:
    """What a second process with the mail role does."""
    second = Sender(office.store, office.handle, office.blobs, office.vault, SECRET, None)
    task = asyncio.create_task(second.run())
    try:
        yield second
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settled_postgres(office: Office) -> bool:
    """For five seconds after its start, claims are those of processes that may still live."""
    [row] = await office.rows("SELECT pg_postmaster_start_time() < now() - interval '5 seconds', $1::uuid")
    return bool(row[0])


def count_claims(other: Sender) -> list[int]:
    """How much a sender was given, each time it asked."""
    claim, given = other._claim, list[int]()

    async def counted() -> dict[Any, Any]:
        claimed = await claim()
        given.append(len(claimed))
        return claimed

    other._claim = counted  # type: ignore[method-assign]
    return given


async def rows(office: Office) -> list[Any]:
    sql = "SELECT * FROM outgoing_mails WHERE workspace_id = $1 ORDER BY created_at, interaction_id"
    return await office.rows(sql)


async def all_sent(office: Office) -> bool:
    return {row["state"] for row in await rows(office)} == {"sent"}


async def test_a_relay_slower_than_the_lease_gets_each_mail_from_one_process(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        answered = asyncio.Event()

        async def wait() -> None:
            await answered.wait()

        sink.before_answer = wait
        await answer(office, "Slowly")
        await until(lambda: asyncio.sleep(0, sink.connections))
        await until(lambda: settled_postgres(office))
        [claimed] = await rows(office)

        async def renewed() -> bool:
            [row] = await rows(office)
            return bool(row["next_attempt_at"] > claimed["next_attempt_at"] + timedelta(seconds=1))

        async with another_sender(office) as other:
            given = count_claims(other)
            await until(renewed)
            looks = len(given)
            await until(lambda: asyncio.sleep(0, len(given) > looks))
            assert not any(given)
            assert sink.connections == 1
            answered.set()
            await until(lambda: all_sent(office))
        assert len(sink.mails) == 1
        assert [(row["attempts"], row["claimed_by"]) for row in await rows(office)] == [(1, None)]


async def test_what_somebody_else_has_taken_meanwhile_is_left_to_them(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        taken = asyncio.Event()

        async def wait() -> None:
            await taken.wait()

        sink.before_answer = wait
        stolen = new_id()
        office.post.sender._busy.add(office.desk.mail)  # both are claimed at once
        await answer(office, "One")
        await answer(office, "Two")
        office.post.sender._busy.clear()
        office.post.sender.wake()
        await until(lambda: asyncio.sleep(0, sink.connections))
        second = (await rows(office))[1]["interaction_id"]
        async with store.write(office.desk.workspace_id) as db:
            await db.execute(
                "UPDATE outgoing_mails SET claimed_by = $2, next_attempt_at = now() + interval '1 hour'"
                " WHERE interaction_id = $1",
                second,
                stolen,
            )
        taken.set()

        async def first_sent() -> bool:
            return (await rows(office))[0]["state"] == "sent" and not office.post.sender._busy

        await until(first_sent)
        assert [parse(raw).text for raw in sink.mails] == ["One"]
        row = (await rows(office))[1]
        assert (row["state"], row["claimed_by"], row["error"]) == ("queued", stolen, None)


async def test_what_a_process_held_that_died_is_free_after_the_lease(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        office.post.sender._busy.add(office.desk.mail)  # until another has claimed it
        await answer(office, "Held")
        async with store.write(office.desk.workspace_id) as db:
            await db.execute(
                "UPDATE outgoing_mails SET claimed_by = $1, next_attempt_at = now() + interval '1 second'",
                new_id(),
            )
        office.post.sender._busy.clear()
        await until(lambda: all_sent(office))
        assert len(sink.mails) == 1


async def test_a_process_that_stops_finishes_what_it_hands_over_and_gives_back_the_rest(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        heard, answered = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            heard.set()
            await answered.wait()

        sink.before_answer = wait
        office.post.sender._busy.add(office.desk.mail)  # until all are written
        for text in ("One", "Two", "Three"):
            await answer(office, text)
        office.post.sender._busy.clear()
        office.post.sender.wake()
        await heard.wait()
        closing = asyncio.create_task(office.post.close())
        await asyncio.sleep(0.2)
        assert not closing.done()
        answered.set()
        await closing
        assert [row["state"] for row in await rows(office)] == ["sent", "queued", "queued"]
        assert [(row["attempts"], row["claimed_by"]) for row in await rows(office)][1:] == [(0, None)] * 2
        async with another_sender(office):
            await until(lambda: all_sent(office))
        assert [parse(raw).text for raw in sink.mails] == ["One", "Two", "Three"]


async def test_a_relay_that_stalls_holds_up_no_stop(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_FINISH_SECONDS", 1.0)
    async with Sink().open() as sink, running(store, tmp_path) as office:
        sink.answers = [None]
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await answer(office, "Never")
        await until(lambda: asyncio.sleep(0, sink.connections))
        async with asyncio.timeout(50):  # it would wait for sixty seconds
            await office.post.close()
        assert [row["state"] for row in await rows(office)] == ["queued"]
