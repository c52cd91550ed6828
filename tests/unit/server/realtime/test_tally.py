"""How many are counted, by key."""

from __future__ import annotations

from server.realtime.tally import Tally


def test_a_key_is_full_at_its_bound_and_others_are_not() -> None:
    tally = Tally(2)
    tally.add("a")
    tally.add("a")
    assert tally.is_full("a") and not tally.is_full("b")
    tally.remove("a")
    assert not tally.is_full("a")


def test_who_has_no_key_is_not_counted() -> None:
    tally = Tally(1)
    tally.add(None)
    tally.add(None)
    assert not tally.is_full(None)
    tally.remove(None)


def test_nothing_is_kept_of_a_key_whose_last_is_gone() -> None:
    tally = Tally(1)
    tally.add("a")
    tally.remove("a")
    assert len(tally) == 0
