"""I2: every frame, in every room, from everybody. A frame or kind of room without a row here fails.

Rows are generated from the closed unions; the table says the code of the refusal, or OK. Charlie and the
visitor get `not_found` for what is not theirs, whether it exists or not.
"""

from __future__ import annotations

from typing import Any, get_args

import pytest

from server.clock import new_id
from server.realtime.frames import ClientFrame, RoomKind
from server.store.pool import Store
from tests.live.desk import Client, LiveDesk, live_desk, room_of

OK, HIDDEN, NO, WHO = "ok", "not_found", "not_permitted", "unauthorized"
PEOPLE = ("nobody", "vic", "walter", "lou", "olga", "bob", "alice", "charlie")
"""Vic is the ticket's visitor, Walter another one; Olga is an agent without the inbox, Charlie elsewhere."""

ROOMS = ("ticket", "inbox", "agents", "missing ticket", "missing inbox", "wrong name")

# frame -> room -> what each of PEOPLE gets; None for a frame that names no room.
TABLE: dict[str, dict[str | None, tuple[str, ...]]] = {
    #                     nobody  vic     walter  lou     olga    bob     alice   charlie
    "join": {
        "ticket":         (WHO,   OK,     HIDDEN, OK,     HIDDEN, OK,     OK,     HIDDEN),
        "inbox":          (WHO,   HIDDEN, HIDDEN, OK,     HIDDEN, OK,     OK,     HIDDEN),
        "agents":         (WHO,   HIDDEN, HIDDEN, OK,     OK,     OK,     OK,     OK),
        "missing ticket": (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "missing inbox":  (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "wrong name":     (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
    },
    "send": {
        "ticket":         (WHO,   OK,     HIDDEN, NO,     HIDDEN, OK,     OK,     HIDDEN),
        "inbox":          (WHO,   OK,     OK,     HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "agents":         (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "missing ticket": (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "missing inbox":  (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "wrong name":     (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
    },
    "send note": {
        "ticket":         (WHO,   HIDDEN, HIDDEN, OK,     HIDDEN, OK,     OK,     HIDDEN),
        "inbox":          (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "agents":         (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "missing ticket": (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "missing inbox":  (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
        "wrong name":     (WHO,   HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN),
    },
    "leave":   dict.fromkeys(ROOMS, (WHO, *[OK] * 7)),
    # Who is not in a ticket's room cannot compose or read there, whatever their rights: nobody joined here.
    "typing":  dict.fromkeys(ROOMS, (WHO, *[HIDDEN] * 7)),
    "read":    dict.fromkeys(ROOMS, (WHO, *[HIDDEN] * 7)),
    "status":  {None:     (WHO,   NO,     NO,     OK,     OK,     OK,     OK,     OK)},
    "hello":   {None:     (WHO, *["invalid"] * 7)},
    "ping":    {None:     (OK,    OK,     OK,     OK,     OK,     OK,     OK,     OK)},
}  # fmt: skip

FIELDS: dict[str, dict[str, Any]] = {
    "send": {"content": "Hello"},
    "send note": {"content": "Between us", "type": "note"},
    "typing": {"on": True, "text": "I am"},
    "read": {"seq": 1},
    "status": {"status": "away"},
    "hello": {"v": 1},
}
ANSWERS = {"join": "joined", "send": "ack"}


def ops() -> set[str]:
    return {frame.__struct_config__.tag for frame in get_args(ClientFrame)}


def test_every_frame_has_its_rows() -> None:
    assert {row.partition(" ")[0] for row in TABLE} == ops()
    for row, rooms in TABLE.items():
        frame = next(f for f in get_args(ClientFrame) if f.__struct_config__.tag == row.partition(" ")[0])
        assert set(rooms) == (set(ROOMS) if "room" in frame.__struct_fields__ else {None}), row
        assert all(len(codes) == len(PEOPLE) for codes in rooms.values()), row


def test_every_kind_of_room_has_its_column() -> None:
    assert set(get_args(RoomKind)) <= set(ROOMS)


async def client_of(desk: LiveDesk, name: str) -> Client:
    match name:
        case "nobody":
            return await desk.connect()
        case "vic":
            return await desk.visitor()
        case "walter":
            return await desk.visitor(await desk.another_visitor())
        case _:
            return await desk.agent(getattr(desk.people, name))


async def code_of(client: Client, row: str, room: str | None) -> str:
    """What a frame is answered with: the refusal's code, or OK."""
    op = row.partition(" ")[0]
    fields = {**FIELDS.get(row, {}), **({} if room is None else {"room": room})}
    if op == "send":
        fields["id"] = str(new_id())
    await client.say(op, **fields)
    if op not in ("ping", "hello"):
        await client.say("ping")
    found = OK
    wanted = {"refused", ANSWERS.get(op, "pong")}
    while True:
        frame = await client._receive()
        if frame["op"] == "refused":
            assert frame.get("room") in (room, None) and frame.get("id") in (fields.get("id"), None)
            found = frame["code"]
        if frame["op"] in wanted:
            return found


@pytest.mark.parametrize("name", PEOPLE)
async def test_everybody_gets_what_the_table_says(store: Store, name: str) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        rooms = {
            "ticket": room_of(ticket),
            "inbox": f"inbox:{desk.people.chat}",
            "agents": "agents",
            "missing ticket": f"ticket:{new_id()}",
            "missing inbox": f"inbox:{new_id()}",
            "wrong name": "ticket:%",
        }
        index = PEOPLE.index(name)
        got, expected = {}, {}
        for row, codes in TABLE.items():
            for room, by_person in codes.items():
                client = await client_of(desk, name)
                got[row, room] = await code_of(client, row, None if room is None else rooms[room])
                expected[row, room] = by_person[index]
                await client.socket.close()
        assert got == expected


async def test_names_that_are_no_rooms_are_refused_alike(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket = await desk.ticket()
        bob = await desk.agent(desk.people.bob)
        right = str(ticket.ticket.id)
        for name in (
            "", "%", "*", "ticket", "ticket:", "ticket:*", "ticket:1 OR 1=1", f"ticket:{right.upper()}",
            f"ticket:{right.replace('-', '')}", f"ticket:{{{right[1:-1]}}}", f" ticket:{right}",
            f"ticket:{right} ", f"Ticket:{right}", f"inbox:{right}", "inbox:*", "agents:1", "room:1 OR 1",
            f"ticket:urn:uuid:{right}",
        ):  # fmt: skip
            await bob.say("join", room=name)
            refused = await bob.hear("refused")
            assert (refused["code"], refused["retry"]) in (("not_found", False), ("invalid", False)), name
        assert bob.all("joined") == []


async def test_not_yours_and_not_there_are_the_same_answer(store: Store) -> None:
    async with live_desk(store) as desk:
        theirs, missing = room_of(await desk.ticket()), f"ticket:{new_id()}"
        walter = await desk.another_visitor()
        for stranger in (await desk.visitor(walter), await desk.agent(desk.people.charlie)):
            for op, fields in (("join", {}), ("send", {"content": "x", "id": "c1"}), ("read", {"seq": 1})):
                answers = []
                for room in (theirs, missing):
                    await stranger.say(op, room=room, **fields)
                    answers.append({**await stranger.hear("refused"), "room": "the room"})
                assert answers[0] == answers[1]


async def test_a_stranger_at_the_door_is_neither_seen_nor_heard(store: Store) -> None:
    """While it is looked up whether they may come in, they are not in."""
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket())
        walter = await desk.visitor(await desk.another_visitor())
        bob = await desk.agent(desk.people.bob)
        for _ in range(20):
            await walter.say("join", room=room)
            await walter.say("typing", room=room, on=True, text="I see you")
            await walter.say("read", room=room, seq=2)
            await bob.say("join", room=room)
            await bob.hear("joined", room=room)
            await walter.hear("refused", code="not_found")
            await bob.say("leave", room=room)
        await bob.quiet()
        assert "Walter" not in str(bob.heard)
        assert {frame["op"] for frame in walter.heard} == {"welcome", "refused"}
