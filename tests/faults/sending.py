"""A process that sends what is queued, for tests that kill it; told database and folder."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from connectors.outgoing import Sender
from server.handle import Handle
from server.store.blobs import Blobs
from server.store.pool import Store
from server.store.vault import Vault
from tests.channels.office import SECRET


async def main(dsn: str, folder: str) -> None:
    """Send until killed."""
    store = await Store.open(dsn, max_connections=4)
    handle = Handle(store)
    sender = Sender(store, handle, Blobs(Path(folder)), Vault(SECRET), SECRET, None)
    async with asyncio.TaskGroup() as group:
        group.create_task(handle.run())
        group.create_task(sender.run())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
