"""Every consumer's parked event is told again when an admin asks, and felt once.

Those of Kafka and of the SLA clocks are with their own tests in tests/live.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest

from connectors.extract.reader import SandboxReader
from connectors.outgoing import Queueing
from server.clock import new_id
from server.domain.commands import AddInteraction, AssignTicket, Envelope
from server.domain.identity import Customer
from server.parts import OUTGOING
from server.relay import consumer, files, notifications, search, webhooks
from server.relay.consumer import Handler
from server.relay.files import FileIndex
from server.relay.notifications import Notifications
from server.relay.parked import ParkedEvents
from server.relay.rollups import RollUps
from server.relay.search import SearchIndex
from server.relay.webhooks import Webhooks
from server.store import attachments, parked_events, rollups
from server.store.attachments import Uploaded
from server.store.blobs import Blobs
from server.store.listing import Slice
from server.store.log import Entry
from server.store.pace import Backoff
from server.store.pool import Store
from tests.people import Desk, opening, says, settle
from tests.store.relaying import caught_up, written
from tests.store.test_webhooks import hook


class Case(NamedTuple):
    """How a consumer is made, how its effect is counted, and how much that is of the story below."""

    handler: Callable[[Store, Blobs, SandboxReader], Handler]
    effect: str
    once: int


CASES = {
    search.CONSUMER: Case(
        lambda store, *_: SearchIndex(store).handle, "SELECT count(*) FROM search_entries", 3
    ),
    files.CONSUMER: Case(
        lambda store, blobs, reader: FileIndex(store, blobs, reader).handle,
        "SELECT count(*) FROM search_files WHERE error IS NULL", 1,
    ),
    OUTGOING: Case(
        lambda store, *_: Queueing(store, "desk.test", lambda: None).on_events,
        "SELECT count(*) FROM outgoing_mails", 1,
    ),
    notifications.CONSUMER: Case(
        lambda store, *_: Notifications(store, lambda *_: None).handle,
        "SELECT count(*) FROM notifications", 1,
    ),
    webhooks.CONSUMER: Case(
        lambda store, *_: Webhooks(store, lambda: None, lambda *_: None).handle,
        "SELECT count(*) FROM webhook_deliveries", 1,
    ),
    rollups.CONSUMER: Case(
        lambda store, *_: RollUps(store).handle,
        "SELECT count(*) FROM report_tickets WHERE seq = 4", 1,
    ),
}  # fmt: skip


async def story(store: Store, desk: Desk, blobs: Blobs) -> UUID:
    """Carla writes by mail, Bob answers with a file, Alice gives him the ticket: something for everybody."""
    await hook(store, desk, "http://127.0.0.1:9/", frozenset({"ticket_opened"}))
    blob = blobs.write(desk.workspace_id, io.BytesIO(b"A walrus"), 100)
    file = Uploaded(new_id(), "a.txt", "text/plain", blob.size_bytes, blob.key, "agent", desk.bob.id)
    relay = {"host": "127.0.0.1", "port": 9, "username": "", "security": "none"}
    async with store.write(desk.workspace_id) as db:
        await attachments.add_attachment(db, desk.workspace_id, file)
        settings = msgspec.json.encode({"smtp": relay}).decode()
        await db.execute("UPDATE inboxes SET settings = $2 WHERE id = $1", desk.mail, settings)
    carla = Customer(desk.workspace_id, desk.carla.id, "Carla")
    opened = opening(desk, inbox_id=desk.mail, channel="email", customer_id=carla.id, visitor_id=None)
    answer = msgspec.structs.replace(says("See there"), attachment_ids=(file.id,))
    await written(store, Envelope(carla, opened))
    await written(store, Envelope(desk.bob, AddInteraction(opened.ticket_id, answer)))
    await written(store, Envelope(desk.alice, AssignTicket(opened.ticket_id, assignee_id=desk.bob.id)))
    return opened.ticket_id


class Poisoned:
    """A handler that chokes on a ticket's events until it is mended."""

    def __init__(self, handle: Handler, ticket_id: UUID) -> None:
        self._handle = handle
        self._ticket_id = ticket_id
        self.mended = False

    async def handle(self, entries: Sequence[Entry]) -> None:
        if not self.mended and any(entry.ticket_id == self._ticket_id for entry in entries):
            raise ValueError("poison")
        await self._handle(entries)


async def listed(store: Store, desk: Desk) -> list[UUID]:
    async with store.read(desk.workspace_id) as db:
        rows = await parked_events.list_parked(db, desk.workspace_id, {}, Slice("at", True, 100))
    return [row["id"] for row in rows]


async def ask(store: Store, desk: Desk) -> None:
    for parked_id in await listed(store, desk):
        async with store.write(desk.workspace_id) as db:
            await parked_events.ask(db, desk.workspace_id, parked_id)


@pytest.mark.parametrize("name", CASES)
async def test_what_was_parked_is_told_again_and_felt_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(consumer, "Backoff", lambda most=0.0: Backoff(first=0.001, most=0.01))
    desk, blobs, reader, case = await settle(store), Blobs(tmp_path), SandboxReader(), CASES[name]

    async def felt() -> int:
        async with store.read(desk.workspace_id) as db:
            return int(await db.fetchval(case.effect))

    try:
        ticket_id = await story(store, desk, blobs)
        poisoned = Poisoned(case.handler(store, blobs, reader), ticket_id)
        again = ParkedEvents(store, {name: poisoned.handle})
        await caught_up(store, poisoned.handle, name, within=60)
        parked = await listed(store, desk)
        assert (len(parked) >= 4, await felt()) == (True, 0)
        assert await again.turn() == 0  # nobody has asked
        await ask(store, desk)
        while await again.turn():
            pass
        assert (sorted(await listed(store, desk)), await felt()) == (sorted(parked), 0)  # nothing was mended
        poisoned.mended = True
        await ask(store, desk)
        assert await ParkedEvents(store, {name: poisoned.handle}, lambda: ()).turn() == 0  # kept elsewhere
        while await again.turn():
            pass
        assert (await listed(store, desk), await felt()) == ([], case.once)
        assert await again.turn() == 0
    finally:
        await reader.close()
