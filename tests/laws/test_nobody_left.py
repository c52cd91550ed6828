"""Nobody left: after every disconnect a room is empty, nobody in it is typing, and it is forgotten.

Connections of some people come, go, compose and break off in any order, by several processes that are joined
by a bus which loses, doubles, delays and reorders notes, and that are killed. While somebody is in, presence
shows exactly who: at the next tick for those of the same process, within a second for others while the bus
carries, and once its losses are half a minute old in any case. The same of who has which ticket open. Seen to
fail when leaving does not end typing, when typing never expires, when a process does not withdraw its last
member, when what others say of a room or a list never expires, when a state is not said again or asked for,
and when the answer to a newcomer is lost in a change of the same tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.identity import Actor, Agent, Customer
from server.domain.rights import Scope
from server.realtime import exchange
from server.realtime.composing import TYPING_SECONDS
from server.realtime.exchange import QUIET_ROUNDS
from server.realtime.presence import STATE_SECONDS
from server.realtime.room import Room
from server.realtime.shard import LINGER_SECONDS
from server.realtime.ticket_room import TicketRoom
from tests.laws.budget import examples
from tests.laws.processes import Network, Process, Time, tick

WORKSPACE, CARLA, INBOX = UUID(int=1), UUID(int=2), UUID(int=9)
NAMES = [f"ticket:{UUID(int=number)}" for number in (10, 11)]
LIST = f"inbox:{INBOX}"
PROCESSES, SOCKETS = 3, 6
PEOPLE: list[Actor] = [
    Agent(WORKSPACE, UUID(int=3), "Alice", "agent"),
    Agent(WORKSPACE, UUID(int=4), "Bob", "agent"),
    Customer(WORKSPACE, CARLA, "Carla"),
]
Act = tuple[str, int, int, bool]
time = Time()


@pytest.fixture(scope="module", autouse=True)
def moved_by_the_test() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "time", time)
        yield


class Socket:
    """A connection that remembers, for each room, who it was told is there and composing."""

    def __init__(self, actor: Actor, process: Process) -> None:
        self.actor = actor
        self.process = process
        self.rooms: dict[str, Room] = {}
        self.present: dict[str, list[str]] = {}
        self.typing: dict[str, set[str]] = {}
        self.viewed: dict[str, list[str]] = {}

    def send(self, data: bytes) -> None:
        self.hear(msgspec.json.decode(data[2 if data[1] < 126 else 4 :]))

    def hear(self, frame: dict[str, Any]) -> None:
        room = frame["room"]
        match frame["op"]:
            case "presence":
                self.present[room] = [member["name"] for member in frame["members"]]
            case "typing":
                composing = self.typing.setdefault(room, set())
                (composing.add if frame["on"] else composing.discard)(frame["who"]["name"])
            case "viewing":
                self.viewed[f"ticket:{frame['ticket_id']}"] = [one["name"] for one in frame["members"]]
            case _:
                raise AssertionError(frame)

    def overflow(self) -> None:
        raise AssertionError("nothing is held here")

    def join(self, name: str) -> None:
        self.leave(name)
        room = self.process.open(WORKSPACE, name, lambda: _room(name))
        membership = room.add(self)
        room.admit(membership)
        membership.release(0)
        self.rooms[name] = room
        if isinstance(room, TicketRoom):
            self.typing[name] = {now.who.name for now in room.typing_for(membership)}
        else:
            self.viewed = {}
            for frame in self.process.exchange.views.frames((WORKSPACE, name)):
                self.hear(msgspec.to_builtins(frame))

    def leave(self, name: str) -> None:
        if (room := self.rooms.pop(name, None)) is not None:
            room.remove(self)
            self.process.exchange.shards.touch(room)

    def compose(self, name: str, on: bool) -> None:
        if isinstance(room := self.rooms.get(name), TicketRoom):
            room.compose(self, on, None, time.now)
            self.process.exchange.shards.touch(room)

    def lost(self) -> None:
        for name in list(self.rooms):
            self.leave(name)


def _room(name: str) -> Room:
    if name == LIST:
        return Room(name, WORKSPACE)
    room = TicketRoom(name, WORKSPACE, UUID(name.partition(":")[2]))
    room.begin(Scope(WORKSPACE, INBOX), 1, 1, {})
    return room


class Story:
    """Processes, sockets and what happens to them."""

    def __init__(self) -> None:
        self.network = Network()
        self.processes = [Process(self.network) for _ in range(PROCESSES)]
        self.sockets = [
            Socket(PEOPLE[number % len(PEOPLE)], self.processes[number % PROCESSES])
            for number in (0, 4, 8, 1, 2, 3)
        ]

    def act(self, act: str, who: int, which: int, calm: bool) -> None:
        """One thing that happens, and perhaps a moment of calm."""
        if who < 0:
            self.break_something(act, which)
        else:
            self.do(act, who, which)
        if calm:
            tick(self.processes, time, 0.1, carried=True)

    def do(self, act: str, who: int, where: int) -> None:
        """One thing that somebody does."""
        socket, name = self.sockets[who % SOCKETS], [*NAMES, LIST][where % 3]
        match act:
            case "join" if name != LIST or isinstance(socket.actor, Agent):
                socket.join(name)
            case "leave":
                socket.leave(name)
            case "on" | "off" if name != LIST:
                if name not in socket.rooms:
                    socket.join(name)
                socket.compose(name, act == "on")
            case "lost":
                socket.lost()
            case "move":
                socket.lost()
                socket.process = self.processes[where % PROCESSES]
            case _:
                pass

    def break_something(self, act: str, which: int) -> None:
        """One thing that goes wrong."""
        match act:
            case "deliver":
                self.network.deliver(which)
            case "double":
                self.network.deliver(which, keep=True)
            case "drop":
                self.network.deliver(which, lose=True)
            case "confirm":
                self.network.confirm(which)
            case "cut":
                self.processes[which % PROCESSES].line.lose()
            case "kill":
                self.kill(which % PROCESSES)
            case "tick":
                time.now += 0.1
                self.processes[which % PROCESSES].exchange.tick(time.now)
            case _:
                pass

    def kill(self, which: int) -> None:
        """A process is gone, and its sockets with it; another takes its place."""
        old = self.processes[which]
        old.kill()
        new = self.processes[which] = Process(self.network)
        for socket in self.sockets:
            if socket.process is old:
                socket.rooms.clear()
                socket.process = new

    def agree(self) -> None:
        """Everybody in a room has been told the same: who is in it, and who of the others composes."""
        for name in (*NAMES, LIST):
            inside = [socket for socket in self.sockets if name in socket.rooms]
            names = sorted({socket.actor.name for socket in inside})
            for socket in inside:
                assert sorted(socket.present[name]) == names
            if name == LIST:
                for socket in inside:
                    self._agree_on_views(socket)

    def _agree_on_views(self, watcher: Socket) -> None:
        for name in NAMES:
            open_by = {socket.actor.name for socket in self.sockets if name in socket.rooms}
            assert watcher.viewed.get(name, []) == sorted(open_by & {"Alice", "Bob"}), name

    def nobody_composes(self) -> None:
        for socket in self.sockets:
            for name in NAMES:
                if name in socket.rooms:
                    assert not socket.typing.get(name), "who says nothing is not composing"

    def check_forgotten(self) -> None:
        """All have gone: what they were in is forgotten, and nothing is subscribed to."""
        for process in self.processes:
            assert process.exchange.shards.count() == 0
            assert not process.line.shards


# What, who, where, and whether time passes and the bus carries what was said meanwhile.
ACTS = st.tuples(
    st.sampled_from(["rest", "join", "join", "on", "on", "off", "leave", "lost", "move"]),
    st.integers(0, SOCKETS - 1),
    st.integers(0, 2),
    st.booleans(),
)
BREAKS = st.tuples(
    st.sampled_from(
        ["rest", "deliver", "deliver", "double", "drop", "confirm", "tick", "tick", "cut", "kill"]
    ),
    st.just(-1),
    st.integers(0, 20),
    st.booleans(),
)
MANY = 20  # Hypothesis' lists have few members unless they must have some


@given(st.lists(ACTS, min_size=MANY, max_size=2 * MANY))
@examples(150)
def test_while_the_bus_carries_everybody_agrees_within_a_second(acts: list[Act]) -> None:
    story = Story()
    for act in acts:
        story.act(*act)
    tick(story.processes, time, 1, carried=True)
    story.agree()
    for name in NAMES:
        inside = [socket for socket in story.sockets if name in socket.rooms]
        for socket in inside:
            room: Any = socket.rooms[name]
            composing = {who.name for who in room.composing.everybody()}
            assert socket.typing[name] == composing - {socket.actor.name}
            assert composing <= {other.actor.name for other in inside}
    tick(story.processes, time, TYPING_SECONDS, carried=True)
    story.nobody_composes()
    _everybody_goes(story)


@given(st.lists(ACTS | BREAKS, min_size=2 * MANY, max_size=4 * MANY))
@examples(120)
def test_whatever_the_bus_loses_everybody_agrees_in_the_end(acts: list[Act]) -> None:
    story = Story()
    for act in acts:
        story.act(*act)
    story.network.settle()
    tick(story.processes, time, STATE_SECONDS + 10 * QUIET_ROUNDS + 1, carried=True)
    story.agree()
    story.nobody_composes()
    _everybody_goes(story)


def _everybody_goes(story: Story) -> None:
    for socket in story.sockets:
        socket.lost()
    tick(story.processes, time, 10 + 2 * LINGER_SECONDS, carried=True)
    story.check_forgotten()
