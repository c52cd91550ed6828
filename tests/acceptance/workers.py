"""`parley run streams` as processes of their own, any number of them, over the Postgres log or a Kafka.

What a process did is read from its log, as an operator would: when its clocks were armed, what its watchdog
repaired. Their watchdogs are patient, so that what the stream does is the stream's doing on any machine; in a
soak, on a quiet one, they are the product's own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import anyio

from server.domain.log import PARTITIONS
from tests.conftest import Database
from tests.fleet import PARLEY, SECRET_KEY, Child, open_folder
from tests.kafka.brokers import Broker, broker

ARMED, REPAIRED = "sla_clocks_armed", "sla_watchdog_repairs"
SOAK = os.environ.get("PARLEY_SOAK") == "1"
GRACE_SECONDS = 1.0 if SOAK else 10.0  # how long after its instant a clock is first looked for
PROGRAM = (PARLEY,) if SOAK else (sys.executable, "-P", Path(__file__).with_name("patient.py"), GRACE_SECONDS)


class Worker(Child):
    """A process with the role streams."""

    def events(self, name: str) -> list[dict[str, object]]:
        """What it has logged by that name since it was started."""
        found = []
        *lines, _unfinished = self.log.read_bytes()[self._begin :].split(b"\n")
        for line in lines:
            if f'"{name}"'.encode() in line:
                found.append(json.loads(line))
        return found

    async def until(self, name: str, count: int = 1, within: float = 180) -> None:
        """Wait until it has logged something so many times."""
        with anyio.fail_after(within):
            while len(self.events(name)) < count:  # noqa: ASYNC110 (a file is read)
                await anyio.sleep(0.05)


class Workers:
    """Those of one desk, and the broker between them, if there is one."""

    def __init__(self, folder: Path, database: Database, kafka: Broker | None) -> None:
        self.kafka = kafka
        self.all: list[Worker] = []
        self._folder = folder
        self._env = {
            "DATABASE_URL": database.app_dsn,
            "DATABASE_OWNER_URL": database.owner_dsn,
            "PARLEY_SECRET_KEY": SECRET_KEY,
            "PARLEY_DATA_DIR": str(folder / "parley"),
            "PARLEY_LOG_FORMAT": "json",
            "PARLEY_DATABASE_POOL_SIZE": "6",
        }
        if kafka is not None:
            self._env |= {"KAFKA_BROKERS": kafka.address, "PARLEY_KAFKA_PREFIX": f"desk-{uuid4().hex[:8]}."}

    async def start(self, *, armed: bool = True) -> Worker:
        """One more; returns when it keeps its clocks, or stands by, or at once when it cannot yet."""
        name = f"streams{len(self.all)}"
        worker = Worker(name, self._folder / f"{name}.log", [*PROGRAM, "run", "streams"], **self._env)
        self.all.append(worker)
        await worker.start()
        if armed and (self.kafka is not None or len(self.all) == 1):
            await worker.until(ARMED)
        return worker

    def repairs(self) -> int:
        """How often the watchdogs of all had to do something."""
        return sum(len(worker.events(REPAIRED)) for worker in self.all)

    def repaired(self) -> set[UUID]:
        """The tickets that they did it for."""
        return {UUID(str(line["ticket_id"])) for worker in self.all for line in worker.events(REPAIRED)}

    async def settled(self, within: float = 180) -> None:
        """Wait until those that run share all partitions, each of them given once."""
        with anyio.fail_after(within):
            while self._partitions() != list(range(PARTITIONS)):  # noqa: ASYNC110 (files are read)
                await anyio.sleep(0.1)

    def _partitions(self) -> list[int]:
        given = [worker.events(ARMED)[-1:] for worker in self.all if worker.is_up]
        return sorted(n for lines in given for line in lines for n in line["partitions"])  # type: ignore[attr-defined]


@asynccontextmanager
async def workers(database: Database, kind: str) -> AsyncIterator[Workers]:
    """None yet, over `log` or a broker of that kind; all ended at the end."""
    folder = open_folder()
    with _broker(kind) as kafka:
        running = Workers(folder, database, kafka)
        try:
            yield running
        except BaseException as error:
            for worker in running.all:
                error.add_note(f"--- {worker.name}\n{worker.tail()}")
            raise
        finally:
            for worker in running.all:
                worker.discard()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _broker(kind: str) -> Iterator[Broker | None]:
    if kind == "log":
        yield None
    else:
        with broker(kind) as running:
            yield running
