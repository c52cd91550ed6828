"""From what was committed, or read back, to the frames that tell it: rendered once for each audience."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable
from uuid import UUID

from server.domain.desk import Desk
from server.domain.events import InteractionAdded
from server.domain.timeline import Happening, Link, Names, for_both
from server.handle.outcome import Outcome
from server.realtime.frames import event_frame
from server.realtime.membership import Told
from server.realtime.wire import TEXT, make_frame


def happenings_of(outcome: Outcome) -> Iterable[Happening]:
    """What a command made happen, with what it points to."""
    for record in outcome.records:
        said = outcome.interaction if isinstance(record.event, InteractionAdded) else None
        yield Happening(record, outcome.actor_name, said)


def names_of(desk: Desk | None) -> Names:
    """Agents, teams, tags and reasons of a desk by id."""
    if desk is None:
        return {}
    agents: dict[UUID, str] = {agent.id: agent.name for agent in desk.agents.values()}
    return ChainMap(agents, dict(desk.teams), dict(desk.tags), dict(desk.reasons))


def tell(room: str, happening: Happening, names: Names, link: Link) -> Told:
    """An event as the two frames that tell it."""
    seen, public = for_both(happening, names, link)
    event = happening.record.event
    return Told(
        happening.record.seq,
        happening.record.public_seq,
        make_frame(TEXT, event_frame(room, seen)),
        None if public is None else make_frame(TEXT, event_frame(room, public)),
        (event.draft or 0) if isinstance(event, InteractionAdded) else 0,
    )
