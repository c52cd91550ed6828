"""When what lives is put out of the collector's sight, and when it is looked through again."""

from __future__ import annotations

from server.realtime.garbage import LEAST_GROWTH, Garbage


def told(*connections: int) -> list[str]:
    """What is done as the number of connections goes like this."""
    done: list[str] = []

    def collect() -> int:
        done.append("collect")
        return 0

    garbage = Garbage(lambda: done.append("freeze"), lambda: done.append("unfreeze"), collect)
    for count in connections:
        garbage.look(count)
    return done


def test_growth_freezes_and_a_little_more_does_not() -> None:
    assert told(LEAST_GROWTH - 1) == []
    assert told(LEAST_GROWTH, LEAST_GROWTH + 100, 1000) == ["freeze"]
    assert told(1000, 1749, 1750, 10_000, 12_999) == ["freeze"] * 3


def test_coming_and_going_is_no_growth() -> None:
    assert told(10_000, 6000, 10_000, 5000, 10_000) == ["freeze"]


def test_when_most_have_gone_what_is_left_is_looked_through_once() -> None:
    assert told(10_000, 4999, 4999, 2600) == ["freeze", "unfreeze", "collect", "freeze"]
    assert told(600, 0, 0) == ["freeze", "unfreeze", "collect", "freeze"]
