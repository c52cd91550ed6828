"""Three processes are restarted one after another while many chat: no gap, no double, no failed send.

Everybody on a process is told `bye`, comes back to another, resumes, and is refused nothing. Seen to fail
when a process ends without a `bye`, and when a resume begins one event too late.
"""

from __future__ import annotations

import asyncio
import os

import pytest

from server.store.pool import Store
from tests.faults.crowd import Crowd, eventually
from tests.faults.person import PATIENT
from tests.faults.verdict import check_heard, check_kept, check_numbers, fetch_histories
from tests.fleet import Web, fleet
from tests.people import settle

SOAK = os.environ.get("PARLEY_SOAK") == "1"
ROUNDS, VISITORS, AGENTS, PAUSE_SECONDS = (5, 100, 10, 1.0) if SOAK else (1, 24, 4, 0.5)
JOINED = ["bus", "log"] if SOAK else ["bus"]


@pytest.mark.parametrize("by", JOINED)
async def test_nobody_notices_a_rolling_restart(by: str) -> None:
    async with fleet(redis=by == "bus") as running:
        store = await Store.open(running.app_dsn, max_connections=4)
        crowd = Crowd(store, await settle(store), running, seed=0, patience=PATIENT)
        await running.start()
        try:
            await crowd.gather(VISITORS, AGENTS, PAUSE_SECONDS)
            await eventually(lambda: all(visitor.acked for visitor in crowd.visitors), 120)
            for web in running.webs * ROUNDS:
                await _restart(web, crowd)
            await crowd.finish(seconds=120)
            histories = await fetch_histories(crowd)
            check_numbers(histories)
            check_kept(crowd, histories)
            await check_heard(crowd, histories)
        finally:
            print(crowd.told(), flush=True)
            await crowd.leave()
        for person in crowd.everybody:
            assert not person.refusals, (person.name, person.refusals[:3])
            assert set(person.ends) <= {1012}, (person.name, "was cut", person.ends)
        assert not running.ended, running.ended
        assert not running.complaints(), running.complaints()[:5]
        await store.close()


async def _restart(web: Web, crowd: Crowd) -> None:
    """As an operator's machinery does it; everybody there says something meanwhile."""
    there = [person for person in crowd.everybody if person.socket is not None and person.web is web]
    byes = [person.byes for person in there]
    assert await web.terminate() == 0, web.tail()
    told_all = [*zip(there, byes, strict=True)]
    await eventually(lambda: all(person.byes > before for person, before in told_all), 30)
    await web.start()
    acks = sum(len(person.acked) for person in crowd.everybody)
    await asyncio.sleep(1)
    await eventually(lambda: sum(len(person.acked) for person in crowd.everybody) > acks + VISITORS, 120)
