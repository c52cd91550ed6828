"""Trials: what would have happened to past tickets under other SLA policies or calendars."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from server import clock
from server.domain.errors import Invalid, NotFound
from server.domain.events import TargetName
from server.domain.rights import Action
from server.domain.sla.comparison import Comparison, Sum
from server.domain.trial_resources import (
    SlaTrial,
    SlaTrials,
    TrialExample,
    TrialLine,
    TrialProgress,
    TrialResult,
    TrialSum,
    TrialTotal,
)
from server.http.call import Call
from server.http.inputs import ById, check_instant
from server.http.operation import operation
from server.http.trial_form import NewTrial, proposed
from server.queries import explained
from server.store import inboxes, sla_trials
from server.store.pool import Connection
from server.store.sla_trials import Proposal, Trial

MAX_PERIOD = timedelta(days=3 * 366)


@operation("POST", "/sla-trials", Action.MANAGE_DESK, {202: SlaTrial}, refusals=("conflict",))
async def add(call: Call, db: Connection, body: NewTrial) -> SlaTrial:
    """Try SLA policies or calendars over the tickets of a period, without touching them.

    What people did to each ticket stays; its clocks run again under what is proposed. It works in the
    background, newest ticket first, up to 100 000; one trial at a time. Customers count as what they are now.
    """
    now = clock.now()
    begin = check_instant(body.begin, "/from")
    end = min(check_instant(body.to or now, "/to"), now)
    if not begin < end:
        raise Invalid("The period ends before it begins", pointer="/to")
    if end - begin > MAX_PERIOD:
        raise Invalid(f"A period of {MAX_PERIOD.days} days at most", pointer="/from")
    wanted = body.inbox_id
    if wanted is not None and await inboxes.find_inbox(db, call.workspace_id, wanted) is None:
        raise Invalid("There is no such inbox", pointer="/inbox_id")
    policies = await proposed(db, call.workspace_id, body, now)
    proposal = Proposal(begin, end, wanted, policies)
    trial_id = await sla_trials.add(db, call.workspace_id, proposal)
    return await _fetch(db, call.workspace_id, trial_id)


@operation("GET", "/sla-trials", Action.MANAGE_DESK, {200: SlaTrials})
async def list_trials(call: Call, db: Connection) -> SlaTrials:
    """List the newest trials, without what they found."""
    newest = await sla_trials.list_newest(db, call.workspace_id)
    return SlaTrials(data=[_shape(trial, {}) for trial in newest])


@operation("GET", "/sla-trials/{id}", Action.MANAGE_DESK, {200: SlaTrial})
async def read(call: Call, db: Connection, path: ById) -> SlaTrial:
    """Read a trial: how far it is, and what it has found so far."""
    return await _fetch(db, call.workspace_id, path.id)


@operation("DELETE", "/sla-trials/{id}", Action.MANAGE_DESK, {204: None})
async def remove(call: Call, db: Connection, path: ById) -> None:
    """Cancel a trial that is under way, or forget one that has ended."""
    await sla_trials.cancel(db, call.workspace_id, path.id)


async def _fetch(db: Connection, workspace_id: UUID, trial_id: UUID) -> SlaTrial:
    found = await sla_trials.find(db, workspace_id, trial_id)
    if found is None:
        raise NotFound
    names, _, _ = await explained.list_names(db, workspace_id)
    return _shape(found, names)


def _shape(trial: Trial, names: Mapping[UUID, str]) -> SlaTrial:
    proposal = trial.proposal
    called = {**names, **{policy.id: policy.name for policy in proposal.policies}}
    return SlaTrial(
        id=trial.id,
        state=trial.state,
        from_=proposal.begin,
        to=proposal.end,
        inbox_id=proposal.inbox_id,
        created_at=trial.created_at,
        finished_at=trial.finished_at,
        progress=TrialProgress(done=trial.done, total=trial.total),
        result=None if trial.found is None else _result(trial.found, called),
    )


def _result(found: Comparison, names: Mapping[UUID, str]) -> TrialResult:
    lines = [
        TrialLine(
            target=pair.target,
            policy_id=pair.policy_id,
            policy_name=names.get(pair.policy_id),
            was=_sum([pair.was]),
            would=_sum([pair.would]),
        )
        for pair in sorted(found.pairs, key=lambda pair: (pair.target, names.get(pair.policy_id, "")))
    ]
    examples = [
        TrialExample(
            ticket_id=one.ticket_id, number=one.number, target=one.target, was=one.was, would=one.would
        )
        for one in found.examples
    ]
    return TrialResult(
        tickets=found.tickets,
        not_replayed=found.not_replayed,
        totals=_totals(found),
        lines=lines,
        better=found.better,
        worse=found.worse,
        examples=examples,
    )


def _totals(found: Comparison) -> list[TrialTotal]:
    names: list[TargetName] = sorted({pair.target for pair in found.pairs})
    return [
        TrialTotal(
            target=name,
            was=_sum([pair.was for pair in found.pairs if pair.target == name]),
            would=_sum([pair.would for pair in found.pairs if pair.target == name]),
        )
        for name in names
    ]


def _sum(sums: list[Sum]) -> TrialSum:
    met, breached = sum(one.met for one in sums), sum(one.breached for one in sums)
    return TrialSum(
        targets=sum(one.targets for one in sums),
        met=met,
        breached=breached,
        running=sum(one.running for one in sums),
        compliance=met / (met + breached) if met + breached else None,
    )


OPERATIONS = (add, list_trials, read, remove)
