"""List rooms: who watches an inbox gets the whole row of each ticket that changes, some times a second."""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from server.domain import resources
from server.domain.errors import Unavailable
from server.queries.tickets import find_tickets
from server.realtime.frames import TicketRow, encode_frame
from server.realtime.room import Room
from server.realtime.shard import Shards
from server.store.pool import Store

PAUSE_SECONDS = 0.1  # changes of one ticket within it are one frame
MAX_PAGE = 100
MAX_CHANGED = 20_000

_log = structlog.get_logger("parley.live")


class Lists:
    """Collects changed tickets and tells whoever watches their inboxes."""

    def __init__(self, store: Store, shards: Shards) -> None:
        self._store = store
        self._shards = shards
        self._changed: dict[tuple[UUID, UUID], None] = {}
        self._known: dict[UUID, int] = {}
        self._wake = asyncio.Event()
        self._watched: dict[UUID, set[str]] = {}

    def watch(self, room: Room) -> None:
        """Somebody has gone into a list room."""
        self._watched.setdefault(room.workspace_id, set()).add(room.name)

    def _is_watched(self, workspace_id: UUID) -> bool:
        names = self._watched.get(workspace_id, set())
        gone = {name for name in names if self._shards.find(workspace_id, name) is None}
        names -= gone
        if not names:
            self._watched.pop(workspace_id, None)
        return bool(names)

    def changed(self, workspace_id: UUID, ticket_id: UUID, seq: int) -> None:
        """A ticket has changed; nothing when that was told already, or nobody watches a list."""
        if workspace_id not in self._watched or not self._is_watched(workspace_id):
            return
        if seq <= self._known.get(ticket_id, 0):
            return  # the writer of this process was heard before the log
        if len(self._known) >= MAX_CHANGED:
            self._known.clear()  # at worst something is told twice
        self._known[ticket_id] = seq
        self._changed[workspace_id, ticket_id] = None
        self._wake.set()
        if len(self._changed) > MAX_CHANGED:
            self._give_up()

    def _give_up(self) -> None:
        """Too much has changed to be told: who watches comes back and fetches the lists anew."""
        self._changed.clear()
        _log.warning("lists fell behind", changed=MAX_CHANGED)
        for workspace_id, names in self._watched.items():
            for name in names:
                room = self._shards.find(workspace_id, name)
                for listener in [] if room is None else list(room.members):
                    listener.overflow()

    async def run(self) -> None:
        """Tell changes until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._changed:
                page = list(self._changed)[:MAX_PAGE]
                workspace_id = page[0][0]
                ids = [ticket_id for owner, ticket_id in page if owner == workspace_id]
                try:
                    await self._tell(workspace_id, ids)
                except Unavailable:
                    await asyncio.sleep(1)
                    continue
            await asyncio.sleep(PAUSE_SECONDS)

    async def _tell(self, workspace_id: UUID, ids: list[UUID]) -> None:
        for ticket_id in ids:  # what changes while we read must be told again
            del self._changed[workspace_id, ticket_id]
        try:
            async with self._store.read(workspace_id) as db:
                tickets = await find_tickets(db, workspace_id, ids)
        except Unavailable:
            self._changed.update({(workspace_id, ticket_id): None for ticket_id in ids})
            raise
        for ticket in tickets.values():
            self._tell_row(workspace_id, ticket)

    def _tell_row(self, workspace_id: UUID, ticket: resources.Ticket) -> None:
        room = self._shards.find(workspace_id, f"inbox:{ticket.inbox_id}")
        if room is not None:
            payload = encode_frame(TicketRow(room.name, ticket))
            room.broadcast(lambda public: None if public else payload)
