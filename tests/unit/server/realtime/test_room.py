"""Rooms: order, what is held and remembered, presence, typing and read positions. Pure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from server.domain.identity import Actor, Agent, Customer
from server.domain.rights import Scope
from server.realtime.composing import TYPING_SECONDS
from server.realtime.membership import MAX_HELD, Membership, Told
from server.realtime.shard import LINGER_SECONDS, SHARDS, Shards, shard_of
from server.realtime.ticket_room import MAX_RECENT, TicketRoom

HERE, TICKET = UUID(int=1), UUID(int=2)
ALICE = Agent(HERE, UUID(int=3), "Alice", "agent")
BOB = Agent(HERE, UUID(int=4), "Bob", "agent")
CARLA = Customer(HERE, UUID(int=5), "Carla")
SCOPE = Scope(HERE)


class Listener:
    """A connection that keeps what it is sent."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.sent: list[bytes] = []
        self.overflown = False

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def overflow(self) -> None:
        self.overflown = True

    @property
    def frames(self) -> list[Any]:
        """What was sent, parsed, but for events."""
        return [msgspec.json.decode(data[data.index(b"{") :]) for data in self.sent if b"{" in data]

    def of(self, op: str) -> list[Any]:
        return [frame for frame in self.frames if frame["op"] == op]


def told(seq: int, public_seq: int | None = None) -> Told:
    return Told(seq, public_seq, b"a%d" % seq, None if public_seq is None else b"c%d" % public_seq)


def room_at(seq: int, public_seq: int = 0) -> TicketRoom:
    room = TicketRoom(f"ticket:{TICKET}", HERE, TICKET)
    room.begin(SCOPE, seq, public_seq, {})
    return room


def enter(room: TicketRoom, actor: Actor, seen: int = 0) -> tuple[Listener, Membership]:
    listener = Listener(actor)
    membership = room.add(listener)
    room.admit(membership)
    membership.release(seen)
    return listener, membership


def test_events_are_told_in_order_whatever_the_order_in_which_they_come() -> None:
    room = room_at(0)
    alice, _ = enter(room, ALICE)
    assert room.receive([told(3)]) is True
    assert room.receive([told(2)]) is True
    assert alice.sent == []
    assert room.receive([told(1), told(1)]) is False
    assert room.receive([told(3), told(2)]) is False
    assert alice.sent == [b"a1", b"a2", b"a3"]


def test_a_customer_is_told_the_public_ones_by_their_own_numbers() -> None:
    room = room_at(0)
    alice, _ = enter(room, ALICE)
    carla, _ = enter(room, CARLA)
    room.receive([told(1, 1), told(2), told(3, 2)])
    assert (alice.sent, carla.sent) == ([b"a1", b"a2", b"a3"], [b"c1", b"c2"])
    assert (room.tail, room.public_tail) == (3, 2)


def test_who_is_still_joining_gets_the_held_ones_above_what_they_have_seen() -> None:
    room = room_at(5, 5)
    listener = Listener(ALICE)
    membership = room.add(listener)
    room.receive([told(6, 6), told(7, 7)])
    assert listener.sent == []
    membership.release(6)
    room.receive([told(8, 8)])
    assert listener.sent == [b"a7", b"a8"]


def test_a_history_that_went_further_than_the_room_is_not_told_again() -> None:
    room = room_at(5, 5)
    alice, _ = enter(room, ALICE, seen=7)
    room.receive([told(6, 6), told(7, 7), told(8, 8)])
    assert alice.sent == [b"a8"]


def test_a_later_look_never_moves_a_room_that_has_begun() -> None:
    room = room_at(5, 5)
    alice, _ = enter(room, ALICE, seen=5)
    room.begin(SCOPE, 7, 7, {})
    room.receive([told(6, 6), told(7, 7)])
    assert alice.sent == [b"a6", b"a7"]


def test_what_came_before_the_first_look_is_kept_for_it() -> None:
    room = TicketRoom(f"ticket:{TICKET}", HERE, TICKET)
    alice, _ = enter(room, ALICE)
    room.receive([told(5), told(7)])
    assert alice.sent == []
    room.begin(SCOPE, 5, 0, {})
    assert room.tail == 5
    room.receive([told(6)])
    assert alice.sent == [b"a6", b"a7"]


def test_memory_gives_what_was_missed_or_says_that_it_does_not_reach() -> None:
    room = room_at(10, 4)
    room.receive([told(11), told(12, 5), told(13, 6)])
    assert room.remembered(10, public=False) == [told(11), told(12, 5), told(13, 6)]
    assert room.remembered(12, public=False) == [told(13, 6)]
    assert room.remembered(13, public=False) == []
    assert room.remembered(9, public=False) is None
    assert room.remembered(14, public=False) is None
    assert room.remembered(4, public=True) == [told(12, 5), told(13, 6)]
    assert room.remembered(3, public=True) is None
    assert TicketRoom("x", HERE, TICKET).remembered(0, public=False) is None


def test_memory_is_bounded() -> None:
    room = room_at(0)
    room.receive([told(seq) for seq in range(1, MAX_RECENT + 2)])
    assert room.remembered(0, public=False) is None
    assert len(room.remembered(1, public=False) or []) == MAX_RECENT


def test_what_is_held_is_bounded_and_what_was_dropped_is_missed() -> None:
    room = room_at(0)
    room.receive([told(seq) for seq in range(2, MAX_HELD + 50)])
    assert len(room.held) == MAX_HELD
    listener = Listener(ALICE)
    room.add(listener)
    assert room.receive([told(1)]) is False
    assert room.tail == MAX_HELD
    room.receive([told(seq) for seq in range(MAX_HELD + 1, MAX_HELD + 3)])
    assert listener.overflown


def test_presence_is_told_once_changed_and_each_person_is_there_once() -> None:
    room = room_at(0)
    alice, _ = enter(room, ALICE)
    again, _ = enter(room, ALICE)
    carla, _ = enter(room, CARLA)
    room.tell_presence()
    room.tell_presence()
    assert [member["name"] for member in alice.of("presence")[0]["members"]] == ["Alice", "Carla"]
    assert len(alice.of("presence")) == 1
    assert carla.of("presence")[0]["members"][0] == {"type": "agent", "id": None, "name": "Alice"}
    room.remove(again)
    room.remove(alice)
    room.tell_presence()
    assert [member["name"] for member in carla.of("presence")[1]["members"]] == ["Carla"]


def test_who_is_at_the_door_is_neither_seen_nor_told() -> None:
    room = room_at(0)
    alice, _ = enter(room, ALICE)
    room.tell_presence()
    stranger = Listener(BOB)
    membership = room.add(stranger)
    room.tell_presence()
    room.compose(alice, True, None, 0)
    room.remove(stranger)
    room.tell_presence()
    assert len(alice.of("presence")) == 1
    assert stranger.sent == []
    assert not room.has(membership)


def test_typing_is_told_when_it_changes_and_ends_after_a_while() -> None:
    room = room_at(0)
    alice, _ = enter(room, ALICE)
    bob, _ = enter(room, BOB)
    carla, _ = enter(room, CARLA)
    for now in (0.0, 1.0, 2.0):
        room.compose(bob, True, None, now)
    assert [frame["on"] for frame in alice.of("typing")] == [True]
    room.expire(2 + TYPING_SECONDS - 0.1)
    assert len(alice.of("typing")) == 1
    room.expire(2 + TYPING_SECONDS)
    assert [frame["on"] for frame in carla.of("typing")] == [True, False]
    assert bob.of("typing") == []


def test_a_sneak_peek_is_for_agents_only() -> None:
    room = room_at(0)
    alice, _ = enter(room, ALICE)
    carla, _ = enter(room, CARLA)
    other, _ = enter(room, Customer(HERE, UUID(int=9), "Cora"))
    for text in ("I wa", "I want"):
        room.compose(carla, True, text, 0)
    assert [frame["text"] for frame in alice.of("typing")] == ["I wa", "I want"]
    assert all("text" not in frame for frame in other.of("typing"))


def test_who_leaves_stops_composing_with_their_last_connection() -> None:
    room = room_at(0)
    alice, _ = enter(room, ALICE)
    bob, _ = enter(room, BOB)
    again, _ = enter(room, BOB)
    room.compose(bob, True, None, 0)
    room.remove(bob)
    assert [frame["on"] for frame in alice.of("typing")] == [True]
    assert again.of("typing") == []
    room.remove(again)
    assert [frame["on"] for frame in alice.of("typing")] == [True, False]
    assert not room.composing


def test_read_positions_go_up_within_what_there_is_and_customers_see_no_agents() -> None:
    room = room_at(10, 4)
    alice, _ = enter(room, ALICE)
    bob, _ = enter(room, BOB)
    carla, _ = enter(room, CARLA)
    assert room.read(bob, 99) is True
    assert room.read(bob, 10) is False
    assert room.read(bob, 3) is False
    assert room.read(carla, 10) is True
    assert [(frame["who"]["name"], frame["seq"]) for frame in alice.of("read")] == [("Bob", 10), ("Carla", 4)]
    assert carla.of("read") == []
    assert room.joined(10, enter(room, ALICE)[1]).reads == {str(BOB.id): 10, str(CARLA.id): 4}
    assert room.joined(4, enter(room, CARLA)[1]).reads == {str(CARLA.id): 4}


def test_a_room_is_forgotten_once_everybody_has_left() -> None:
    opened: list[int] = []
    closed: list[int] = []
    shards = Shards(opened.append, closed.append)
    name = f"ticket:{TICKET}"
    room = shards.open((HERE, name), lambda: room_at(0))
    alice, _ = enter(room, ALICE)  # type: ignore[arg-type]
    assert shards.find(HERE, name) is room
    assert shards.find(UUID(int=77), name) is None
    shards.touch(room)
    list(shards.tick(0))
    assert shards.count() == 1
    room.remove(alice)
    shards.touch(room)
    list(shards.tick(1))
    assert shards.count() == 0
    assert (opened, closed) == ([shard_of(name)], [])
    assert list(shards.sweep(shard_of(name), 1, 1 + LINGER_SECONDS)) == []
    assert closed == []
    assert list(shards.sweep(shard_of(name), 1, 2 + LINGER_SECONDS)) == []
    assert closed == opened


def test_a_room_is_in_the_same_shard_everywhere() -> None:
    assert shard_of("ticket:a") == shard_of("ticket:a") < SHARDS
    assert len({shard_of(f"ticket:{number}") for number in range(20000)}) == SHARDS
