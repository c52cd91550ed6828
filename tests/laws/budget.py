"""How hard the laws are tried: some seconds each, and far longer by `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SOAK = os.environ.get("PARLEY_SOAK") == "1"


def examples(count: int) -> settings:
    """So many examples, a hundred times as many in a soak; else the same ones each time."""
    return settings(
        max_examples=count * 100 if SOAK else count,
        deadline=None,
        derandomize=not SOAK,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
