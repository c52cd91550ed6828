"""Numbered SQL files, applied in order, once each, under an advisory lock; a changed file is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from importlib.resources import files
from typing import NamedTuple

import asyncpg

_LOCK = 0x706172_6C6579  # "parley"
_FILE = re.compile(r"^(\d{4})_([a-z_]+)\.sql$")
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""


class MigrationError(Exception):
    """The database cannot be brought to this version; the text says why, for an operator."""


class Migration(NamedTuple):
    """One numbered file."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def list_migrations() -> list[Migration]:
    """All migrations of this version of Parley, in order."""
    found = []
    for entry in files(__name__).iterdir():
        if match := _FILE.match(entry.name):
            found.append(Migration(int(match[1]), match[2], entry.read_text("utf-8")))
    return sorted(found)


async def migrate(owner_dsn: str, tell: Callable[[str], None] = lambda line: None) -> list[Migration]:
    """Apply what is missing, each file in a transaction of its own; returns what was applied.

    Repeating it is harmless, and two processes starting at once wait for each other. Raises MigrationError
    when an applied file has changed since, or the database is of a newer version.
    """
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_TABLE)
        applied = {
            row["version"]: row["checksum"]
            for row in await connection.fetch("SELECT * FROM schema_migrations")
        }
        wanted = list_migrations()
        _check(applied, wanted)
        missing = [migration for migration in wanted if migration.version not in applied]
        for migration in missing:
            tell(f"migration {migration.version:04} {migration.name}")
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.checksum,
                )
        return missing
    finally:
        await connection.close(timeout=5)


async def find_missing(owner_dsn: str) -> list[Migration]:
    """What `migrate` would apply; raises MigrationError like it."""
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        applied = {}
        if await connection.fetchval("SELECT to_regclass('schema_migrations')") is not None:
            rows = await connection.fetch("SELECT version, checksum FROM schema_migrations")
            applied = {row["version"]: row["checksum"] for row in rows}
    finally:
        await connection.close(timeout=5)
    wanted = list_migrations()
    _check(applied, wanted)
    return [migration for migration in wanted if migration.version not in applied]


def _check(applied: dict[int, str], wanted: list[Migration]) -> None:
    known = {migration.version: migration.checksum for migration in wanted}
    for version, checksum in applied.items():
        if version not in known:
            raise MigrationError(
                f"the database has migration {version:04}, which this version of Parley does not know"
            )
        if known[version] != checksum:
            raise MigrationError(f"migration {version:04} has changed since it was applied")
