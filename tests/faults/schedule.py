"""What goes wrong, when and for how long: the same for the same seed.

Every kind comes once before any comes again, in an order of chance; faults of different things may overlap,
those of one thing wait for each other.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple, assert_never, get_args

from tests.faults.person import Person
from tests.fleet import Child, Fleet

Kind = Literal[
    "kill web", "stop web", "restart web", "kill streams", "cut", "reload",
    "kill postgres", "crash postgres", "stop postgres", "kill redis", "stop redis",
]  # fmt: skip
# From and to how many seconds it lasts (of cut and reload: how many per cent of the people).
LASTS: dict[Kind, tuple[float, float]] = {
    "kill web": (0.2, 2.0),
    "stop web": (0.5, 7.0),
    "restart web": (0.0, 1.0),
    "kill streams": (0.2, 2.0),
    "cut": (5.0, 100.0),
    "reload": (5.0, 50.0),
    "kill postgres": (0.2, 2.0),
    "crash postgres": (0.5, 1.0),
    "stop postgres": (0.3, 4.0),
    "kill redis": (0.2, 4.0),
    "stop redis": (0.3, 6.0),
}
LONG_SECONDS = 13.0  # longer than a send waits for Postgres: one stop of it in five
PAUSE_SECONDS = (0.3, 2.5)


class Fault(NamedTuple):
    """One thing that goes wrong, so many seconds after the first."""

    at: float
    kind: Kind
    which: int
    lasts: float

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.kind} {self.which}  for {self.lasts:.1f}"


def schedule(seed: int, count: int, *, redis: bool, long: bool) -> list[Fault]:
    """So many faults; `long` has some outages of Postgres beyond the patience of a send."""
    chance = random.Random(seed)
    kinds = [kind for kind in get_args(Kind) if redis or not kind.endswith("redis")]
    found: list[Fault] = []
    at, bag = 0.0, list[Kind]()
    while len(found) < count:
        if not bag:
            bag = chance.sample(kinds, len(kinds))
        kind = bag.pop()
        lasts = chance.uniform(*LASTS[kind])
        if long and kind == "stop postgres" and chance.random() < 0.2:
            lasts = LONG_SECONDS
        found.append(Fault(at, kind, chance.randrange(1000), lasts))
        at += chance.uniform(*PAUSE_SECONDS)
    return found


async def play(faults: Sequence[Fault], fleet: Fleet, people: Sequence[Person]) -> None:
    """Everything that goes wrong, and mended in the end."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            await asyncio.sleep(began + fault.at - time.monotonic())
            print(fault, flush=True)
            group.create_task(_happen(fault, fleet, people))


async def _happen(fault: Fault, fleet: Fleet, people: Sequence[Person]) -> None:
    match fault.kind:
        case "cut" | "reload":
            chance = random.Random(fault.which)
            for person in chance.sample(list(people), int(len(people) * fault.lasts / 100)):
                person.cut() if fault.kind == "cut" else person.reload()
        case "kill web" | "stop web" | "restart web":
            await _to(fleet.webs[fault.which % len(fleet.webs)], fault)
        case "kill streams":
            assert fleet.streams is not None
            await _to(fleet.streams, fault)
        case "kill redis" | "stop redis":
            assert fleet.redis is not None
            await _to(fleet.redis, fault)
        case "kill postgres" | "stop postgres":
            with fleet.postgres.troubled():
                await _to(fleet.postgres, fault)
        case "crash postgres":
            async with fleet.postgres.lock:
                with fleet.postgres.troubled():
                    fleet.postgres.crash_one()
                    await asyncio.sleep(fault.lasts)
        case _:
            assert_never(fault.kind)


async def _to(child: Child, fault: Fault) -> None:
    """Something happens to one process, and then it is as before."""
    async with child.lock:
        if fault.kind.startswith("stop"):
            with child.stopped():
                await asyncio.sleep(fault.lasts)
            return
        if fault.kind.startswith("restart"):
            await child.terminate()
        else:
            await child.kill(tree=True)
        await asyncio.sleep(fault.lasts)
        await child.start()
