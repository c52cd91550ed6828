"""One transaction around everything: a store whose every write is a part of the same commit.

So the demonstration is there whole or not at all, and nobody (the SLA clocks, the log's consumers) sees a
history that is still being told: an old target that looks overdue would ring at once, at today's time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from server.store.pool import Connection, Store


class WholeStore(Store):
    """A store that writes to one open transaction of one workspace, one writer at a time."""

    def __init__(self, store: Store, db: Connection) -> None:
        super().__init__(store.pool, store.dsn)
        self._db = db

    def write(  # type: ignore[override]
        self, workspace_id: UUID, *, by_key: bool = False
    ) -> AbstractAsyncContextManager[Connection]:
        """The open transaction; nothing is committed on leaving, and an error is for the owner to end it."""
        return self._lend()

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[Connection]:
        yield self._db
