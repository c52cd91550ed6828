"""The shared drafts of a process: opened by the first frame about one, dropped soon after the last has left.

What is written is told at once and kept in Postgres a moment later; what other processes keep there is read
once a second, whether or not the bus has told it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

import anyio
import structlog
from anyio.abc import TaskGroup
from prometheus_client import Gauge

from server.clock import new_id
from server.domain import rights
from server.domain.errors import NotFound, Refusal, Unavailable
from server.domain.events import InteractionAdded
from server.domain.rights import Action
from server.handle import Handle, Outcome
from server.realtime.drafts.draft import Draft
from server.realtime.drafts.frame import parse_message
from server.realtime.drafts.page import Page, Writer
from server.realtime.drafts.shelf import MAX_ROWS, Read, Shelf, rows_of
from server.realtime.notes import DraftChanged, Note
from server.realtime.room import Room
from server.realtime.ticket_room import TicketRoom
from server.store.drafts import Update
from server.store.pool import Store

SAVE_SECONDS = 0.2
READ_SECONDS = 1.0
AGAIN_SECONDS = 1.0
IDLE_SECONDS = 10.0
LAST_SECONDS = 3.0

_log = structlog.get_logger("parley.live")
_open = Gauge("parley_drafts_open", "Shared drafts that this process has in memory")
Key = tuple[UUID, UUID]


class Rooms(Protocol):
    """The rooms, as drafts see them."""

    def find(self, workspace_id: UUID, name: str) -> Room | None: ...

    def publish(self, room: Room, note: Note) -> None: ...


class Drafts:
    """Every draft that somebody of this process writes. `run` must be running."""

    def __init__(self, store: Store, handle: Handle, rooms: Rooms) -> None:
        self._handle = handle
        self._rooms = rooms
        self._shelf = Shelf(store)
        self._pages: dict[Key, Page] = {}
        self._tasks: TaskGroup | None = None

    async def run(self) -> None:
        """Keep drafts true until cancelled; what is not kept yet is written then."""
        undo = self._handle.listen(self._told)
        try:
            async with anyio.create_task_group() as group:
                self._tasks = group
                await self._look()
        finally:
            self._tasks = None
            undo()
            with anyio.move_on_after(LAST_SECONDS, shield=True):
                await self._save_last()

    def find(self, workspace_id: UUID, ticket_id: UUID) -> Draft | None:
        """A draft that is in memory."""
        page = self._pages.get((workspace_id, ticket_id))
        return None if page is None else page.draft

    # what connections and rooms say

    def receive(self, by: Writer, room: TicketRoom, generation: int, payload: bytes) -> None:
        """A frame of somebody who is in the ticket's room; raises a Refusal."""
        scope = room.scope
        if scope is None:
            raise NotFound
        rights.check(by.actor, Action.WRITE_DRAFT, scope)
        message = parse_message(payload)
        key = (room.workspace_id, room.ticket_id)
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = Page(self, *key, scope)
            _open.set(len(self._pages))
        room.drafting, page.scope, page.idle_since = page, scope, None
        if page.draft is not None and generation <= page.draft.generation:
            page.receive(by, generation, message)
        else:
            page.wait(by, generation, message)
            self._read_soon(page)

    def heard(self, room: TicketRoom, process: UUID, note: DraftChanged) -> None:
        """Another process says this of a draft; what cannot be merged comes by Postgres."""
        room.raise_draft(note.generation)
        page = self._pages.get((room.workspace_id, room.ticket_id))
        if page is None or page.draft is None or page.draft.generation != note.generation:
            return
        try:
            page.carry(page.draft.hear(process, parse_message(note.payload, 0, trusted=True)))
        except Refusal as refusal:
            _log.warning("a note about a draft was not understood", code=refusal.code)

    def asked(self, room: TicketRoom) -> None:
        """Another process wants to know where the cursors are."""
        page = self._pages.get((room.workspace_id, room.ticket_id))
        if page is not None and page.draft is not None:
            page.carry(page.draft.present())

    def announce(self, page: Page, note: DraftChanged) -> None:
        """See `page.Host`."""
        room = self._rooms.find(page.workspace_id, page.name)
        if room is not None:
            self._rooms.publish(room, note)

    def written(self, page: Page) -> None:
        """See `page.Host`."""
        if not page.is_saving and self._tasks is not None:
            page.is_saving = True
            self._tasks.start_soon(self._save, page)

    # what the writer says

    def _told(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            event = outcome.records[0].event
            if isinstance(event, InteractionAdded) and event.draft is not None:
                self._raised((outcome.ticket.workspace_id, outcome.ticket.id), event.draft)

    def _raised(self, key: Key, generation: int) -> None:
        """A draft was sent: its room hears it, and the page even when nobody is in the room."""
        workspace_id, ticket_id = key
        room = self._rooms.find(workspace_id, f"ticket:{ticket_id}")
        if isinstance(room, TicketRoom):
            room.raise_draft(generation)
        if (page := self._pages.get(key)) is not None:
            page.raised(generation)

    # Postgres

    def _read_soon(self, page: Page) -> None:
        if page.is_reading:
            return
        if self._tasks is None:
            page.refuse_waiting(Unavailable())
            return
        page.is_reading = True
        self._tasks.start_soon(self._read, page)

    async def _read(self, page: Page) -> None:
        try:
            await self._read_all(page.workspace_id, [page])
            if page.draft is None:
                page.refuse_waiting(NotFound())
            else:
                page.answer_waiting()
        except Unavailable as refusal:
            page.refuse_waiting(refusal)
        finally:
            page.is_reading = False

    async def _read_all(self, workspace_id: UUID, pages: list[Page]) -> None:
        known = {page.ticket_id: set(page.known) for page in pages}
        found = await self._shelf.read(workspace_id, known)
        for page in pages:
            if (read := found.get(page.ticket_id)) is not None:
                self._merge(page, read)

    def _merge(self, page: Page, read: Read) -> None:
        room = self._rooms.find(page.workspace_id, page.name)
        if isinstance(room, TicketRoom):
            room.raise_draft(read.head.generation)
            page.raised(room.draft)
        page.read(read.head.generation, read.updates)

    async def _save(self, page: Page) -> None:
        """Add what is new, some moments' worth at a time."""
        assert page.draft is not None
        try:
            while page.draft.unsaved:
                await anyio.sleep(SAVE_SECONDS)
                try:
                    await self._save_now(page, page.draft)
                except Unavailable:
                    _log.warning("a draft waits: storage is away", ticket_id=str(page.ticket_id))
                    await anyio.sleep(AGAIN_SECONDS)
        finally:
            page.is_saving = False

    async def _save_now(self, page: Page, draft: Draft) -> None:
        generation, updates = draft.generation, draft.unsaved
        if not updates:
            return
        rows, draft.unsaved = rows_of(updates), []
        page.known |= {row.id for row in rows}
        try:
            if not await self._shelf.add(page.workspace_id, page.ticket_id, generation, rows):
                self._read_soon(page)
        except BaseException:
            if draft.generation == generation:
                draft.unsaved = [row.data for row in rows] + draft.unsaved
            raise
        if len(page.known) > MAX_ROWS:
            await self._pack(page, draft)

    async def _pack(self, page: Page, draft: Draft) -> None:
        packed = draft.packed()
        if packed is None or draft.unsaved:
            return
        generation, known, row = draft.generation, set(page.known), Update(new_id(), packed)
        kept = await self._shelf.pack(page.workspace_id, page.ticket_id, generation, row, known)
        if kept and draft.generation == generation:
            page.known = page.known - known | {row.id}

    # time

    async def _look(self) -> None:
        while True:
            await anyio.sleep(READ_SECONDS)
            by_workspace: dict[UUID, list[Page]] = {}
            for page in list(self._pages.values()):
                if page.draft is not None and not page.is_saving and not page.is_reading:
                    by_workspace.setdefault(page.workspace_id, []).append(page)
            try:
                for workspace_id, pages in by_workspace.items():
                    await self._read_all(workspace_id, pages)
                await self._drop(self._pages.values(), time.monotonic())
            except Unavailable:
                _log.warning("drafts are not read: storage is away")

    async def _drop(self, pages: Iterable[Page], now: float) -> None:
        """Forget what nobody has written for a while, packed."""
        for page in list(pages):
            draft = page.draft
            if page.is_reading or page.is_saving or page.waiting or (draft is not None and draft.members):
                page.idle_since = None
            elif page.idle_since is None:
                page.idle_since = now
            elif now - page.idle_since > IDLE_SECONDS:
                if draft is not None and len(page.known) > 1:
                    await self._pack(page, draft)
                if page.idle_since is not None:  # nobody came meanwhile
                    del self._pages[page.workspace_id, page.ticket_id]
        _open.set(len(self._pages))

    async def _save_last(self) -> None:
        for page in self._pages.values():
            try:
                if page.draft is not None:
                    await self._save_now(page, page.draft)
            except Unavailable:
                _log.warning("a draft was not kept: storage is away", ticket_id=str(page.ticket_id))
