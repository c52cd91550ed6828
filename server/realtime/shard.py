"""Shards: rooms spread by a stable hash, the unit in which processes share them.

A process holds, and hears, the shards in which it has rooms. A room lives while somebody is in it; what is
due in it is remembered here, so that nobody walks idle rooms.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from uuid import UUID

from server.realtime.notes import Note
from server.realtime.room import Room

SHARDS = 1024  # many more than processes, so that each hears little that it has no member for
LINGER_SECONDS = 30.0  # a reload must not end and begin a subscription
RoomKey = tuple[UUID, str]


def shard_of(name: str) -> int:
    """The shard of a room, the same in every process."""
    return zlib.crc32(name.encode()) % SHARDS


class Shard:
    """Some of the process's rooms, by workspace and name: the same name elsewhere is another room."""

    def __init__(self) -> None:
        self.rooms: dict[RoomKey, Room] = {}
        self.empty_since: float | None = None


class Shards:
    """All rooms of the process; `opened` and `closed` are told which shards there are."""

    def __init__(self, opened: Callable[[int], None], closed: Callable[[int], None]) -> None:
        self._shards: dict[int, Shard] = {}
        self._touched: set[RoomKey] = set()
        self._opened = opened
        self._closed = closed

    def find(self, workspace_id: UUID, name: str) -> Room | None:
        """A room that somebody is in."""
        shard = self._shards.get(shard_of(name))
        return None if shard is None else shard.rooms.get((workspace_id, name))

    def open(self, key: RoomKey, make: Callable[[], Room]) -> Room:
        """A room, made when it is not there."""
        number = shard_of(key[1])
        shard = self._shards.get(number)
        if shard is None:
            shard = self._shards[number] = Shard()
            self._opened(number)
        room = shard.rooms.get(key)
        if room is None:
            room = shard.rooms[key] = make()
        shard.empty_since = None
        return room

    def touch(self, room: Room) -> None:
        """Somebody came, went or composes: look at the room at the next tick."""
        self._touched.add((room.workspace_id, room.name))

    def tick(self, now: float, *, shared: bool = True) -> Iterator[tuple[Room, list[Note]]]:
        """Let touched rooms tell what is due, and forget empty ones; each with what others must hear."""
        touched, self._touched = self._touched, set()
        for workspace_id, name in touched:
            room = self.find(workspace_id, name)
            if room is None:
                continue
            if not room.members:
                self._forget(room, now)
                yield room, room.withdraw()
                continue
            yield room, room.tick(now, shared=shared)
            if room.is_restless:
                self.touch(room)

    def _forget(self, room: Room, now: float) -> None:
        shard = self._shards[shard_of(room.name)]
        del shard.rooms[room.workspace_id, room.name]
        if not shard.rooms:
            shard.empty_since = now

    def sweep(self, turn: int, turns: int, now: float) -> Iterator[Room]:
        """The rooms of a slice of the shards; those empty for long are closed."""
        for number in [number for number in self._shards if number % turns == turn % turns]:
            shard = self._shards[number]
            yield from list(shard.rooms.values())
            if shard.empty_since is not None and now - shard.empty_since > LINGER_SECONDS:
                del self._shards[number]
                self._closed(number)

    def of(self, number: int) -> list[Room]:
        """The rooms of one shard."""
        shard = self._shards.get(number)
        return [] if shard is None else list(shard.rooms.values())

    def all(self) -> Iterator[Room]:
        """Every room that somebody is in."""
        for shard in self._shards.values():
            yield from shard.rooms.values()

    def count(self) -> int:
        """How many rooms somebody is in."""
        return sum(len(shard.rooms) for shard in self._shards.values())
