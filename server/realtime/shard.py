"""Shards: rooms spread by a stable hash, the unit in which processes will share them.

A shard owns its rooms. A room lives while somebody is in it; what is due in it (a change of presence, the end
of typing) is remembered here, so that nobody walks idle rooms.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from uuid import UUID

from server.realtime.room import Room, TicketRoom

SHARDS = 64
RoomKey = tuple[UUID, str]


def shard_of(name: str) -> int:
    """The shard of a room, the same in every process."""
    return zlib.crc32(name.encode()) % SHARDS


class Shard:
    """Some of the process's rooms, by workspace and name: the same name elsewhere is another room."""

    def __init__(self) -> None:
        self.rooms: dict[RoomKey, Room] = {}
        self._touched: set[RoomKey] = set()

    def find(self, key: RoomKey) -> Room | None:
        """A room that somebody is in."""
        return self.rooms.get(key)

    def open(self, key: RoomKey, make: Callable[[], Room]) -> Room:
        """A room, made when it is not there."""
        room = self.rooms.get(key)
        if room is None:
            room = self.rooms[key] = make()
        return room

    def touch(self, room: Room) -> None:
        """Somebody came, went or composes: look at the room at the next tick."""
        self._touched.add((room.workspace_id, room.name))

    def tick(self, now: float) -> None:
        """Tell changed presence, end stale typing, forget empty rooms."""
        touched, self._touched = self._touched, set()
        for key in touched:
            room = self.rooms.get(key)
            if room is None:
                continue
            if not room.members:
                del self.rooms[key]
                continue
            room.tell_presence()
            if isinstance(room, TicketRoom):
                room.expire(now)
                if room.typing:
                    self._touched.add(key)


class Shards:
    """All rooms of the process."""

    def __init__(self) -> None:
        self._shards = [Shard() for _ in range(SHARDS)]

    def of(self, name: str) -> Shard:
        """The shard that owns a room."""
        return self._shards[shard_of(name)]

    def find(self, workspace_id: UUID, name: str) -> Room | None:
        """A room that somebody is in."""
        return self.of(name).find((workspace_id, name))

    def touch(self, room: Room) -> None:
        """See `Shard.touch`."""
        self.of(room.name).touch(room)

    def tick(self, now: float) -> None:
        """See `Shard.tick`."""
        for shard in self._shards:
            shard.tick(now)

    def count(self) -> int:
        """How many rooms somebody is in."""
        return sum(len(shard.rooms) for shard in self._shards)
