"""Presence of several processes: merged, expiring, thinned in large rooms; what lists show of it. Pure."""

from __future__ import annotations

from uuid import UUID

from server.domain.identity import Agent, Customer
from server.domain.rights import Scope
from server.realtime.agents_room import AgentsRoom
from server.realtime.frames import Member
from server.realtime.notes import Note, PresenceOf, ReadBy, TypingBy, ViewingOf
from server.realtime.presence import MAX_SHOWN, STATE_SECONDS
from server.realtime.room import THIN_SECONDS, Room
from server.realtime.ticket_room import MAX_TYPING_TOLD, TicketRoom
from server.realtime.viewing import Views
from tests.unit.server.realtime.test_room import ALICE, BOB, CARLA, HERE, TICKET, Listener, enter

INBOX = UUID(int=50)
ONE, OTHER = UUID(int=91), UUID(int=92)
DORA = Member("agent", UUID(int=60), "Dora")
VIC = Member("customer", UUID(int=61), "Vic")


def new_room() -> TicketRoom:
    room = TicketRoom(f"ticket:{TICKET}", HERE, TICKET)
    room.begin(Scope(HERE, INBOX), 10, 4, {})
    return room


def names(room: Room) -> list[str]:
    return [member.name for member in room.presence(public=False).members]


def test_what_other_processes_say_is_merged_and_customers_get_no_agents_ids() -> None:
    room = new_room()
    carla, _ = enter(room, CARLA)
    room.hear_presence(ONE, PresenceOf((DORA, VIC), 2), 0)
    room.hear_presence(OTHER, PresenceOf((VIC,), 1), 0)
    room.tick(0)
    (seen,) = carla.of("presence")
    assert seen["members"] == [
        {"type": "agent", "id": None, "name": "Dora"},
        {"type": "customer", "id": str(CARLA.id), "name": "Carla"},
        {"type": "customer", "id": str(VIC.id), "name": "Vic"},
    ]
    assert "total" not in seen
    room.hear_presence(ONE, PresenceOf((), 0), 1)
    room.tick(1)
    assert [member["name"] for member in carla.of("presence")[-1]["members"]] == ["Carla", "Vic"]
    room.hear_presence(OTHER, PresenceOf((VIC,), 1), 2)
    room.tick(2)
    assert len(carla.of("presence")) == 2, "the same again is no news"


def test_what_a_killed_process_said_is_forgotten() -> None:
    room = new_room()
    enter(room, ALICE)
    room.hear_presence(ONE, PresenceOf((DORA,), 1), 0)
    room.refresh(STATE_SECONDS - 1)
    assert names(room) == ["Alice", "Dora"]
    room.refresh(STATE_SECONDS)
    assert names(room) == ["Alice"]


def test_others_hear_who_is_here_when_it_changes_when_they_ask_and_that_nobody_is_left() -> None:
    room = new_room()
    alice, _ = enter(room, ALICE)
    said = PresenceOf((Member("agent", ALICE.id, "Alice"),), 1)
    assert room.tick(0) == [said]
    assert room.tick(1) == []
    again, _ = enter(room, ALICE)
    assert room.tick(2) == [], "one person, however many connections"
    room.answer()
    assert room.tick(3) == [said]
    room.remove(again)
    room.remove(alice)
    assert room.withdraw() == [PresenceOf((), 0)]
    assert new_room().withdraw() == []


def test_who_asks_hears_who_composes_and_how_far_people_have_read() -> None:
    room = new_room()
    bob, _ = enter(room, BOB)
    room.compose(bob, True, None, 0)
    room.read(bob, 9)
    who = Member("agent", BOB.id, "Bob")
    first = room.tick(0)
    room.answer()
    second = room.tick(1)
    notes: list[Note] = [PresenceOf((who,), 1), TypingBy(who, True), ReadBy(who, 9)]
    assert all(note in first and note in second for note in notes)


def test_composing_elsewhere_is_told_ends_by_itself_and_never_stops_who_composes_here() -> None:
    room = new_room()
    alice, _ = enter(room, ALICE)
    carla, _ = enter(room, CARLA)
    room.hear_typing(TypingBy(VIC, True, "I wa"), 0)
    room.hear_typing(TypingBy(VIC, True, "I want"), 1)
    assert [frame.get("text") for frame in alice.of("typing")] == ["I wa", "I want"]
    assert all("text" not in frame for frame in carla.of("typing"))
    room.tick(7)
    assert alice.of("typing")[-1]["on"] is False
    room.compose(alice, True, None, 8)
    room.hear_typing(TypingBy(Member("agent", ALICE.id, "Alice"), False), 9)
    assert [frame["on"] for frame in carla.of("typing")][-1] is True


def test_reading_elsewhere_goes_up_and_an_agents_is_not_for_customers() -> None:
    room = new_room()
    alice, _ = enter(room, ALICE)
    carla, _ = enter(room, CARLA)
    for seq in (5, 3, 5):
        room.hear_read(ReadBy(DORA, seq))
    assert [frame["seq"] for frame in alice.of("read")] == [5]
    assert carla.of("read") == []
    assert room.reads[str(DORA.id)] == 5


def crowd(room: TicketRoom, count: int) -> list[Listener]:
    return [enter(room, Customer(HERE, UUID(int=1000 + n), f"C{n:04}"))[0] for n in range(count)]


def test_a_large_room_names_some_agents_first_and_counts_all() -> None:
    room = new_room()
    people = crowd(room, 3 * MAX_SHOWN)
    alice, _ = enter(room, ALICE)
    room.hear_presence(ONE, PresenceOf((DORA,), 101), 0)
    (said,) = room.tick(0)
    (seen,) = alice.of("presence")
    assert [member["name"] for member in seen["members"]][:3] == ["Alice", "Dora", "C0000"]
    assert len(seen["members"]) == MAX_SHOWN
    assert seen["total"] == 3 * MAX_SHOWN + 1 + 101
    assert isinstance(said, PresenceOf)
    assert (len(said.members), said.total) == (MAX_SHOWN, 3 * MAX_SHOWN + 1)
    room.remove(people[0])
    room.tick(THIN_SECONDS / 2)
    assert len(alice.of("presence")) == 1, "at most once a second"
    assert room.is_restless
    room.tick(THIN_SECONDS)
    assert alice.of("presence")[1]["total"] == 3 * MAX_SHOWN + 101
    assert not room.is_restless


def test_typing_in_a_large_room_is_told_of_a_few_once_a_second() -> None:
    room = new_room()
    people = crowd(room, 2 * MAX_SHOWN)
    alice, _ = enter(room, ALICE)
    room.tick(0)
    for one in people:
        room.compose(one, True, None, 1)
    assert alice.of("typing") == []
    room.tick(1)
    assert len(alice.of("typing")) == MAX_TYPING_TOLD
    room.compose(people[0], False, None, 1.2)
    room.tick(1.5)
    assert len(alice.of("typing")) == MAX_TYPING_TOLD
    room.tick(2)
    assert alice.of("typing")[-1]["on"] is False


def test_agents_are_shown_with_the_newest_status_that_is_known() -> None:
    statuses = {(HERE, ALICE.id): "away"}
    room = AgentsRoom(HERE, statuses)  # type: ignore[arg-type]
    alice, membership = Listener(ALICE), None
    membership = room.add(alice)
    room.admit(membership)
    room.hear_presence(ONE, PresenceOf((Member("agent", DORA.id, "Dora", "away"),), 1), 0)
    room.tick(0)
    assert [(m["name"], m["status"]) for m in alice.of("presence")[-1]["members"]] == [
        ("Alice", "away"), ("Dora", "away"),
    ]  # fmt: skip
    statuses[HERE, DORA.id] = "online"
    room.presence_changed = True
    (said,) = room.tick(1) or [None]
    assert said is None, "nobody here has another status"
    assert alice.of("presence")[-1]["members"][1]["status"] == "online"


def test_lists_show_agents_with_a_ticket_open_by_any_process_until_they_are_gone() -> None:
    inbox = (HERE, f"inbox:{INBOX}")
    watched = Room(inbox[1], HERE)
    watcher = Listener(ALICE)
    watched.admit(watched.add(watcher))
    opened: list[str] = []
    closed: list[str] = []
    views = Views(lambda *key: watched if key == inbox else None, opened.append, closed.append)
    room = new_room()
    bob, _ = enter(room, BOB)
    enter(room, CARLA)
    who = Member("agent", BOB.id, "Bob")
    assert views.look(room) == (inbox, ViewingOf(TICKET, (who,), ()))
    assert views.look(room) is None
    assert opened == [inbox[1]]
    views.hear(inbox, ONE, ViewingOf(TICKET, (DORA,), (DORA,)), 0)
    views.tell()
    (told,) = watcher.of("viewing")
    assert [member["name"] for member in told["members"]] == ["Bob", "Dora"]
    assert [member["name"] for member in told["typing"]] == ["Dora"]
    assert views.frames(inbox)[0].ticket_id == TICKET
    assert views.answer(inbox) == [ViewingOf(TICKET, (who,), ())]
    views.expire(STATE_SECONDS - 1)
    views.expire(STATE_SECONDS)
    room.remove(bob)
    assert views.look(room) == (inbox, ViewingOf(TICKET, (), ()))
    assert closed == opened
    views.tell()
    assert watcher.of("viewing")[-1]["members"] == []
    assert views.frames(inbox) == []


def test_nothing_is_kept_of_inboxes_that_nobody_watches_here() -> None:
    views = Views(lambda *_: None, lambda _: None, lambda _: None)
    views.hear((HERE, "inbox:x"), ONE, ViewingOf(TICKET, (DORA,), ()), 0)
    assert views.frames((HERE, "inbox:x")) == []
    assert not views._elsewhere


def test_an_agent_with_a_new_name_is_shown_by_it() -> None:
    room = new_room()
    alice, _ = enter(room, ALICE)
    alice.actor = Agent(HERE, ALICE.id, "Alicia", "agent")
    room.presence_changed = True
    assert names(room) == ["Alicia"]
