"""Reports: however a ticket's events are handed over, in which pieces and how often, what is counted of them
is what each of its runs says by itself.

Seen to fail when a decided run changes hands, when one that was resumed stays met or with who had it, when
one that was replaced still counts, when its policy changes after, when its customer does not, and when an
event is counted again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.rollups.cells import Difference
from server.domain.rollups.runs import Known, Run, follow, moved
from tests.laws.budget import examples
from tests.laws.reported import LIVES, Life, count_all, life

# Met, given to somebody else, and resumed: it is the other's from then on.
RESUMED = life(
    UUID(int=1), (0, 0, 0), [(1, "start", 0, 0), (1, "met", 0, 3), (1, "assign", 0, 1), (1, "resume", 0, 0)]
)
# Two answers, each in time; then the customer is found to be another: both are theirs.
MERGED = life(
    UUID(int=2),
    (0, 0, 0),
    [(1, "start", 1, 0), (1, "met", 1, 3), (1, "start", 1, 0), (1, "met", 1, 2), (1, "customer", 0, 1)],
)
CUTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12)


def counted(lives: Sequence[Life], pieces: Sequence[tuple[int, int]]) -> tuple[Counter[Any], Counter[Any]]:
    """What comes of telling arbitrary pieces of each life, again and again, and in the end all of it."""
    cells: Counter[Any] = Counter()
    flows: Counter[Any] = Counter()
    for one in lives:
        known: Known | None = None
        runs: dict[int, Run] = {}
        for first, length in [*pieces, (0, len(one.records)), (0, len(one.records))]:
            reached = 0 if known is None else known.seq
            piece = one.records[min(first, reached) : reached + length]
            if not piece:
                continue
            difference = Difference()
            before = known
            known, changed = follow(known, piece)
            if before is not None and before.owners.customer_id != known.owners.customer_id:
                changed = moved(known, runs.values()) | changed
            for seq, run in changed.items():
                difference.replace(runs.get(seq), run)
            runs |= changed
            add(difference, cells, flows)
    return cells, flows


def add(difference: Difference, cells: Counter[Any], flows: Counter[Any]) -> None:
    for cell, sums in difference.cells.items():
        name = msgspec.structs.astuple(cell)
        for (target, what), count in sums.items():
            cells[*name, target, *(("bucket", what) if isinstance(what, int) else (what,))] += count
    for flow, slots in difference.flows.items():
        for slot, count in slots.items():
            flows[flow.inbox_id, flow.kind, flow.day, slot] += count


def there(counts: Counter[Any]) -> dict[Any, int]:
    return {name: count for name, count in counts.items() if count}


@examples(250)
@given(LIVES, CUTS)
@example([RESUMED], [])
@example([MERGED], [(0, 4)])
def test_reports_count_every_run_once_and_as_it_was_decided(
    lives: list[Life], pieces: list[tuple[int, int]]
) -> None:
    cells, flows = counted(lives, pieces)
    expected_cells, expected_flows = count_all(lives)
    assert there(flows) == there(expected_flows)
    assert there(cells) == there(expected_cells)
