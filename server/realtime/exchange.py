"""What a process tells the others of its rooms, and what it does with what it hears of theirs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol, assert_never
from uuid import UUID

import msgspec
import structlog

from server.clock import new_id
from server.realtime.bus import Bus
from server.realtime.membership import Told
from server.realtime.notes import (
    Ask,
    DraftChanged,
    EventsTold,
    Note,
    Posted,
    PresenceOf,
    ReadBy,
    StatusOf,
    TypingBy,
    ViewingOf,
    decode_note,
    encode_note,
    is_from,
)
from server.realtime.room import Room
from server.realtime.shard import Shards, shard_of
from server.realtime.ticket_room import TicketRoom
from server.realtime.viewing import Views

TURNS = 100  # ticks in which every room is looked at once: ten seconds
QUIET_ROUNDS = 6  # a room with nobody in elsewhere is told of only in one round of these

_log = structlog.get_logger("parley.live")


class DraftEar(Protocol):
    """Whoever keeps the shared drafts, as other processes reach them."""

    def heard(self, room: TicketRoom, process: UUID, note: DraftChanged) -> None:
        """Another process says this of the draft of a room that somebody is in here."""

    def asked(self, room: TicketRoom) -> None:
        """Another process has its first member in the room, or is back: tell it what it cannot read."""


class Exchange:
    """Publishes and hears; `told` is given the events of others, `drafts` what is said of drafts."""

    def __init__(
        self,
        bus: Bus,
        told: Callable[[TicketRoom, list[Told]], None],
        status: Callable[[UUID, StatusOf], None],
    ) -> None:
        self.process = new_id()
        self.drafts: DraftEar | None = None
        self.shards = Shards(self._want, self._unwant)
        self.views = Views(
            self.shards.find,
            lambda name: self._want(shard_of(name)),
            lambda name: self._unwant(shard_of(name)),
        )
        self._bus = bus
        self._told = told
        self._status = status
        self._wants: Counter[int] = Counter()
        self._turn = 0

    def listen(self) -> Callable[[], None]:
        """Hear the other processes; returns how to stop."""
        return self._bus.listen(self._hear, self._confirmed)

    # telling

    def publish(self, room: Room, note: Note) -> None:
        """Tell the processes that have members in a room."""
        self._post(room.workspace_id, room.name, note)

    def publish_to(self, workspace_id: UUID, name: str, note: Note) -> None:
        """The same of a room that may have nobody here."""
        self._post(workspace_id, name, note)

    def _post(self, workspace_id: UUID, name: str, note: Note) -> None:
        if self.is_shared:
            data = encode_note(Posted(self.process, workspace_id, name, note))
            self._bus.publish(shard_of(name), data)

    @property
    def is_shared(self) -> bool:
        """Whether there is anybody to tell."""
        return self._bus.shared

    # subscribing

    def _want(self, shard: int) -> None:
        self._wants[shard] += 1
        if self._wants[shard] == 1:
            self._bus.want(shard)

    def _unwant(self, shard: int) -> None:
        self._wants[shard] -= 1
        if not self._wants[shard]:
            del self._wants[shard]
            self._bus.unwant(shard)

    def hears(self, room: Room) -> bool:
        """Whether what others tell this room is heard for certain."""
        return self._bus.has(shard_of(room.name))

    async def hearing(self, room: Room) -> None:
        """Wait until it is, and no longer than the bus allows."""
        await self._bus.wanted(shard_of(room.name))

    def opened(self, room: Room) -> None:
        """The first member of a room has come: others are asked for their states of it."""
        if self.hears(room):
            self.publish(room, Ask())

    def _confirmed(self, shard: int) -> None:
        """What was told before this moment is gone: tell anew, and ask."""
        for room in self.shards.of(shard):
            self._answer(room)
            self.publish(room, Ask())

    def _answer(self, room: Room) -> None:
        room.answer()
        self.shards.touch(room)
        if isinstance(room, TicketRoom) and self.drafts is not None:
            self.drafts.asked(room)

    # hearing

    def _hear(self, shard: int, data: bytes) -> None:
        if shard < 0 or is_from(data, self.process):
            return
        try:
            posted = decode_note(data)
        except msgspec.DecodeError:
            _log.warning("a note of another version was not understood", shard=shard)
            return
        room = self.shards.find(posted.workspace_id, posted.room)
        note = posted.note
        if isinstance(note, ViewingOf | Ask):
            self._hear_of_list(posted, note)
        if room is not None:
            self._hear_in(room, posted.process, note)

    def _hear_of_list(self, posted: Posted, note: ViewingOf | Ask) -> None:
        inbox = (posted.workspace_id, posted.room)
        if isinstance(note, ViewingOf):
            self.views.hear(inbox, posted.process, note, time.monotonic())
            return
        for view in self.views.answer(inbox):
            self._post(*inbox, view)

    def _hear_in(self, room: Room, process: UUID, note: Note) -> None:
        now = time.monotonic()
        match note:
            case PresenceOf():
                room.hear_presence(process, note, now)
            case Ask():
                self._answer(room)
            case StatusOf():
                self._status(room.workspace_id, note)
            case ViewingOf():
                pass  # heard whether or not somebody watches
            case EventsTold() | TypingBy() | ReadBy() | DraftChanged():
                if isinstance(room, TicketRoom):
                    self._hear_in_ticket(room, process, note, now)
            case _:
                assert_never(note)
        self.shards.touch(room)

    def _hear_in_ticket(
        self,
        room: TicketRoom,
        process: UUID,
        note: EventsTold | TypingBy | ReadBy | DraftChanged,
        now: float,
    ) -> None:
        match note:
            case EventsTold(told=told):
                self._told(room, list(told))
            case TypingBy():
                room.hear_typing(note, now)
            case ReadBy():
                room.hear_read(note)
            case DraftChanged():
                if self.drafts is not None:
                    self.drafts.heard(room, process, note)
            case _:
                assert_never(note)

    # time

    def tick(self, now: float) -> None:
        """Tell what is due, here and to the others."""
        for room, notes in self.shards.tick(now, shared=self.is_shared):
            for note in notes:
                self.publish(room, note)
            if isinstance(room, TicketRoom) and (viewed := self.views.look(room)) is not None:
                inbox, view = viewed
                self._post(*inbox, view)
        self._sweep(now)
        self.views.tell()

    def leave(self, now: float) -> None:
        """The process stops: take back all it said, of those too who did not go in time."""
        self.tick(now)
        for room in self.shards.all():
            for note in room.withdraw():
                self.publish(room, note)
        for inbox, notes in self.views.refresh():
            for note in notes:
                self._post(*inbox, ViewingOf(note.ticket_id, (), ()))

    def _sweep(self, now: float) -> None:
        """Look at a slice of all rooms: in ten seconds each was looked at once."""
        self._turn += 1
        for room in self.shards.sweep(self._turn, TURNS, now):
            if not self.is_shared:
                continue
            if room.elsewhere or (self._turn // TURNS + shard_of(room.name)) % QUIET_ROUNDS == 0:
                room.refresh(now)
                self.shards.touch(room)
        if self._turn % TURNS == 0:
            self.views.expire(now)
            for inbox, notes in self.views.refresh():
                for note in notes:
                    self._post(*inbox, note)
