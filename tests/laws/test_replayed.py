"""Replayed: a log once more, under the very policies that were in force, is the log that was.

And under other policies it is the log of a ticket to which the same was done while they were in force. Seen
to fail when clocks ring after the command that was at the same instant, when an escalation's changes are
taken for somebody's, and when a machine's mail counts as a question.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given

from server.domain.events import Event, Recorded, changes_clock
from server.domain.sla.replay import replay
from tests.laws.budget import examples
from tests.laws.lives import GRID, Kind, Lived, Story, stories

SAME_RULES: tuple[Kind, ...] = (
    "status", "status", "status", "priority", "answer", "ask", "note", "machine", "other",
)  # fmt: skip
# What a step may do is done by nobody else here: who found it done would have done nothing.
SAID: tuple[Kind, ...] = ("status", "status", "answer", "ask", "machine")


@given(stories(actions=True, kinds=SAME_RULES))
@examples(80)
def test_under_the_same_policies_it_is_what_it_was(story: Story) -> None:
    desk = lived(story)
    again = replay(desk.records, desk.desk, {}, desk.now, desk.machines)
    assert again == desk.records


@given(stories(kinds=SAME_RULES) | stories(actions=True, kinds=SAID))
@examples(80)
def test_under_others_it_is_what_it_would_have_been(story: Story) -> None:
    desk = lived(story)
    swapped = msgspec.structs.replace(story, versions=(story.versions[1], story.versions[0]))
    other = lived(swapped)
    again = replay(desk.records, other.desk, {}, desk.now, desk.machines)
    assert clocks(again) == clocks(other.records)


def lived(story: Story) -> Lived:
    desk = Lived(story)
    desk.lives()
    until = desk.now + 500 * GRID
    desk.rings_until(until)
    desk.now = until
    return desk


def clocks(records: Sequence[Recorded]) -> list[tuple[object, Event]]:
    return [(record.at, record.event) for record in records if changes_clock(record.event)]
