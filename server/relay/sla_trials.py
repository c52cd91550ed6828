"""Tries SLA policies over past tickets: replays their logs, a few at a time, and changes nothing of them.

One process works, elected by a lease, a page of each trial after the other; whoever comes after it goes on
where it stopped. The event loop is others' for at least half of the time, and never held long: a ticket takes
about a millisecond, and one with a long log is replayed in a thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from uuid import UUID

import anyio
import msgspec
import structlog
from anyio import to_thread
from prometheus_client import Counter

from server.domain.calendar import public_holidays
from server.domain.desk import Desk
from server.domain.events import CustomerChanged, Recorded, TicketOpened
from server.domain.sla.policy import CustomerFacts, Customers, Policy
from server.domain.sla.replay import Endless, replay
from server.relay.elected import work_elected
from server.store import sla_trials
from server.store.desk import fetch_desk, find_customer_facts
from server.store.lease import AWAY
from server.store.pool import Connection, Store
from server.store.sla_trials import Past, Work

LEASE = "sla trials"
MAX_LISTED = 20
PAGE = 25  # tickets
LONG = 300  # records: some ten milliseconds
_SLICE_SECONDS = 0.004

_replayed = Counter("parley_sla_trial_tickets_total", "Tickets replayed under other policies.", ["result"])
_log = structlog.get_logger(__name__)


class SlaTrials:
    """The worker of one process; `ready` once it works, or knows that another does."""

    def __init__(self, store: Store) -> None:
        self.ready = False
        self._store = store

    async def run(self) -> None:
        """Work, or stand by, until cancelled."""
        await work_elected(self._store, LEASE, self._stand_by, self.turn)

    def _stand_by(self) -> None:
        self.ready = True

    async def turn(self, db: Connection) -> int:
        """Do a page of each that is under way; returns how many there were. Raises what AWAY lists."""
        found = await sla_trials.list_waiting(db, MAX_LISTED)
        self.ready = True
        for workspace_id, trial_id in found:
            try:
                await self._do_page(workspace_id, trial_id)
            except AWAY:
                raise
            except Exception:  # noqa: BLE001 - one trial's fault must not stop the others
                _log.exception("sla_trial_failed", trial_id=str(trial_id))
                async with self._store.write(workspace_id) as writing:
                    await sla_trials.fail(writing, workspace_id, trial_id)
        return len(found)

    async def _do_page(self, workspace_id: UUID, trial_id: UUID) -> None:
        async with self._store.read(workspace_id) as db:
            work = await sla_trials.find_work(db, workspace_id, trial_id)
            if work is None:
                return
            past = await sla_trials.list_past(db, work, PAGE)
            desk = under(await fetch_desk(db, workspace_id), work.proposal.policies)
            customers: Customers = {}
            if desk.judges_customers:
                known = await find_customer_facts(db, workspace_id, _customers_of(past))
                customers = {each: as_ever(facts) for each, facts in known.items()}
        await to_thread.run_sync(_look_up_holidays, work)
        await self._replay(work, past, desk, customers)
        work.done += len(past)
        over = len(past) < PAGE or work.done >= sla_trials.MAX_TICKETS
        async with self._store.write(workspace_id) as db:
            await sla_trials.advance(db, work, over=over)

    async def _replay(self, work: Work, past: list[Past], desk: Desk, customers: Customers) -> None:
        began = time.perf_counter()
        for one in past:
            if len(one.records) > LONG:
                await to_thread.run_sync(_compare, work, one, desk, customers)
            else:
                _compare(work, one, desk, customers)
            worked = time.perf_counter() - began
            if worked > _SLICE_SECONDS:
                await anyio.sleep(worked)
                began = time.perf_counter()


def _look_up_holidays(work: Work) -> None:
    """Have a country's holidays remembered: the first look takes a tenth of a second."""
    years = range(work.proposal.begin.year, work.until.year + 2)
    promises = (promise for policy in work.proposal.policies for promise in policy.terms.promises)
    for calendar in {promise.calendar for promise in promises}:
        if calendar is not None and calendar.country is not None:
            for year in years:
                public_holidays(calendar.country, calendar.subdivision, year)


def _compare(work: Work, one: Past, desk: Desk, customers: Customers) -> None:
    try:
        again = replay(one.records, desk, customers, work.until, one.by_machines)
    except (ValueError, Endless) as odd:  # no ticket's log, or one of a ticket that nothing ends
        work.found.not_replayed += 1
        _replayed.labels("odd").inc()
        _log.info("sla_trial_passes_over", number=one.number, error=repr(odd))
        return
    work.found.add(one.number, one.records, again)
    _replayed.labels("replayed").inc()


def under(desk: Desk, policies: tuple[Policy, ...]) -> Desk:
    """The desk as it would be had it always promised this."""
    return msgspec.structs.replace(
        desk,
        policies=policies,
        terms={policy.terms.id: policy.terms for policy in policies},
        policies_changed_at=None,
        judges_customers=any(policy.conditions.judges_customers for policy in policies),
        promises_next_response=any(policy.terms.find("next_response") for policy in policies),
    )


def as_ever(facts: CustomerFacts) -> CustomerFacts:
    """What is known of a customer, as if it had never been otherwise."""
    return msgspec.structs.replace(facts, changed_at=None)


def _customers_of(past: Iterable[Past]) -> set[UUID]:
    return {
        event.customer_id
        for one in past
        for event in map(_event, one.records)
        if isinstance(event, _OF_CUSTOMERS)
    }


def _event(record: Recorded) -> object:
    return record.event


_OF_CUSTOMERS = (TicketOpened, CustomerChanged)
