"""Topics that streams may write, in Postgres: changelogs of tables, and queues between agents.

A topic belongs to one app: the group that commits is the app's, so a queue keeps what that app has yet to
read and nothing else. A changelog keeps the newest record of each key, and is read whole when its table is
recovered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.store import log, stream_records
from server.store.bell import Bell
from server.store.pool import Store
from server.store.stream_records import Unwritten
from server.streams.topic import Record, Topic


class StoredTopic:
    """A declared topic; readable and writable."""

    def __init__(self, store: Store, app: str, name: str, partitions: int) -> None:
        self._store = store
        self._group = f"{app} of {name}"
        self.name = name
        self.partitions = partitions
        self.bell = Bell()

    async def append(self, records: Sequence[Unwritten]) -> list[int]:
        """Write records in one transaction; their offsets. Raises TopicFull."""
        async with self._store.across() as db:
            offsets = await stream_records.append(db, self.name, records)
        self.bell.ring()
        return offsets

    async def read(self, positions: Mapping[int, int], limit: int) -> list[Record]:
        async with self._store.across() as db:
            return [Record(*row) for row in await stream_records.read(db, self.name, positions, limit)]

    async def fetch_heads(self) -> dict[int, int]:
        async with self._store.across() as db:
            return await stream_records.fetch_heads(db, self.name)

    async def fetch_committed(self) -> dict[int, int]:
        async with self._store.across() as db:
            return await log.fetch_committed(db, self._group, self.partitions)

    async def commit(self, positions: Mapping[int, int]) -> None:
        async with self._store.across() as db:
            await log.commit(db, self._group, positions)
            await stream_records.trim(db, self.name, positions)


class Shelf:
    """Where an app's own topics lie."""

    def __init__(self, store: Store, app: str) -> None:
        self._store = store
        self._app = app

    async def open(self, name: str, partitions: int, *, compacted: bool = False) -> StoredTopic:
        """The topic of a name, made when it is missing. Raises TopicMismatch and Unavailable."""
        async with self._store.across() as db:
            await stream_records.declare(db, name, partitions, compacted=compacted)
        return StoredTopic(self._store, self._app, name, partitions)


class Topics(dict[str, Topic]):
    """The topics of an app by name: those that it is to read and, with a shelf, any of its own."""

    def __init__(self, topics: Sequence[Topic], shelf: Shelf | None) -> None:
        super().__init__({topic.name: topic for topic in topics})
        self._shelf = shelf

    async def open(self, name: str, partitions: int, *, compacted: bool) -> None:
        """Make a topic of the app's own, or find it."""
        if name not in self:
            assert self._shelf is not None, name
            self[name] = await self._shelf.open(name, partitions, compacted=compacted)
