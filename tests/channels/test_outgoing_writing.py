"""Replies that cannot be written as they are: files whose bytes are gone, faults of ours."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.mail.compose import Outgoing, compose
from connectors.mail.parse import parse
from connectors.outgoing import handing, sender
from server.clock import new_id
from server.domain.commands import AddInteraction, Envelope, NewInteraction
from server.store import mails
from server.store.blobs import Blobs
from server.store.mails import StoredFile
from server.store.pool import Store
from tests.channels.office import Office, mail, running, until
from tests.channels.sink import Sink
from tests.channels.test_outgoing import answer, receive, use_relay
from tests.channels.test_outgoing_relays import tried

FILES = {
    "Zürich (2).txt": b"line\r\n.\r\nFrom the top\r\n",
    "all bytes.bin": bytes(range(256)) * 400,
    "empty": b"",
}


async def answer_with(office: Office, text: str, files: dict[str, bytes]) -> list[StoredFile]:
    """An agent's reply with files; returns what is known of them."""
    workspace_id, bob = office.desk.workspace_id, office.desk.bob
    kept = []
    for name, data in files.items():
        blob = office.blobs.write(workspace_id, io.BytesIO(data), len(data) + 1)
        kept.append(StoredFile(new_id(), name, "application/octet-stream", blob.size_bytes, blob.key))
    async with office.store.write(workspace_id) as db:
        await mails.add_files(db, workspace_id, kept, "agent", bob.id)
    [ticket] = await office.tickets()
    said = NewInteraction(new_id(), "message", text, None, tuple(file.id for file in kept))
    await office.handle.submit(Envelope(bob, AddInteraction(ticket["id"], said)))
    await office.tell_log()
    return kept


async def test_files_leave_byte_by_byte(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await answer_with(office, "See the files", FILES)
        await tried(office, 1)
        got = parse(sink.mails[0])
        assert {file.name: file.data for file in got.attachments} == FILES
        assert (got.text, got.defects) == ("See the files", ())


async def test_a_file_whose_bytes_are_gone_is_told_and_delays_no_other_reply(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        office.post.sender._busy.add(office.desk.mail)  # until both are written
        [file] = await answer_with(office, "With a file", {"offer.txt": b"Two lamps"})
        (office.blobs._path(office.desk.workspace_id, file.content_key)).unlink()
        await answer(office, "Without")
        office.post.sender._busy.clear()
        office.post.sender.wake()
        broken, whole = await tried(office, 2)
        assert (broken["state"], whole["state"]) == ("failed", "sent")
        assert broken["error"] == "The bytes of offer.txt are not in this process's folder"
        assert [parse(raw).text for raw in sink.mails] == ["Without"]
        notes = [row["content"] for row in await office.said() if row["type"] == "note"]
        assert notes == [f"A reply could not be sent by mail: {broken['error']}"]


async def test_a_disk_that_does_not_read_is_tried_again_and_is_not_the_relays_fault(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> object:
        raise OSError(5, "Input/output error")

    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        monkeypatch.setattr(Blobs, "read", failing)
        monkeypatch.setattr(sender, "pause", lambda attempts: timedelta(hours=1))
        office.post.sender._busy.add(office.desk.mail)  # until both are written
        await answer_with(office, "With a file", {"offer.txt": b"Two lamps"})
        await answer(office, "Without")
        office.post.sender._busy.clear()
        office.post.sender.wake()

        async def left() -> bool:
            return [parse(raw).text for raw in sink.mails] == ["Without"]

        await until(left)  # and not when the first one is tried again
        broken, _ = await tried(office, 2)
        assert (broken["state"], "Input/output error" in broken["error"]) == ("queued", True)


async def test_a_reply_that_breaks_its_writer_is_told_and_delays_no_other(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(mail: Outgoing) -> bytes:
        if "poison" in mail.text:
            raise RecursionError
        return compose(mail)

    monkeypatch.setattr(handing, "compose", breaking)
    monkeypatch.setattr(sender, "pause", lambda attempts: timedelta(hours=1))
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        office.post.sender._busy.add(office.desk.mail)  # until both are written
        await answer(office, "poison")
        await answer(office, "Hello")
        office.post.sender._busy.clear()
        office.post.sender.wake()

        async def left() -> bool:
            return [parse(raw).text for raw in sink.mails] == ["Hello"]

        await until(left)
        broken, _ = await tried(office, 2)
        assert (broken["state"], broken["error"]) == ("queued", "It could not be written (RecursionError)")
        notes = [row["content"] for row in await office.said() if row["type"] == "note"]
        assert notes == [f"A reply waits to be sent by mail, and is tried again: {broken['error']}"]
