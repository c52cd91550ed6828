"""Convergence: a snapshot and the frames after it are the newest state.

Whoever joins a ticket's room, with any `since`, at any moment of any interleaving of commits, late, doubled
and reordered tellings, other joins and reconnects, is sent every number after it once, in order. Seen to fail
when a later look moves the room's tail, and when a member forgets what it was sent.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator, Iterable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.identity import Actor, Agent, Customer
from server.domain.rights import Scope
from server.realtime import joining, ticket_room
from server.realtime.frames import Joined, ServerFrame
from server.realtime.joining import History
from server.realtime.membership import Membership, Told
from server.realtime.ticket_room import TicketRoom
from tests.laws.budget import examples

WORKSPACE, INBOX, CARLA, TICKET = (UUID(int=number) for number in (1, 2, 3, 4))
PAGE, RECENT = 3, 4  # small, so that short histories have several pages and outgrow memory
AGENT = Agent(WORKSPACE, UUID(int=5), "Alice", "agent", frozenset({INBOX}))
CUSTOMER = Customer(WORKSPACE, CARLA, "Carla")


@pytest.fixture(scope="module", autouse=True)
def short_pages() -> Iterable[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "MAX_PAGE", PAGE)
        patch.setattr(ticket_room, "MAX_RECENT", RECENT)
        yield


@types.coroutine
def pause() -> Generator[None, None, None]:
    """Let others go first, for as long as the test likes."""
    yield


class World(History):
    """What Postgres holds, what is on its way to the room, and everybody who waits for either."""

    def __init__(self) -> None:
        self.committed: list[Told] = []
        self.on_the_way: list[Told] = []
        self.tasks: list[Coroutine[Any, Any, None]] = []
        self.room: TicketRoom | None = None

    @property
    def public_seq(self) -> int:
        return max((told.public_seq or 0 for told in self.committed), default=0)

    def commit(self, public: bool) -> None:
        seq = len(self.committed) + 1
        number = self.public_seq + 1 if public else None
        told = Told(seq, number, b"%d" % seq, b"%d" % number if number else None)
        self.committed.append(told)
        self.on_the_way.append(told)

    def deliver(self, which: int, *, again: bool) -> None:
        if not self.on_the_way:
            return
        which %= len(self.on_the_way)
        told = self.on_the_way[which] if again else self.on_the_way.pop(which)
        if self.room is not None and self.room.members and self.room.receive([told]):
            self.tasks.append(self.fill(self.room))

    def step(self, which: int) -> None:
        if not self.tasks:
            return
        task = self.tasks[which % len(self.tasks)]
        try:
            task.send(None)
        except StopIteration:
            self.tasks.remove(task)

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


class Client:
    """A connection and the client behind it, who has everything up to `last` and checks what comes."""

    def __init__(self, world: World, actor: Actor) -> None:
        self.world = world
        self.actor = actor
        self.last = 0
        self.membership: Membership | None = None

    @property
    def public(self) -> bool:
        return self.actor is CUSTOMER

    def join(self, since: int) -> None:
        self.leave()
        world = self.world
        if world.room is None or not world.room.members:
            world.room = TicketRoom(f"ticket:{TICKET}", WORKSPACE, TICKET)
        newest = world.public_seq if self.public else len(world.committed)
        self.last = min(since, newest)
        self.membership = membership = world.room.add(self)
        me: Any = self
        if world.room.scope is None or not joining.enter(me, world.room, membership, self.last):
            world.tasks.append(joining.enter_slowly(me, world.room, membership, self.last, world))

    def leave(self) -> None:
        if self.membership is not None and self.world.room is not None:
            self.world.room.remove(self)
            self.membership = None

    def tell(self, frame: ServerFrame) -> None:
        assert isinstance(frame, Joined)  # nobody composes here
        assert frame.seq >= self.last

    def send(self, data: bytes) -> None:
        assert self.membership is not None, "told after leaving"
        assert int(data) == self.last + 1
        self.last += 1

    async def send_all(self, frames: Iterable[bytes]) -> None:
        for frame in frames:
            self.send(frame)
            await pause()

    def overflow(self) -> None:
        raise AssertionError("nothing here is that long")


Act = tuple[str, int, int]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["commit", "commit", "deliver", "again", "join", "join", "leave", "step", "step", "run"]
        ),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
    max_size=60,
)


@given(ACTS)
@examples(1500)
def test_every_number_once_in_order(acts: list[Act]) -> None:
    world = World()
    clients = [Client(world, actor) for actor in (AGENT, AGENT, CUSTOMER, CUSTOMER)]
    world.commit(public=True)
    for name, who, which in acts:
        client = clients[who % len(clients)]
        match name:
            case "commit":
                world.commit(public=which % 3 > 0)
            case "deliver" | "again":
                world.deliver(which, again=name == "again")
            case "join":
                client.join(which if who < 4 else client.last)
            case "leave":
                client.leave()
            case "run":
                while world.tasks:
                    world.step(who)
            case _:
                world.step(which)
    while world.on_the_way or world.tasks:
        world.deliver(0, again=False)
        world.step(0)
    for client in clients:
        if client.membership is not None:
            assert client.last == (world.public_seq if client.public else len(world.committed))
