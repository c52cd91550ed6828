"""What a trial means, and what bounds a desk."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from load.capacity.bounded import explain
from load.capacity.result import Cores, Result, Times
from load.capacity.search import Outcome

IDLE = Cores(0.2, 0.2, 0.1, 0.6, 4.0)


def trial(p99: float = 40.0, **more: Any) -> Result:
    usual: dict[str, Any] = {"cores": IDLE, "late_p99": 1.0}
    return Result("search", 500.0, 5.0, 2500, 500.0, Times(10.0, 20.0, p99, 90.0), 30.0, **usual | more)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (trial(), Outcome(holds=True, clear=False)),
        (trial(120.0), Outcome(holds=False, clear=False)),
        (trial(400.0), Outcome(holds=False, clear=True)),
        (trial(lost=1), Outcome(holds=False, clear=True)),
        (trial(doubled=1), Outcome(holds=False, clear=True)),
        (trial(disordered=1), Outcome(holds=False, clear=True)),
        (trial(refused={"unavailable": 3}), Outcome(holds=False, clear=True)),
        (trial(closed={1013: 1}), Outcome(holds=False, clear=True)),
        (trial(hopeless=True), Outcome(holds=False, clear=True)),
        (msgspec.structs.replace(trial(), seen=None), Outcome(holds=False, clear=True)),
    ],
)
def test_a_rate_holds_when_all_is_seen_in_time_and_nothing_is_wrong(result: Result, outcome: Outcome) -> None:
    assert result.outcome(100.0) == outcome


def test_the_desks_own_rates_are_not_its_capacity() -> None:
    assert trial(refused={"rate_limited": 3}).limited
    assert trial(closed={4429: 1}).limited
    assert not trial(refused={"unavailable": 3}).limited


@pytest.mark.parametrize(
    ("failed", "local", "begins"),
    [
        (None, True, "Nothing that was tried"),
        (trial(refused={"unavailable": 3}), True, "Refusals"),
        (trial(lost=2), True, "Losses"),
        (trial(200.0, late_p99=80.0), True, "This driver"),
        (trial(200.0, cores=Cores(0.5, 0.5, 0.97, 2.1, 4.0)), True, "This driver"),
        (trial(200.0), False, "Time"),
        (trial(200.0, cores=None), True, "Time"),
        (trial(200.0, cores=Cores(0.97, 0.5, 0.3, 2.0, 4.0)), True, "Parley's process"),
        (trial(200.0, cores=Cores(0.85, 0.7, 0.3, 1.95, 2.0)), True, "The processor"),
        (trial(200.0, cores=Cores(0.3, 0.3, 0.1, 2.0, 2.0)), True, "Other programs"),
        (trial(200.0), True, "Waiting"),
    ],
)
def test_what_bounds_it_is_said_in_a_sentence(failed: Result | None, local: bool, begins: str) -> None:
    assert explain(failed, 100.0, local=local).startswith(begins)
