"""Everything is killed, stopped and cut while many chat over three processes, and nothing is lost.

In the end every acknowledged message is in Postgres once, every client of a room has the same history,
nothing was refused that need not be, whoever reads the log has read all of it, and nobody is left anywhere.
A soak prints its seed; PARLEY_FAULTS_SEED repeats its schedule, PARLEY_FAULTS sets how many faults there are,
and PARLEY_FAULTS_REDIS=0 leaves the processes with the log alone. Seen to fail when what an outage
interrupts is acknowledged, when the agents of a killed process are not reaped, and, without Redis, when what
the log says is not compared with the tails of rooms.
"""

from __future__ import annotations

import os
import random

from server.store.pool import Store
from tests.faults.crowd import Crowd
from tests.faults.departure import check_nobody_left
from tests.faults.schedule import play, schedule
from tests.faults.verdict import (
    check_consumers,
    check_folds,
    check_heard,
    check_kept,
    check_numbers,
    check_presence,
    check_refusals,
    fetch_histories,
)
from tests.fleet import fleet
from tests.people import settle

SOAK = os.environ.get("PARLEY_SOAK") == "1"
NEW_SEED = random.SystemRandom().randrange(1_000_000) if SOAK else 11  # only a soak looks for new trouble
SEED = int(os.environ.get("PARLEY_FAULTS_SEED") or NEW_SEED)
FAULTS = int(os.environ.get("PARLEY_FAULTS") or (100 if SOAK else 8))
REDIS = os.environ.get("PARLEY_FAULTS_REDIS", "1") == "1"
VISITORS, AGENTS, PAUSE_SECONDS = (200, 20, 3.0) if SOAK else (24, 4, 0.8)


async def test_rooms_survive_whatever_happens_around_them() -> None:
    faults = schedule(SEED, FAULTS, redis=REDIS, long=SOAK)
    print(f"seed {SEED}: {len(faults)} faults, {VISITORS} visitors, {AGENTS} agents", flush=True)
    async with fleet(redis=REDIS) as running:
        store = await Store.open(running.app_dsn, max_connections=4)
        desk = await settle(store)
        await running.start()
        crowd = Crowd(store, desk, running, SEED)
        try:
            await crowd.gather(VISITORS, AGENTS, PAUSE_SECONDS)
            await play(faults, running, crowd.everybody)
            await crowd.finish(seconds=180)
            histories = await fetch_histories(crowd)
            check_numbers(histories)
            check_kept(crowd, histories)
            await check_heard(crowd, histories)
            if REDIS:
                await check_presence(crowd)
            check_refusals(crowd)
            await check_consumers(store)
            await check_folds(store, desk.workspace_id)
        finally:
            print(crowd.told(), flush=True)
            await crowd.leave()
        await check_nobody_left(crowd)
        assert not running.ended, running.ended
        assert not running.complaints(), running.complaints()[:5]
        await store.close()
