"""What was against what would have been, summed by target and policy."""

from __future__ import annotations

from server.domain.sla.comparison import Comparison, Example, Sum
from server.domain.sla.replay import replay
from tests.promised import HERE, TICKET, Promised, at, plain

STRICT, KIND = plain(1, 30, 100, 20), plain(2, 90, 300, 60)


def lived() -> Promised:
    desk = Promised(STRICT)
    desk.rings_all(59)
    desk.answered(60)
    desk.asked(70)
    desk.rings_all(139)
    desk.moves("resolved", 140)
    return desk


def test_what_was_late_under_one_policy_is_in_time_under_another() -> None:
    was, other = lived(), Promised(KIND)
    again = replay(was.records, other.desk, {}, at(500))
    found = Comparison()
    found.add(7, was.records, again)
    sums = {(pair.target, pair.policy_id): (pair.was, pair.would) for pair in found.pairs}
    none, late, kept = Sum(), Sum(1, 0, 1, 0), Sum(1, 1, 0, 0)
    assert sums == {
        ("first_response", STRICT.id): (late, none),
        ("next_response", STRICT.id): (late, none),
        ("resolution", STRICT.id): (late, none),
        ("first_response", KIND.id): (none, kept),
        ("next_response", KIND.id): (none, Sum(1, 0, 1, 0)),
        ("resolution", KIND.id): (none, kept),
    }
    assert (found.tickets, found.better, found.worse) == (1, 2, 0)
    assert Example(TICKET, 7, "resolution", "breached", "met") in found.examples
    assert was.desk.workspace_id == HERE


def test_without_any_policy_nothing_would_have_been_promised() -> None:
    was = lived()
    found = Comparison()
    found.add(7, was.records, replay(was.records, Promised().desk, {}, at(500)))
    assert [example.would for example in found.examples] == ["none"] * 3
    assert (found.better, found.worse) == (3, 0)
