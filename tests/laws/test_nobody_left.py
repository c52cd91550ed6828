"""Nobody left: after every disconnect a room is empty, nobody in it is typing, and it is forgotten.

Connections of some people come, go, compose, read and break off in any order, in two rooms; while somebody is
in, presence shows exactly who. Seen to fail when leaving does not end typing, and when typing never expires.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.domain.identity import Actor, Agent, Customer
from server.domain.rights import Scope
from server.realtime.composing import TYPING_SECONDS
from server.realtime.room import Room
from server.realtime.shard import Shards
from server.realtime.ticket_room import TicketRoom
from tests.laws.budget import examples

WORKSPACE, CARLA = UUID(int=1), UUID(int=2)
NAMES = [f"ticket:{UUID(int=number)}" for number in (10, 11)]
PEOPLE: list[Actor] = [
    Agent(WORKSPACE, UUID(int=3), "Alice", "agent"),
    Agent(WORKSPACE, UUID(int=4), "Bob", "agent"),
    Customer(WORKSPACE, CARLA, "Carla"),
]


OPENED: list[int] = []
CLOSED: list[int] = []


class Socket:
    """A connection that remembers, for each room, who it was told is there and composing."""

    def __init__(self, actor: Actor, shards: Shards) -> None:
        self.actor = actor
        self.shards = shards
        self.rooms: dict[str, Room] = {}
        self.present: dict[str, list[str]] = {}
        self.typing: dict[str, set[str]] = {}

    def send(self, data: bytes) -> None:
        frame = msgspec.json.decode(data[2 if data[1] < 126 else 4 :])
        room = frame["room"]
        if frame["op"] == "presence":
            self.present[room] = [member["name"] for member in frame["members"]]
        elif frame["op"] == "typing":
            composing = self.typing.setdefault(room, set())
            (composing.add if frame["on"] else composing.discard)(frame["who"]["name"])

    def overflow(self) -> None:
        raise AssertionError("nothing is held here")

    def join(self, name: str) -> None:
        self.leave(name)
        room = self.shards.open((WORKSPACE, name), lambda: _room(name))
        assert isinstance(room, TicketRoom)
        membership = room.add(self)
        room.admit(membership)
        membership.release(0)
        self.rooms[name] = room
        self.typing[name] = {now.who.name for now in room.typing_for(membership)}
        self.shards.touch(room)

    def leave(self, name: str) -> None:
        if (room := self.rooms.pop(name, None)) is not None:
            room.remove(self)
            self.shards.touch(room)

    def compose(self, name: str, on: bool, now: float) -> None:
        if isinstance(room := self.rooms.get(name), TicketRoom):
            room.compose(self, on, None, now)
            self.shards.touch(room)

    def lost(self) -> None:
        for name in list(self.rooms):
            self.leave(name)


def _room(name: str) -> TicketRoom:
    room = TicketRoom(name, WORKSPACE, UUID(name.partition(":")[2]))
    room.begin(Scope(WORKSPACE), 1, 1, {})
    return room


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["join", "on", "on", "off", "leave", "lost", "tick"]),
        st.integers(0, 3),
        st.integers(0, 1),
    ),
    min_size=4,
    max_size=50,
)


@given(ACTS)
@examples(600)
def test_when_all_have_gone_nobody_is_left(acts: list[tuple[str, int, int]]) -> None:
    shards, now = Shards(OPENED.append, CLOSED.append), 0.0
    sockets = [Socket(PEOPLE[number % 3], shards) for number in range(4)]
    for act, who, where in acts:
        socket, name = sockets[who], NAMES[where]
        match act:
            case "join":
                socket.join(name)
            case "leave":
                socket.leave(name)
            case "on" | "off":
                if name not in socket.rooms:
                    socket.join(name)
                socket.compose(name, act == "on", now)
            case "lost":
                socket.lost()
            case _:
                now += 1
                list(shards.tick(now))
                _agree(sockets)
    now += TYPING_SECONDS
    list(shards.tick(now))
    _agree(sockets)
    rooms: list[Any] = [room for socket in sockets for room in socket.rooms.values()]
    for socket in sockets:
        assert not any(socket.typing.get(name) for name in socket.rooms), "who says nothing is not composing"
        socket.lost()
    list(shards.tick(now + 1))
    assert shards.count() == 0
    assert all(not room.members and not room.composing for room in rooms)


def _agree(sockets: list[Socket]) -> None:
    """Everybody in a room has been told the same: who is in it, and who of the others composes."""
    for name in NAMES:
        inside = [socket for socket in sockets if name in socket.rooms]
        names = sorted({socket.actor.name for socket in inside})
        for socket in inside:
            room: Any = socket.rooms[name]
            assert sorted(socket.present[name]) == names
            composing = {
                other.actor.name
                for other in inside
                if any(who.id == other.actor.id for who in room.composing.everybody())
            }
            assert socket.typing[name] == composing - {socket.actor.name}
