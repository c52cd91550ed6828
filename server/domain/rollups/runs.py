"""What reports know of a ticket: who has it now, and its runs, each one time that a promise ran.

A run is named by the `seq` of the event that began it. A ticket's being open is a run too, from its opening
or reopening until it is done. As long as a run is undecided it belongs to whom the ticket belongs now; with
its first decision, met or breached, it is that agent's, team's, priority's and policy's for good. Its
customer is always the ticket's: who is found to be another always was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from server.domain.events import (
    CustomerChanged,
    Priority,
    PriorityChanged,
    Recorded,
    SlaBreached,
    SlaMet,
    SlaResumed,
    SlaRetimed,
    SlaStarted,
    SlaStopped,
    StatusChanged,
    TargetName,
    TicketAssigned,
    TicketOpened,
)
from server.domain.rollups.durations import bucket_of
from server.domain.sla.reaction import DONE

Kind = Literal["open", "first_response", "next_response", "resolution"]
# The tags of the events that change what reports count.
COUNTED = frozenset({
    "ticket_opened", "status_changed", "ticket_assigned", "priority_changed", "customer_changed",
    "sla_started", "sla_retimed", "sla_resumed", "sla_met", "sla_breached", "sla_stopped",
})  # fmt: skip


class Owners(msgspec.Struct, frozen=True):
    """Whom a ticket belongs to: what reports are grouped by, as ids."""

    inbox_id: UUID
    team_id: UUID | None
    agent_id: UUID | None
    priority: Priority
    customer_id: UUID


class Run(msgspec.Struct, frozen=True):
    """One time that a promise ran; `bucket` is the working time that it took, once met."""

    kind: Kind
    seq: int
    started_at: datetime
    policy_id: UUID | None
    owners: Owners
    met_at: datetime | None = None
    breached_at: datetime | None = None
    stopped_at: datetime | None = None
    bucket: int | None = None

    @property
    def decided(self) -> bool:
        """Whether it was met or breached: late is breached."""
        return self.met_at is not None or self.breached_at is not None


class Known(msgspec.Struct, frozen=True):
    """A ticket up to its event `seq`, with the newest run of each kind."""

    ticket_id: UUID
    seq: int
    opened_at: datetime
    open: bool
    owners: Owners
    runs: tuple[Run, ...] = ()


def follow(known: Known | None, records: Iterable[Recorded]) -> tuple[Known, dict[int, Run]]:
    """The ticket after what happened next, and by their `seq` the runs that are new or changed.

    What was counted already changes nothing. Raises ValueError when the first event is not an opening.
    """
    changed: dict[int, Run] = {}
    for record in records:
        if known is not None and record.seq <= known.seq:
            continue
        after = _opened(record) if known is None else _followed(known, record)
        before = () if known is None else known.runs
        changed |= {
            run.seq: run for run in (*_replaced(before, after.runs), *after.runs) if run not in before
        }
        known = after
    if known is None:
        raise ValueError("a ticket begins with an event")
    return known, changed | moved(known, changed.values())


def moved(known: Known, runs: Iterable[Run]) -> dict[int, Run]:
    """Those of a ticket's runs that are another customer's, by their `seq`, as the ticket's own."""
    customer_id = known.owners.customer_id
    return {run.seq: _of_customer(run, customer_id) for run in runs if run.owners.customer_id != customer_id}


def _opened(record: Recorded) -> Known:
    event = record.event
    if not isinstance(event, TicketOpened):
        raise ValueError("a ticket's first event is its opening")
    owners = Owners(event.inbox_id, None, None, event.priority, event.customer_id)
    runs = (Run("open", record.seq, record.at, None, owners),)
    return Known(record.ticket_id, record.seq, record.at, True, owners, runs)


def _replaced(before: tuple[Run, ...], after: tuple[Run, ...]) -> Iterable[Run]:
    """Undecided runs that gave way to a new one of their kind before they ended: they no longer count."""
    newest = {run.kind: run for run in after}
    for run in before:
        fresh = newest[run.kind]
        if fresh.seq != run.seq and not run.decided and run.stopped_at is None:
            yield msgspec.structs.replace(run, stopped_at=fresh.started_at)


def _followed(known: Known, record: Recorded) -> Known:
    known = msgspec.structs.replace(known, seq=record.seq)
    match record.event:
        case TicketAssigned(assignee_id=agent_id, team_id=team_id):
            return _owned(known, msgspec.structs.replace(known.owners, agent_id=agent_id, team_id=team_id))
        case PriorityChanged(priority=priority):
            return _owned(known, msgspec.structs.replace(known.owners, priority=priority))
        case CustomerChanged(customer_id=customer_id):
            owners = msgspec.structs.replace(known.owners, customer_id=customer_id)
            runs = tuple(_of_customer(run, customer_id) for run in known.runs)
            return msgspec.structs.replace(known, owners=owners, runs=runs)
        case StatusChanged(status=status):
            return _turned(known, record, done=status in DONE)
        case SlaStarted(target=target, policy_id=policy_id, started_at=started_at):
            return _begun(known, Run(target, record.seq, started_at, policy_id, known.owners))
        case SlaRetimed(target=target, policy_id=policy_id):
            run = _newest(known, target)
            return known if run is None or run.decided else _changed(known, target, policy_id=policy_id)
        case SlaResumed(target=target):
            return _resumed(known, target)
        case SlaMet() as met:
            return _met(known, met)
        case SlaBreached(target=target, breached_at=breached_at):
            return _changed(known, target, breached_at=breached_at)
        case SlaStopped(target=target):
            return _changed(known, target, stopped_at=record.at)
        case _:
            return known


def _owned(known: Known, owners: Owners) -> Known:
    runs = tuple(run if run.decided else msgspec.structs.replace(run, owners=owners) for run in known.runs)
    return msgspec.structs.replace(known, owners=owners, runs=runs)


def _of_customer(run: Run, customer_id: UUID) -> Run:
    return msgspec.structs.replace(run, owners=msgspec.structs.replace(run.owners, customer_id=customer_id))


def _turned(known: Known, record: Recorded, *, done: bool) -> Known:
    """The ticket is done, or open again; most changes of status are neither."""
    if known.open != done:
        return known
    known = msgspec.structs.replace(known, open=not done)
    if done:
        return _changed(known, "open", met_at=record.at)
    return _begun(known, Run("open", record.seq, record.at, None, known.owners))


def _begun(known: Known, fresh: Run) -> Known:
    runs = tuple(run for run in known.runs if run.kind != fresh.kind)
    return msgspec.structs.replace(known, runs=(*runs, fresh))


def _met(known: Known, event: SlaMet) -> Known:
    run = _newest(known, event.target)
    if run is None:
        return known
    # The first versions did not write down what was spent.
    spent = event.met_at - run.started_at if event.spent is None else event.spent
    return _changed(known, event.target, met_at=event.met_at, bucket=bucket_of(spent))


def _resumed(known: Known, target: TargetName) -> Known:
    """A run that had ended runs on, with those who have the ticket now unless it was breached."""
    run = _newest(known, target)
    if run is None:
        return known
    known = _changed(known, target, met_at=None, stopped_at=None, bucket=None)
    return known if run.breached_at is not None else _owned(known, known.owners)


def _newest(known: Known, kind: Kind) -> Run | None:
    return next((run for run in known.runs if run.kind == kind), None)


def _changed(known: Known, kind: Kind, **changes: object) -> Known:
    """The ticket with its newest run of a kind changed; whoever has it, has the run until it is decided."""
    return msgspec.structs.replace(
        known,
        runs=tuple(
            msgspec.structs.replace(run, **changes) if run.kind == kind else run for run in known.runs
        ),
    )
