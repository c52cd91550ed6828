"""A bucket gives what was put in and no more; time is told."""

from server.realtime.bucket import Bucket


def test_a_burst_is_taken_at_once_and_more_must_wait() -> None:
    bucket = Bucket(3, 2.0, now=0)
    assert [bucket.take(0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(0) == 0.5
    assert bucket.take(0.25) == 0.25
    assert bucket.take(0.5) == 0


def test_it_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(2, 1.0, now=0)
    assert [bucket.take(1000) for _ in range(3)] == [0, 0, 1]


def test_who_is_refused_has_taken_nothing() -> None:
    bucket = Bucket(10, 1.0, now=0)
    assert bucket.take(0, 11) == 1
    assert bucket.take(0, 10) == 0
