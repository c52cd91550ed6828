"""A running mail role on a database of its own, and what tests ask of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from connectors.post_office import PostOffice
from server.handle import Handle
from server.settings import Settings
from server.store import log
from server.store.blobs import Blobs
from server.store.pool import Store
from server.store.vault import Vault
from tests.people import Desk, settle

SECRET = b"a secret key for tests, long enough"
ADDRESS = "support@example.test"


class Office(msgspec.Struct):
    """The running parts."""

    store: Store
    desk: Desk
    handle: Handle
    post: PostOffice
    vault: Vault
    blobs: Blobs

    @property
    def port(self) -> int:
        return self.post.listener.port

    async def rows(self, sql: str, *values: object) -> list[Any]:
        """Rows of the desk's workspace, which is $1."""
        async with self.store.read(self.desk.workspace_id) as db:
            return list(await db.fetch(sql, self.desk.workspace_id, *values))

    async def tickets(self) -> list[Any]:
        return await self.rows("SELECT * FROM tickets WHERE workspace_id = $1 ORDER BY number")

    async def said(self, ticket_id: UUID | None = None) -> list[Any]:
        """Interactions in the order they came."""
        return await self.rows(
            "SELECT * FROM interactions WHERE workspace_id = $1 AND ($2::uuid IS NULL OR ticket_id = $2)"
            " ORDER BY created_at, seq",
            ticket_id,
        )

    async def settled(self, mails: int) -> list[Any]:
        """The raw mails, once so many are there and none waits any more."""

        async def all_done() -> list[Any] | None:
            found = await self.rows(
                "SELECT * FROM raw_mails WHERE workspace_id = $1 ORDER BY received_at, id"
            )
            done = len(found) >= mails and all(row["state"] != "received" for row in found)
            return found if done else None

        found: list[Any] = await until(all_done)
        return found

    async def tell_log(self) -> None:
        """Do what the sequencer and the consumer of outgoing mail do."""
        async with self.store.across() as db:
            await log.number(db, 1000)
            entries = await log.read(db, dict.fromkeys(range(8), 0), 1000)
        await self.post.on_events(entries)


async def until(look: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `look` gives once that is something."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(store: Store, folder: Path, **settings: Any) -> AsyncIterator[Office]:
    """Open, and closed again with nothing left behind."""
    desk = await settle(store, ADDRESS)
    handle, vault, blobs = Handle(store), Vault(SECRET), Blobs(folder / "blobs")
    given = Settings(data_dir=folder, smtp_port=0, imap_poll_seconds=2, **settings)
    post = PostOffice(given, store, handle, blobs, vault, SECRET)
    await post.open()
    tasks = [asyncio.create_task(handle.run()), asyncio.create_task(post.run())]
    try:
        yield Office(store, desk, handle, post, vault, blobs)
    finally:
        await post.close()
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def mail(
    text: str = "My printer is on fire.",
    *,
    subject: str = "Printer",
    sender: str = "Carla <carla@customer.test>",
    to: str = ADDRESS,
    message_id: str | None = "<1@customer.test>",
    more: str = "",
) -> bytes:
    """A plain mail; `more` is further header lines, each with its CRLF."""
    named = f"Message-ID: {message_id}\r\n" if message_id else ""
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Sun, 22 Nov 2026 06:00:00 +0000\r\n"
        f"{named}{more}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()
