"""Notifications as a consumer of the log: whom an event concerns is told of it, once.

A warning is for whoever has the ticket, or for its team while nobody has; a breach for both; and while it is
nobody's and no team's, both are for the admins and for whoever of its inbox is online. A step of an
escalation is for whom it names; an assignment for whom it was made to. What is older than a day (an outage, a
consumer that was off) is history and rings no bell. What a customer says is for who has the ticket, while
they are not connected. With `mailing`, who is not there hears of it by mail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from server.clock import now
from server.domain.events import Event, InteractionAdded, SlaBreached, SlaEscalated, SlaWarned, TicketAssigned
from server.domain.sla.policy import Action, NotifyAgents, NotifyAssignee, NotifyTeam
from server.store import escalations, notifications
from server.store.escalations import Steps
from server.store.log import Entry
from server.store.notices import Mailing
from server.store.notifications import Concern
from server.store.pool import Store

CONSUMER = "notifications"
MAX_AGE = timedelta(days=1)
# Called after the commit with a workspace and which of its agents have another count of unread ones.
Told = Callable[[UUID, Collection[UUID]], None]

_LAST_OF_OPENING = 2  # a ticket opens by two events, of which the second is what was said first
_KINDS = frozenset({"sla_warned", "sla_breached", "sla_escalated", "ticket_assigned"})


class Notifications:
    """Give `handle` to a consumer of the log."""

    def __init__(self, store: Store, told: Told, mailing: Mailing | None = None) -> None:
        self._store = store
        self._mailing = mailing
        self._told = told

    async def handle(self, entries: Sequence[Entry]) -> None:
        """Notify of `entries`; repeating it is harmless. Raises Unavailable."""
        oldest = now() - MAX_AGE
        by_workspace: defaultdict[UUID, list[tuple[Entry, Event]]] = defaultdict(list)
        for entry in entries:
            if _concerns(entry) and entry.at >= oldest:
                by_workspace[entry.workspace_id].append((entry, entry.event()))
        for workspace_id, found in by_workspace.items():
            async with self._store.write(workspace_id, by_key=True) as db:
                escalated = [event for _, event in found if isinstance(event, SlaEscalated)]
                steps = await escalations.list_actions(db, workspace_id, escalated)
                concerns = [concern_of(entry, event, steps) for entry, event in found]
                told = [concern for concern in concerns if concern is not None]
                agent_ids = await notifications.add(db, workspace_id, told, self._mailing)
            if agent_ids:
                self._told(workspace_id, agent_ids)


def _concerns(entry: Entry) -> bool:
    """Whether an event may be for somebody. Pure."""
    said = entry.type == "interaction_added" and entry.actor_type == "customer" and entry.public_seq
    return entry.type in _KINDS or bool(said and entry.seq > _LAST_OF_OPENING)


def concern_of(entry: Entry, event: Event, steps: Steps) -> Concern | None:
    """Whom an event is for; None when for nobody. Pure."""
    about = Concern(kind="sla_warned", ticket_id=entry.ticket_id, seq=entry.seq, at=entry.at)
    match event:
        case SlaWarned(target=target, due_at=due_at):
            warned = replace(about, target=target, due_at=due_at)
            return replace(warned, assignee=True, orphan=True, ownerless=True)
        case SlaBreached(target=target, breached_at=breached_at):
            breached = replace(about, kind="sla_breached", target=target, due_at=breached_at)
            return replace(breached, assignee=True, team=True, ownerless=True)
        case SlaEscalated(target=target, due_at=due_at, step=step):
            stepped = replace(about, kind="sla_escalated", target=target, due_at=due_at)
            return _stepped(stepped, steps.get(step, ()))
        case TicketAssigned(assignee_id=assignee_id, team_id=team_id):
            return replace(
                about,
                kind="ticket_assigned",
                actor_id=entry.actor_id,
                agent_ids=() if assignee_id is None else (assignee_id,),
                team_ids=() if team_id is None or assignee_id is not None else (team_id,),
            )
        case InteractionAdded():
            return replace(about, kind="customer_answered", assignee=True)
        case _:
            return None


def _stepped(about: Concern, actions: Sequence[Action]) -> Concern | None:
    """Whom the actions of a step name; None when they name nobody."""
    assignee = any(isinstance(action, NotifyAssignee) for action in actions)
    teams = [action.team_id for action in actions if isinstance(action, NotifyTeam)]
    agents = [one for action in actions if isinstance(action, NotifyAgents) for one in action.agent_ids]
    if not (assignee or teams or agents):
        return None
    named = tuple(team_id for team_id in teams if team_id is not None)
    return replace(about, assignee=assignee, team=None in teams, team_ids=named, agent_ids=tuple(agents))
