"""Cursors: the latest of each connection, signed by the server, withdrawn when it is gone. Pure."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from server.domain.errors import Invalid
from server.realtime.drafts.cursors import MAX_CLIENTS, Cursors, State, encode_states, parse_states

BOB, ALICE, ELSEWHERE = UUID(int=1), UUID(int=2), UUID(int=3)


def at(client: int, clock: int, cursor: int = 1) -> State:
    return State(client, clock, json.dumps({"cursor": cursor, "user": {"name": "somebody", "color": "red"}}))


def test_states_survive_a_round_trip_and_nothing_else_is_states() -> None:
    states = [at(1, 2), State(2**40, 3, "null")]
    assert parse_states(encode_states(states)) == states
    for broken in (b"", b"\1", b"\xff\xff", encode_states(states) + b"x", encode_states(states)[:-1]):
        with pytest.raises(Invalid):
            parse_states(broken)


def test_the_server_says_whose_a_cursor_is() -> None:
    (moved,) = Cursors().move("line", BOB, "Bob", [at(1, 1), State(2, 1, "[]"), State(3, 1, "{")])
    assert json.loads(moved.json) == {
        "cursor": 1,
        "user": {"id": str(BOB), "name": "Bob", "color": "red"},
    }


def test_nobody_moves_the_cursor_of_another() -> None:
    cursors = Cursors()
    cursors.move("bob", BOB, "Bob", [at(1, 1)])
    assert cursors.move("alice", ALICE, "Alice", [at(1, 5), State(1, 6, "null")]) == []
    assert [state.clock for state in cursors.of(["bob"])] == [1]
    assert cursors.hear(ELSEWHERE, [at(1, 9)]) == []


def test_who_is_back_on_a_new_line_keeps_their_cursor_when_the_old_one_ends() -> None:
    cursors = Cursors()
    cursors.move("old", BOB, "Bob", [at(1, 1)])
    assert [state.clock for state in cursors.move("new", BOB, "Bob", [at(1, 2)])] == [2]
    assert cursors.leave("old") == []
    assert cursors.leave("new") == [State(1, 3, "null")]
    assert cursors.but("anybody") == []


def test_a_connection_has_so_many_and_a_new_draft_none() -> None:
    cursors = Cursors()
    passed = cursors.move("bob", BOB, "Bob", [at(client, 1) for client in range(20)])
    assert len(passed) == MAX_CLIENTS
    assert len(cursors.hear(ELSEWHERE, [at(100, 1)])) == 1
    assert len(cursors.but("bob")) == 1
    cursors.clear()
    assert cursors.but("nobody") == []
