"""Notifications as a consumer of the log: whom an event concerns is told of it, once.

A warning is for whoever has the ticket, or for its team while nobody has; a breach for both; a step of an
escalation for whom it names; an assignment for whom it was made to. What is older than a day (an outage, a
consumer that was off) is history and rings no bell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from uuid import UUID

from server.clock import now
from server.domain.events import SlaBreached, SlaWarned, TicketAssigned
from server.store import notifications
from server.store.log import Entry
from server.store.notifications import Notice
from server.store.pool import Store

CONSUMER = "notifications"
MAX_AGE = timedelta(days=1)
# Called after the commit with a workspace and which of its agents have another count of unread ones.
Told = Callable[[UUID, Collection[UUID]], None]

_KINDS = frozenset({"sla_warned", "sla_breached", "sla_escalated", "ticket_assigned"})


class Notifications:
    """Give `handle` to a consumer of the log."""

    def __init__(self, store: Store, told: Told) -> None:
        self._store = store
        self._told = told

    async def handle(self, entries: Sequence[Entry]) -> None:
        """Notify of `entries`; repeating it is harmless. Raises Unavailable."""
        oldest = now() - MAX_AGE
        by_workspace: defaultdict[UUID, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.type in _KINDS and entry.at >= oldest:
                by_workspace[entry.workspace_id].append(entry)
        for workspace_id, found in by_workspace.items():
            notices = [notice for entry in found if (notice := notice_of(entry)) is not None]
            async with self._store.write(workspace_id) as db:
                agent_ids = await notifications.add(db, workspace_id, notices)
            if agent_ids:
                self._told(workspace_id, agent_ids)


def notice_of(entry: Entry) -> Notice | None:
    """Whom an event is for; None when for nobody. Pure; raises ValidationError for what is no event."""
    match entry.event():
        case SlaWarned(target=target, due_at=due_at):
            return Notice(
                kind="sla_warned",
                ticket_id=entry.ticket_id,
                seq=entry.seq,
                at=entry.at,
                target=target,
                due_at=due_at,
                assignee=True,
                orphan=True,
            )
        case SlaBreached(target=target, breached_at=breached_at):
            return Notice(
                kind="sla_breached",
                ticket_id=entry.ticket_id,
                seq=entry.seq,
                at=entry.at,
                target=target,
                due_at=breached_at,
                assignee=True,
                team=True,
            )
        case TicketAssigned(assignee_id=assignee_id, team_id=team_id):
            return Notice(
                kind="ticket_assigned",
                ticket_id=entry.ticket_id,
                seq=entry.seq,
                at=entry.at,
                actor_id=entry.actor_id,
                agent_ids=() if assignee_id is None else (assignee_id,),
                team_ids=() if team_id is None or assignee_id is not None else (team_id,),
            )
        case _:
            return None
