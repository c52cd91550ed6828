"""How much is let through in a period, with a clock that the test moves."""

from __future__ import annotations

from server.rates import MAX_KEYS, Rate


class Clock:
    """A clock that stands still."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_exactly_the_count_is_let_through_in_a_period() -> None:
    clock = Clock()
    rate = Rate("3/minute", clock)
    assert [rate.hit("a") for _ in range(5)] == [0, 0, 0, 60, 60]
    clock.now += 59
    assert rate.hit("a") == 1
    clock.now += 1
    assert rate.hit("a") == 0


def test_keys_do_not_share_a_bound() -> None:
    rate = Rate("1/minute", Clock())
    assert (rate.hit("a"), rate.hit("b")) == (0, 0)
    assert rate.wait("a") == 60
    rate.forgive("a")
    assert rate.wait("a") == 0


def test_memory_is_bounded() -> None:
    rate = Rate("1/minute", Clock())
    for key in range(MAX_KEYS + 10):
        rate.hit(key)
    assert len(rate._counted) <= MAX_KEYS
