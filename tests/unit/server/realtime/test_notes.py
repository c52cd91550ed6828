"""Notes between processes: every kind travels whole, and nothing else is understood."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import msgspec
import pytest

from server.realtime.frames import Member
from server.realtime.membership import Told
from server.realtime.notes import (
    Ask,
    DraftChanged,
    EventsTold,
    Note,
    Posted,
    PresenceOf,
    ReadBy,
    StatusOf,
    TypingBy,
    ViewingOf,
    decode_note,
    encode_note,
    is_from,
)

PROCESS, WORKSPACE, SOMEBODY = UUID(int=2**127 + 1), UUID(int=2), UUID(int=3)
BOB = Member("agent", SOMEBODY, "Bob", "away")
VIC = Member("customer", SOMEBODY, "Vic")
NOTES: list[Note] = [
    EventsTold((Told(1, None, b"\x81\x00", None), Told(2, 1, b"a", b"c"))),
    PresenceOf((BOB, VIC), 2000),
    TypingBy(VIC, True, "I wa"),
    ReadBy(BOB, 7),
    ViewingOf(SOMEBODY, (BOB,), ()),
    StatusOf(SOMEBODY, "offline"),
    DraftChanged(3, bytes(range(256))),
    Ask(),
]


def test_there_is_a_case_for_every_kind() -> None:
    assert {type(note) for note in NOTES} == set(get_args(Note))


@pytest.mark.parametrize("note", NOTES, ids=lambda note: type(note).__name__)
def test_a_note_travels_whole_and_names_its_sender_in_front(note: Note) -> None:
    posted = Posted(PROCESS, WORKSPACE, "ticket:x", note)
    data = encode_note(posted)
    assert decode_note(data) == posted
    assert is_from(data, PROCESS)
    assert not is_from(data, WORKSPACE)


@pytest.mark.parametrize("data", [b"", b"\xc1", b"hello", msgspec.msgpack.encode([1, 2, 3, 4])])
def test_what_is_no_note_is_refused(data: bytes) -> None:
    assert not is_from(data, PROCESS)
    with pytest.raises(msgspec.DecodeError):
        decode_note(data)
