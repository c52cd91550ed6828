"""A policy said in a few numbers: what most desks need, and what the API has always taken.

All time counts, a resolution stands still while the ticket waits, and one warning comes before the due time.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from server.domain.events import TargetName
from server.domain.sla.policy import Pause, Percent, Promise, Step

_WAITS = (Pause("pending"), Pause("on_hold"))


def plain_promises(
    policy_id: UUID,
    first_response: timedelta | None = None,
    resolution: timedelta | None = None,
    warning_percent: int = 80,
    next_response: timedelta | None = None,
) -> tuple[Promise, ...]:
    """The promises for these times; None is not promised. The same policy has the same steps."""
    wanted: tuple[tuple[TargetName, timedelta | None], ...] = (
        ("first_response", first_response),
        ("next_response", next_response),
        ("resolution", resolution),
    )
    return tuple(
        Promise(
            target,
            needed,
            pauses=_WAITS if target == "resolution" else (),
            steps=(warning(policy_id, target, warning_percent),),
        )
        for target, needed in wanted
        if needed is not None
    )


def warning(policy_id: UUID, target: TargetName, percent: int) -> Step:
    """The warning of a target at a share of its time, under an id that stays."""
    return Step(uuid5(policy_id, f"{target} warning {percent}"), Percent(percent))
