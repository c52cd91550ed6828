"""The search index as a consumer of the log, and how it is compared with the texts and built again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple
from uuid import UUID

from server.store import search
from server.store.log import Entry
from server.store.pool import Store

CONSUMER = "search"
_TICKETS = 200  # compared or rebuilt in one transaction


class SearchIndex:
    """Keeps the index of every workspace as the log tells what changed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle(self, entries: Sequence[Entry]) -> None:
        """Index what `entries` are about; repeating it is harmless. Raises Unavailable."""
        places: defaultdict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
        for entry in entries:
            if entry.type == "interaction_added":
                places[entry.workspace_id].append((entry.ticket_id, entry.seq))
            elif entry.type in ("ticket_opened", "subject_changed"):
                places[entry.workspace_id].append((entry.ticket_id, search.HEADING))
        for workspace_id, found in places.items():
            async with self._store.write(workspace_id, by_key=True) as db:
                await search.index(db, workspace_id, found)


class Compared(NamedTuple):
    """A range of tickets up to `last`, and how many of its entries were not what the texts say."""

    last: UUID
    differences: int


async def rebuild(store: Store, workspace_id: UUID) -> AsyncIterator[Compared]:
    """Compare a workspace's index with its texts, range after range, and mend each that differs.

    Runs beside a working desk: an entry that the consumer has not come to yet counts as a difference.
    """
    after = UUID(int=0)
    while True:
        async with store.write(workspace_id) as db:
            last = await search.find_range(db, workspace_id, after, _TICKETS)
            if last is None:
                return
            differences = await search.count_differences(db, workspace_id, after, last)
            if differences:
                await search.rebuild_range(db, workspace_id, after, last)
        yield Compared(last, differences)
        after = last
