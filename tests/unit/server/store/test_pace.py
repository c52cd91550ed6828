"""Waits between attempts."""

from server.store.pace import Backoff


def test_waits_double_up_to_a_bound_and_begin_anew_after_a_success():
    backoff = Backoff(first=1, most=5)
    assert [backoff.next_seconds() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next_seconds() == 1
