"""The words of attached files as a consumer of the log, and how they are built again.

Who reads the bytes is given by the wiring: it is a sandbox, since they are anybody's. A file that cannot be
read is counted, noted with its reason and passed over; it blocks neither the next one nor what was said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog
from anyio import to_thread
from prometheus_client import Counter

from server.store import search_files
from server.store.blobs import Blobs
from server.store.lease import AWAY
from server.store.log import Entry
from server.store.pool import Store
from server.store.search_files import Unread

CONSUMER = "attachment text"
MAX_FILE_BYTES = 20 * 1024 * 1024
_PAGE = 100

_log = structlog.get_logger("parley.files")
_read = Counter("parley_attachment_texts_total", "Attached files read for search.", ["outcome"])


class Reader(Protocol):
    """Reads files, whatever is in them, within bounds."""

    def reads(self, mime_type: str, name: str) -> bool:
        """Whether files of this kind are read at all."""

    async def text(self, mime_type: str, name: str, data: bytes) -> tuple[str, str | None]:
        """The words of a file; when these bytes give none, why."""


class Rebuilt(NamedTuple):
    """Files up to `last`, and how many of them were read."""

    last: UUID
    files: int


class FileIndex:
    """Keeps the words of every workspace's files as the log tells what was said."""

    def __init__(self, store: Store, blobs: Blobs, reader: Reader) -> None:
        self._store = store
        self._blobs = blobs
        self._reader = reader

    async def handle(self, entries: Sequence[Entry]) -> None:
        """Read the files of `entries`, one after the other; repeating it is harmless. Raises Unavailable."""
        places: defaultdict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
        for entry in entries:
            if entry.type == "interaction_added":
                places[entry.workspace_id].append((entry.ticket_id, entry.seq))
        for workspace_id, found in places.items():
            async with self._store.write(workspace_id, by_key=True) as db:
                files = await search_files.list_unread(db, workspace_id, found)
            for file in files:
                await self._index(workspace_id, file)

    async def rebuild(self, workspace_id: UUID) -> AsyncIterator[Rebuilt]:
        """Read every file of a workspace that was not read yet, page after page.

        Runs beside a working desk: a file that the consumer has not come to yet counts too.
        """
        after = UUID(int=0)
        while True:
            async with self._store.read(workspace_id) as db:
                files = await search_files.list_unread_after(db, workspace_id, after, _PAGE)
            if not files:
                return
            after = files[-1].id
            done = [await self._index(workspace_id, file) for file in files]
            yield Rebuilt(after, sum(done))

    async def _index(self, workspace_id: UUID, file: Unread) -> bool:
        """Read one file and keep its words, or why it has none; False for a kind that is not read."""
        if not self._reader.reads(file.mime_type, file.filename):
            return False
        text, error = await self._text(workspace_id, file)
        try:
            await self._keep(workspace_id, file, text, error)
        except AWAY:
            raise
        except Exception as wrong:  # noqa: BLE001 (words that Postgres does not take are no words)
            error = type(wrong).__name__
            await self._keep(workspace_id, file, "", error)
        _read.labels("read" if error is None else "failed").inc()
        if error is not None:
            _log.warning(
                "attachment_not_read", attachment_id=str(file.id), size=file.size_bytes, reason=error
            )
        return True

    async def _text(self, workspace_id: UUID, file: Unread) -> tuple[str, str | None]:
        if file.size_bytes > MAX_FILE_BYTES:
            return "", "too large"
        try:
            data = await to_thread.run_sync(self._bytes, workspace_id, file)
        except OSError as gone:
            return "", type(gone).__name__
        return await self._reader.text(file.mime_type, file.filename, data)

    def _bytes(self, workspace_id: UUID, file: Unread) -> bytes:
        return b"".join(self._blobs.read(workspace_id, file.content_key, 0, file.size_bytes))

    async def _keep(self, workspace_id: UUID, file: Unread, text: str, error: str | None) -> None:
        async with self._store.write(workspace_id) as db:
            await search_files.index_file(db, workspace_id, file, text, error)
