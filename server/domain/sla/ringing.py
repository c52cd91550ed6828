"""What a clock that rings does: a warning, the breach, or a step with what it asks of the ticket.

Whom to tell and which webhook to call is read from the terms by those who follow the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.domain.desk import Desk
from server.domain.events import (
    Event,
    Priority,
    PriorityChanged,
    Ring,
    SlaEscalated,
    TagAdded,
    TargetName,
    TicketAssigned,
)
from server.domain.rights import sees_inbox
from server.domain.sla.policy import PRIORITIES, Action, PutTag, RaisePriority, Reassign
from server.domain.sla.reaction import Clocked, stamp
from server.domain.sla.target import Target, find


class Escalated(Clocked, Protocol):
    """What of a ticket a step may change."""

    @property
    def assignee_id(self) -> UUID | None: ...


def ring(ticket: Escalated, name: TargetName, at: datetime, desk: Desk, now: datetime) -> list[Event]:
    """What one target's clock does that rings for `at`; nothing when it is no longer so.

    All that stands at that very instant happens together; what comes after it rings again.
    """
    target = find(ticket.targets, name)
    if target is None or target.next_at != at or now < at:
        return []
    next_at = min((later.at for later in target.rings if later.at > at), default=None)
    rung = [one for one in target.rings if one.at == at]
    events: list[Event] = []
    actions: list[Action] = []
    for one in rung:
        if one.kind != "step":
            events.append(stamp(target, one, next_at))
        elif (asked := _actions(target, one, desk)) is not None:
            events.append(SlaEscalated(name, target.due_at, asked[0], asked[1], next_at))
            actions += asked[2]
    return [*events, *_effects(ticket, actions, desk)]


def _actions(target: Target, step: Ring, desk: Desk) -> tuple[UUID, UUID, tuple[Action, ...]] | None:
    """The terms, the step and what it asks for; a step whose terms are gone asks for nothing."""
    if target.terms_id is None or step.step is None:
        return None
    terms = desk.terms.get(target.terms_id)
    found = None if terms is None else terms.find_step(step.step)
    return target.terms_id, step.step, () if found is None else found.actions


def _effects(ticket: Escalated, actions: list[Action], desk: Desk) -> Iterator[Event]:
    """The ticket's part of a step; what names somebody or something that is gone is passed over."""
    agent_id, team_id = ticket.assignee_id, ticket.team_id
    priority: Priority = ticket.priority
    tags: list[UUID] = []
    for action in actions:
        match action:
            case Reassign():
                agent_id, team_id = _reassigned(ticket, action, agent_id, team_id, desk)
            case RaisePriority(priority=wanted):
                priority = max(priority, wanted, key=PRIORITIES.index)
            case PutTag(tag_id=tag_id) if tag_id in desk.tags and tag_id not in (*ticket.tag_ids, *tags):
                tags.append(tag_id)
            case _:
                pass
    if (agent_id, team_id) != (ticket.assignee_id, ticket.team_id):
        yield TicketAssigned(agent_id, team_id)
    if priority != ticket.priority:
        yield PriorityChanged(priority, ticket.priority)
    yield from map(TagAdded, tags)


def _reassigned(
    ticket: Escalated, to: Reassign, agent_id: UUID | None, team_id: UUID | None, desk: Desk
) -> tuple[UUID | None, UUID | None]:
    if to.team_id is not None and to.team_id in desk.teams and to.team_id != team_id:
        agent_id, team_id = None, to.team_id
    agent = None if to.agent_id is None else desk.agents.get(to.agent_id)
    if agent is not None and agent.role != "light_agent" and sees_inbox(agent, ticket.inbox_id):
        agent_id = agent.id
    return agent_id, team_id
