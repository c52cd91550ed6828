"""Convergence: a snapshot and the frames after it are the newest state.

Whoever joins a ticket's room, with any `since`, by any of several processes, at any moment of any
interleaving of commits, late, doubled, lost and reordered tellings, other joins, moves to another process and
kills of one, is sent every number after it once, in order; and all of it once every process has read the log.
Seen to fail when a later look moves the room's tail, when a member forgets what it was sent, when a process
does not follow the log, when it takes what comes by the bus without its order, when a room that was empty for
a moment lets somebody in by what it remembers, and when what the log tells during a first look is forgotten.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Iterable
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.identity import Actor, Agent, Customer
from server.domain.rights import Scope
from server.realtime import exchange, joining, rooms, ticket_room
from server.realtime.exchange import Exchange
from server.realtime.frames import Joined, ServerFrame
from server.realtime.joining import History
from server.realtime.membership import Told
from server.realtime.notes import EventsTold
from server.realtime.rooms import Rooms
from server.realtime.ticket_room import TicketRoom
from server.store.log import Place
from tests.laws.budget import examples
from tests.laws.processes import Network, Process, Time, pause

WORKSPACE, INBOX, CARLA, TICKET = (UUID(int=number) for number in (1, 2, 3, 4))
ROOM = f"ticket:{TICKET}"
PROCESSES = 3
PAGE, RECENT = 3, 4  # small, so that short histories have several pages and outgrow memory
AGENT = Agent(WORKSPACE, UUID(int=5), "Alice", "agent", frozenset({INBOX}))
CUSTOMER = Customer(WORKSPACE, CARLA, "Carla")
Task = Coroutine[Any, Any, None]
time = Time()


async def _sleep(_: float) -> None:
    await pause()


@pytest.fixture(scope="module", autouse=True)
def short_pages() -> Iterable[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "MAX_PAGE", PAGE)
        patch.setattr(ticket_room, "MAX_RECENT", RECENT)
        patch.setattr(exchange, "time", time)
        patch.setattr(rooms, "anyio", types.SimpleNamespace(fail_after=lambda _: nullcontext(), sleep=_sleep))
        yield


class World(History):
    """What Postgres and its log hold, the processes, and everybody who waits for something."""

    def __init__(self) -> None:
        self.committed: list[Told] = []
        self.tasks: list[tuple[Desk, Task]] = []
        self.network = Network()
        self.desks = [Desk(self) for _ in range(PROCESSES)]

    @property
    def public_seq(self) -> int:
        return max((told.public_seq or 0 for told in self.committed), default=0)

    def commit(self, desk: Desk, public: bool) -> None:
        seq = len(self.committed) + 1
        number = self.public_seq + 1 if public else None
        told = Told(seq, number, b"%d" % seq, b"%d" % number if number else None)
        self.committed.append(told)
        desk.on_the_way.append(told)

    def step(self, which: int) -> None:
        if not self.tasks:
            return
        entry = self.tasks[which % len(self.tasks)]
        try:
            entry[1].send(None)
        except StopIteration:
            self.tasks.remove(entry)

    def kill(self, which: int) -> Desk:
        """A process is gone with all that it was about to do; another takes its place."""
        old, new = self.desks[which], Desk(self)
        old.kill()
        for entry in [entry for entry in self.tasks if entry[0] is old]:
            entry[1].close()
            self.tasks.remove(entry)
        self.desks[which] = new
        return old

    async def look(self, room: TicketRoom) -> Any:
        await pause()
        seq, public_seq = len(self.committed), self.public_seq
        await pause()
        scope = Scope(WORKSPACE, INBOX, CARLA)
        room.begin(scope, seq, public_seq, {})
        return types.SimpleNamespace(scope=scope, seq=seq, public_seq=public_seq)

    async def page(self, room: TicketRoom, since: int, *, public: bool) -> list[Told]:
        await pause()
        found = [told for told in self.committed if _number(told, public) > since][:PAGE]
        await pause()
        return found


def _number(told: Told, public: bool) -> int:
    return (told.public_seq or 0) if public else told.seq


class Desk(Process):
    """A process with its rooms, what its writer has yet to tell them, and its place in the log."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.on_the_way: list[Told] = []
        self.followed = len(world.committed)
        super().__init__(world.network)

    def connect(self) -> Exchange:
        none: Any = types.SimpleNamespace(desks={})
        self.rooms = Rooms(none, none, none, self.line)
        group: Any = self
        self.rooms._history, self.rooms._tasks = self.world, group
        return self.rooms._exchange

    def start_soon(self, work: Callable[..., Task], *given: Any) -> None:
        """As a task group does."""
        self.world.tasks.append((self, work(*given)))

    def deliver(self, which: int, *, again: bool) -> None:
        """What its writer has committed reaches its rooms, and leaves for the others."""
        if not self.on_the_way:
            return
        which %= len(self.on_the_way)
        told = self.on_the_way[which] if again else self.on_the_way.pop(which)
        self.exchange.publish_to(WORKSPACE, ROOM, EventsTold((told,)))
        room = self.rooms.find(WORKSPACE, ROOM)
        if isinstance(room, TicketRoom):
            self.rooms._tell(room, [told])

    def follow(self) -> None:
        """It reads the log to its end."""
        new = self.world.committed[self.followed :]
        self.followed += len(new)
        self.rooms.heard([Place(0, 0, WORKSPACE, TICKET, told.seq) for told in new])


class Client:
    """A connection and the client behind it, who has everything up to `last` and checks what comes."""

    def __init__(self, desk: Desk, actor: Actor) -> None:
        self.desk = desk
        self.actor = actor
        self.last = 0
        self.rooms: dict[str, Any] = {}

    @property
    def public(self) -> bool:
        return self.actor is CUSTOMER

    def join(self, since: int) -> None:
        world = self.desk.world
        newest = world.public_seq if self.public else len(world.committed)
        self.leave(ROOM)
        self.last = min(since, newest)
        me: Any = self
        self.desk.rooms.join(me, ROOM, self.last)

    def leave(self, name: str) -> None:
        if (room := self.rooms.pop(name, None)) is not None:
            room.remove(self)
            self.desk.rooms.touched(room)

    def move(self, desk: Desk) -> None:
        """The connection breaks; the client resumes at another process."""
        self.leave(ROOM)
        self.desk = desk
        self.join(self.last)

    def spawn(self, work: Task) -> None:
        self.desk.world.tasks.append((self.desk, work))

    def tell(self, frame: ServerFrame) -> None:
        assert isinstance(frame, Joined)  # nobody composes here
        assert frame.seq >= self.last

    def send(self, data: bytes) -> None:
        if not data.isdigit():
            return  # presence
        assert ROOM in self.rooms, "told after leaving"
        assert int(data) == self.last + 1
        self.last += 1

    async def send_all(self, frames: Iterable[bytes]) -> None:
        for frame in frames:
            self.send(frame)
            await pause()

    def overflow(self) -> None:
        raise AssertionError("nothing here is that long")


Act = tuple[str, int, int]
KINDS = (
    "rest commit commit deliver deliver again join join leave move step step run"
    " note note double drop confirm cut follow tick kill"
)
ACTS = st.lists(
    st.tuples(st.sampled_from(KINDS.split()), st.integers(0, 5), st.integers(0, 9)),
    min_size=25,  # Hypothesis' lists have few members unless they must have some
    max_size=60,
)
# A room is empty for a moment, in which the log tells of what another process has written.
EMPTY_FOR_A_MOMENT: list[Act] = [
    ("join", 0, 0), ("run", 0, 0), ("leave", 0, 0), ("commit", 1, 1), ("follow", 0, 0), ("run", 0, 0),
    ("join", 0, 1),
]  # fmt: skip

# The first look at a ticket is made before that, and ends after it; then somebody comes in by memory.
LOOKED_TOO_EARLY: list[Act] = [
    ("join", 0, 0), *[("step", 0, 0)] * 5, ("commit", 1, 1), ("follow", 0, 0), ("run", 0, 0), ("join", 3, 1),
]  # fmt: skip


@given(ACTS)
@example(EMPTY_FOR_A_MOMENT)
@example(LOOKED_TOO_EARLY)
@examples(600)
def test_every_number_once_in_order(acts: list[Act]) -> None:
    world = World()
    actors = (AGENT, AGENT, CUSTOMER, CUSTOMER)
    clients = [Client(world.desks[number % PROCESSES], actor) for number, actor in enumerate(actors)]
    world.commit(world.desks[0], public=True)
    for name, who, which in acts:
        act(world, clients, name, who, which)
    for desk in world.desks:
        while desk.on_the_way:
            desk.deliver(0, again=False)
        world.network.notes.clear()  # the log alone tells of it
        desk.follow()
    while world.tasks:
        world.step(0)
    for client in clients:
        if ROOM in client.rooms:
            assert client.last == (world.public_seq if client.public else len(world.committed))


def act(world: World, clients: list[Client], name: str, who: int, which: int) -> None:
    """One thing that happens."""
    client, desk, network = clients[who % len(clients)], world.desks[who % PROCESSES], world.network
    match name:
        case "commit":
            world.commit(desk, public=which % 3 > 0)
        case "deliver" | "again":
            desk.deliver(which, again=name == "again")
        case "join":
            client.join(which if who < 4 else client.last)
        case "leave":
            client.leave(ROOM)
        case "move":
            client.move(world.desks[which % PROCESSES])
        case "run":
            while world.tasks:
                world.step(who)
        case "step":
            world.step(which)
        case "note" | "double" | "drop":
            network.deliver(which, keep=name == "double", lose=name == "drop")
        case "confirm":
            network.confirm(which)
        case "cut":
            desk.line.lose()
        case "follow":
            desk.follow()
        case "tick":
            time.now += 0.1
            desk.exchange.tick(time.now)
        case "kill":
            old = world.kill(who % PROCESSES)
            for orphan in [client for client in clients if client.desk is old]:
                orphan.rooms.clear()
                orphan.move(world.desks[which % PROCESSES])
        case _:
            pass
