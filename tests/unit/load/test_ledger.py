"""What a person was told of a ticket: everything, once, in order, or it is a fault."""

from __future__ import annotations

from load.stories.ledger import Ledger


def test_a_dense_history_has_no_fault() -> None:
    ledger = Ledger()
    assert [ledger.hear(seq) for seq in (1, 2, 3)] == [[], [], []]
    assert ledger.settle() == []


def test_the_same_number_twice_is_doubled() -> None:
    ledger = Ledger()
    ledger.hear(1)
    assert ledger.hear(1) == ["doubled"]


def test_the_same_message_under_two_numbers_is_doubled() -> None:
    ledger = Ledger()
    ledger.hear(1, "a")
    assert ledger.hear(2, "a") == ["doubled"]


def test_a_gap_that_is_filled_late_is_out_of_order_and_not_lost() -> None:
    ledger = Ledger()
    assert [ledger.hear(seq) for seq in (1, 3, 2)] == [[], [], ["out of order"]]
    assert ledger.settle() == []


def test_a_gap_that_stays_is_lost() -> None:
    ledger = Ledger()
    ledger.hear(1)
    ledger.hear(4)
    assert not ledger.complete
    assert ledger.settle() == ["lost", "lost"]


def test_a_message_that_was_acknowledged_and_never_came_is_lost() -> None:
    ledger = Ledger()
    ledger.acked("a", 1)
    assert not ledger.complete
    assert ledger.settle() == ["lost"]


def test_its_event_may_come_before_the_ack_or_after() -> None:
    ledger = Ledger()
    ledger.hear(1, "a")
    ledger.acked("a", 1)
    ledger.acked("b", 2)
    ledger.hear(2, "b")
    assert ledger.complete


def test_a_message_in_a_gap_is_lost_once() -> None:
    ledger = Ledger()
    ledger.acked("a", 1)
    ledger.hear(2)
    assert ledger.settle() == ["lost"]


def test_one_resumes_where_nothing_is_missing() -> None:
    ledger = Ledger(since=4)
    assert ledger.since == 4
    ledger.hear(5)
    ledger.hear(7)
    assert ledger.since == 5
