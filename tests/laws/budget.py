"""How hard the laws are tried: some seconds each, and far longer by `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

SOAK = os.environ.get("PARLEY_SOAK") == "1"

if not SOAK:
    # Among its examples Hypothesis puts the numbers and words of whatever modules of ours are loaded. Then an
    # edit anywhere, and the tests that a worker happens to have run before, would make others of them.
    private = ("_get_local_constants", "_local_constants")
    assert all(hasattr(providers, one) for one in private), "Hypothesis finds constants in another way now"
    providers._get_local_constants = lambda: providers._local_constants


def examples(count: int) -> settings:
    """So many examples, a hundred times as many in a soak; else the same ones each time."""
    return settings(
        max_examples=count * 100 if SOAK else count,
        deadline=None,
        derandomize=not SOAK,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
