"""The protocol's frames: what is accepted, within which bounds, and names of rooms."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from server.realtime.frames import (
    Ack,
    Hello,
    Join,
    Ping,
    Pong,
    Refused,
    Send,
    Typing,
    encode_frame,
    parse_frame,
    parse_room,
)

ROOM = "ticket:01900000-0000-7000-8000-000000000000"


def test_a_frame_is_read_with_its_defaults_and_what_is_unknown_is_passed_over() -> None:
    assert parse_frame(b'{"op":"hello","v":1,"newer":[1]}') == Hello(1)
    assert parse_frame(b'{"room":"agents","op":"join"}') == Join("agents", 0)
    assert parse_frame(b'{"op":"send","room":"r","id":"c","content":"x"}') == Send("r", "c", "x")
    assert parse_frame(b'{"op":"ping"}') == Ping()
    assert parse_frame(b'{"op":"typing","room":"r","on":false,"text":null}') == Typing("r", False)


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"[]", b"1", b"null", b'"ping"', b"{}", b'{"op":1}', b'{"op":"sing"}', b'{"op":"ping"} {}',
        b'{"op":"hello"}', b'{"op":"hello","v":"1"}', b'{"op":"join","room":"r","since":-1}',
        b'{"op":"join","room":"r","since":1.5}', b'{"op":"join","room":null}',
        b'{"op":"join","room":"' + b"x" * 61 + b'"}', b'{"op":"send","room":"r","id":"","content":"x"}',
        b'{"op":"send","room":"r","id":"' + b"x" * 101 + b'"}',
        b'{"op":"send","room":"r","id":"c","type":"shout"}',
        b'{"op":"send","room":"r","id":"c","attachment_ids":["x"]}', b'{"op":"status","status":"gone"}',
        b'{"op":"typing","room":"r","on":"yes"}',
        b'{"op":"typing","room":"r","on":true,"text":"' + b"x" * 1001 + b'"}',
        b'{"op":"send","room":"r","id":"c","content":"\\ud800"}', b'{"op":"ping"', b"\xff", b"[" * 100_000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, ValueError, RecursionError)):
        parse_frame(payload)


def test_bounds_on_numbers_of_things() -> None:
    ids = ",".join(f'"01900000-0000-7000-8000-0000000000{number:02}"' for number in range(21))
    with pytest.raises(msgspec.ValidationError):
        parse_frame(f'{{"op":"send","room":"r","id":"c","attachment_ids":[{ids}]}}'.encode())
    rooms = {f"ticket:{number}": 0 for number in range(201)}
    with pytest.raises(msgspec.ValidationError):
        parse_frame(msgspec.json.encode({"op": "hello", "v": 1, "resume": rooms}))


def test_what_is_sent_names_itself_first_and_leaves_out_what_is_not_there() -> None:
    assert encode_frame(Ack("c", "r", 1)) == b'{"op":"ack","id":"c","room":"r","seq":1}'
    assert encode_frame(Pong()) == b'{"op":"pong"}'
    assert encode_frame(Refused("invalid", "No", False)) == (
        b'{"op":"refused","code":"invalid","detail":"No","retry":false}'
    )


def test_rooms_have_one_spelling() -> None:
    room_id = UUID(ROOM.partition(":")[2])
    assert parse_room(ROOM) == ("ticket", room_id)
    assert parse_room(f"inbox:{room_id}") == ("inbox", room_id)
    assert parse_room("agents") == ("agents", None)
    for name in (
        "",
        "ticket",
        "ticket:",
        "agents:",
        ROOM + " ",
        ROOM.upper(),
        f"ticket:{room_id.hex}",
        "room:1",
    ):
        assert parse_room(name) is None, name
