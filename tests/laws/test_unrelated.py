"""Unrelated: tags, assignments, subjects, notes and machines' mail change nothing of any clock.

A life with them says of its clocks, event by event, what it says without them: so their order does not
matter. What a command on one ticket decides, no other ticket is asked about.
Seen to fail when a note is an answer and a machine's mail a question.
"""

from __future__ import annotations

import msgspec
from hypothesis import given

from server.domain.events import Recorded, changes_clock
from tests.laws.budget import examples
from tests.laws.lives import Act, Kind, Lived, Story, stories

UNRELATED: tuple[Kind, ...] = ("other", "note", "machine")
KINDS: tuple[Kind, ...] = ("status", "status", "priority", "answer", "ask", "edit", *UNRELATED, *UNRELATED)


@given(stories(actions=True, kinds=KINDS))
@examples(50)
def test_what_is_unrelated_may_come_anywhere_or_not_at_all(story: Story) -> None:
    desk, bare = Lived(story), Lived(msgspec.structs.replace(story, acts=without(story.acts)))
    desk.lives()
    bare.lives()
    until = max(desk.now, bare.now)
    for one in (desk, bare):
        one.rings_until(until)
    assert clocks(desk.records) == clocks(bare.records)


def without(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """The acts that matter, at the same times."""
    kept, waited = [], 0
    for act in acts:
        waited += act.gap
        if act.kind not in UNRELATED:
            kept.append(act._replace(gap=waited))
            waited = 0
    return tuple(kept)


def clocks(records: list[Recorded]) -> list[tuple[object, object]]:
    return [(record.at, record.event) for record in records if changes_clock(record.event)]
