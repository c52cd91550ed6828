"""What it takes to explain a ticket's clocks: its log, the terms that it names, and what these are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from anyio import to_thread

from server.domain import explanation_resources as shapes
from server.domain.events import Recorded
from server.domain.sla import explanation
from server.domain.sla.policy import Terms
from server.store.desk import terms_of
from server.store.fold import list_records
from server.store.pool import Connection
from server.store.statements import statements

_SQL = statements("explained")
Names = Mapping[UUID, str]


class Material(NamedTuple):
    """What an explanation is made of."""

    records: list[Recorded]
    terms: Mapping[UUID, Terms]
    policies: Names
    calendars: Names
    reasons: Names


async def gather(db: Connection, workspace_id: UUID, ticket_id: UUID) -> Material:
    """All of a ticket's records, and what they name."""
    records = await list_records(db, workspace_id, ticket_id)
    wanted = await to_thread.run_sync(_terms_named, records)
    rows = await db.fetch(_SQL["find_terms"], workspace_id, wanted)
    terms = {each["id"]: terms_of(each) for each in rows}
    return Material(records, terms, *await list_names(db, workspace_id))


def _terms_named(records: list[Recorded]) -> list[UUID]:
    """A ticket may have a hundred thousand records: this is for a thread."""
    named = (getattr(record.event, "terms_id", None) for record in records)
    return list({one for one in named if one is not None})


async def list_names(db: Connection, workspace_id: UUID) -> tuple[Names, Names, Names]:
    """What a workspace's policies, calendars and pause reasons are called."""
    row = await db.fetchrow(_SQL["names"], workspace_id)
    policies, calendars, reasons = (msgspec.json.decode(names, type=dict[UUID, str]) for names in row)
    return policies, calendars, reasons


def shape(
    ticket_id: UUID, runs: list[explanation.Run], material: Material, now: datetime
) -> shapes.TicketSla:
    """The resource of an explanation."""
    return shapes.TicketSla(ticket_id=ticket_id, as_of=now, runs=[_run(run, material) for run in runs])


def _run(run: explanation.Run, material: Material) -> shapes.ExplainedRun:
    return shapes.ExplainedRun(
        id=run.id,
        target=run.target,
        standing=run.standing,
        started_at=run.started_at,
        due_at=run.due_at,
        needed_seconds=run.needed.total_seconds(),
        spent_seconds=run.spent.total_seconds(),
        met_at=run.met_at,
        breached_at=run.breached_at,
        stopped_at=run.stopped_at,
        rules=[_rule(rule, material) for rule in run.rules],
        segments=[_segment(segment, material) for segment in run.segments],
        marks=[_mark(mark) for mark in run.marks],
        changes=[_change(change) for change in run.changes],
        shortened=run.shortened,
    )


def _rule(rule: explanation.Rule, material: Material) -> shapes.ExplainedRule:
    return shapes.ExplainedRule(
        policy_id=rule.policy_id,
        policy_name=material.policies.get(rule.policy_id),
        terms_id=rule.terms_id,
        made_at=rule.made_at,
        calendar_id=rule.calendar_id,
        calendar_name=None if rule.calendar_id is None else material.calendars.get(rule.calendar_id),
        zone=rule.zone,
        needed_seconds=rule.needed.total_seconds(),
    )


def _segment(segment: explanation.Segment, material: Material) -> shapes.ExplainedSegment:
    reason = segment.reason
    waits_for = None if reason.reason_id is None else material.reasons.get(reason.reason_id)
    return shapes.ExplainedSegment(
        from_=segment.begin,
        to=segment.end,
        state=segment.state,
        reason=shapes.SegmentReason(code=reason.code, status=reason.status, name=reason.holiday or waits_for),
        rule=segment.rule,
        counted_seconds=segment.counted.total_seconds(),
        spent_seconds=segment.spent.total_seconds(),
        parts=segment.parts,
    )


def _mark(mark: explanation.Mark) -> shapes.ExplainedMark:
    return shapes.ExplainedMark(
        at=mark.at,
        kind=mark.kind,
        ahead=mark.ahead,
        told_at=mark.told_at,
        step_id=mark.step_id,
        percent=mark.percent,
        offset_minutes=mark.offset_minutes,
        actions=list(mark.actions),
    )


def _change(change: explanation.Change) -> shapes.ExplainedChange:
    return shapes.ExplainedChange(
        at=change.at,
        since=change.since,
        causes=list(change.causes),
        rule_before=change.rule_before,
        rule_after=change.rule_after,
        due_before=change.due_before,
        due_after=change.due_after,
        spent_seconds=change.spent.total_seconds(),
    )
