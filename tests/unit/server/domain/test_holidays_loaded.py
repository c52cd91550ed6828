"""Once the countries' rules are loaded, no look-up imports any more: not on the writer's loop, either."""

from __future__ import annotations

import subprocess
import sys

_COUNT = """
import sys
from server.domain.calendar import load_holidays, public_holidays
{first}
before = set(sys.modules)
for place in (("AT", None), ("DE", "BY"), ("US", "CA"), ("JP", None)):
    for year in (2025, 2026, 2027):
        assert public_holidays(*place, year)
print(len(set(sys.modules) - before))
"""


def imported_after(first: str) -> int:
    """How many modules look-ups import in a fresh process that did this first."""
    command = [sys.executable, "-c", _COUNT.format(first=first)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_a_look_up_imports_nothing_once_all_is_loaded() -> None:
    assert imported_after("load_holidays()") == 0


def test_without_that_the_first_one_does() -> None:
    """So that the other test says something."""
    assert imported_after("pass") > 100
