"""A real Postgres for every tier that needs one: one server per test process, one database per test."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest
import uvloop

from server.postgres import EmbeddedPostgres
from server.postgres.layout import APP, OWNER
from server.rates import Rate
from server.store.migrations import migrate
from server.store.pool import Store


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that the product runs on."""
    return {"uvloop": uvloop.new_event_loop}


_numbers = itertools.count()


class Database(NamedTuple):
    """The two addresses of a fresh, migrated database."""

    owner_dsn: str
    app_dsn: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One embedded server without fsync; nothing outlives the session."""
    folder = Path(tempfile.mkdtemp(prefix="parley-tests-", dir="/tmp"))
    folder.chmod(0o755)
    with EmbeddedPostgres(folder / "data", fsync=False) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """A database copied from a migrated template (some milliseconds)."""
    layout = postgres.layout
    name = f"test_{next(_numbers)}"
    admin = await asyncpg.connect(layout.dsn(OWNER))
    try:
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = 'template_parley'"):
            await admin.execute("CREATE DATABASE template_parley")
            await migrate(layout.dsn(OWNER, "template_parley"))
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE template_parley STRATEGY file_copy")
        yield Database(layout.dsn(OWNER, name), layout.dsn(APP, name))
        await drop(admin, name)
    finally:
        await admin.close()


async def drop(admin: asyncpg.Connection, name: str) -> None:
    """Drop a database; the owner may not cut the application's connections, which are on their way out."""
    for _ in range(1200):
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"somebody is still connected to {name}")


@pytest.fixture
def no_period_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rate that is made in the test reads a clock on which each look is a microsecond."""
    looks = itertools.count(1_000_000_000)
    monkeypatch.setattr(Rate.__init__, "__defaults__", (lambda: next(looks) / 1_000_000,))


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """The store as the application opens it."""
    opened = await Store.open(database.app_dsn, max_connections=10)
    yield opened
    await opened.close()
