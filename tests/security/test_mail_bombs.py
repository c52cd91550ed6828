"""Rows M7 and M8: a mail costs little more than it is large.

The bounds tell what hangs from what does not, with room for any machine; `make bench` measures the times.
"""

from __future__ import annotations

import time
import tracemalloc

import pytest

from connectors.inbound.reading import SMALL_BYTES
from connectors.mail.parse import parse
from connectors.mail.quote import split
from connectors.mail.show import shown_html
from tests.security import bombs

MAX_SECONDS = 20.0
MAX_SECONDS_PER_MEGABYTE = 10.0
MAX_BLOCKED_SECONDS = 0.2
MAX_MEMORY_ABOVE = 64_000_000
PATTERNS = {**bombs.texts(), **bombs.pages()}
ALL = {**bombs.structures(), **PATTERNS}


def cost(raw: bytes, tries: int = 1) -> float:
    """Seconds of this processor that reading and showing a mail take, at best."""
    found = []
    for _ in range(tries):
        split.cache_clear()
        began = time.thread_time()
        shown_html(parse(raw), {})
        found.append(time.thread_time() - began)
    return min(found)


@pytest.mark.parametrize("name", bombs.structures().keys())
def test_a_bomb_is_read_in_time(name: str) -> None:
    assert cost(ALL[name]) < MAX_SECONDS


@pytest.mark.parametrize("name", ["50 MB base64", "50 MB line", "10 000 parts", "formatting and blocks"])
def test_a_bomb_takes_little_more_memory_than_its_size(name: str) -> None:
    raw = ALL[name]
    tracemalloc.start()
    try:
        shown_html(parse(raw), {})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < len(raw) + MAX_MEMORY_ABOVE


@pytest.mark.parametrize("name", PATTERNS.keys())
def test_a_megabyte_of_a_pattern_is_read_within_a_second(name: str) -> None:
    assert cost(PATTERNS[name], tries=3) < MAX_SECONDS_PER_MEGABYTE


@pytest.mark.parametrize("name", ALL.keys())
def test_what_is_read_beside_others_never_holds_them_up(name: str) -> None:
    """The same bombs at the size that is still read in the process that serves everybody."""
    assert cost(ALL[name][:SMALL_BYTES], tries=5) < MAX_BLOCKED_SECONDS
