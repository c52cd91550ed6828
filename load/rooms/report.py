"""All contestants in turn, and what came of it as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import uvloop

from load.rooms import goals
from load.rooms.contestants import CONTESTANTS, Contestant, Missing
from load.rooms.dialects import Refused
from load.rooms.driver import Stalled
from load.rooms.serving import NotStarted, pinned
from load.rooms.story import Figures, Length, measure

# One that is missing or gives up under the load does not end the run of the others.
FAILED = (Missing, NotStarted, Refused, Stalled, OSError, TimeoutError)
Say = Callable[[str], None]


def chosen(names: str | None) -> list[Contestant]:
    """Those whose name contains one of the given words; all without any."""
    words = [word.strip().lower() for word in (names or "").split(",")]
    return [one for one in CONTESTANTS if any(word in one.name.lower() for word in words)]


def run(contestants: Sequence[Contestant], length: Length, say: Say) -> str:
    """Measure each on one core, driven from another, and give the tables."""
    found: dict[str, Figures] = {}
    left_out: list[str] = []
    with pinned() as core:
        if core is None:
            left_out.append("there is one core alone: servers and driver share it")
        for contestant in contestants:
            say(f"rooms of {contestant.name}")
            try:
                found[contestant.name] = uvloop.run(measure(contestant, core, length, say))
            except FAILED as why:
                left_out.append(f"{contestant.name}: left out, {type(why).__name__}: {why}")
                say(left_out[-1])
            else:
                say("  " + goals.line(contestant.name, found[contestant.name]))
    verdicts = [f"- {what}: {value}" for what, value in goals.verdicts(found)]
    notes = ["`*`: the driver had no time left.", *left_out]
    return "\n\n".join(["\n".join(verdicts), goals.table(found), "\n".join(notes)])
