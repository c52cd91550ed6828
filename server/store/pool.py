"""The pool of connections, and the two ways to use one: with a workspace, or for the look-ups before.

`read` and `write` open a transaction that sees one workspace: the setting is local to it, so a pooler in
transaction mode may stand between (PgBouncer), and a forgotten workspace sees no rows at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from server.domain.errors import Unavailable
from server.store.outage import OUTAGE

Connection = asyncpg.Connection
ACQUIRE_SECONDS = 5.0
# In a storm of reconnects hundreds want to read at once: they take turns and leave connections to writers.
TURN_SECONDS = 20.0
KEPT_FOR_WRITERS = 3
STATEMENT_SECONDS = 30.0
# To join a few hundred keys with a table that it believes small, the planner would read all of it, and it
# would think anew about every batch. Both were most of the time of a young desk's Postgres.
_BY_KEY = (
    "; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
    "; SET LOCAL plan_cache_mode = force_generic_plan"
)


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no stubs for subclassing
    """A connection that needs no clean-up after use, since all that Parley sets is local to a transaction."""

    def get_reset_query(self) -> str:
        return ""


class Store:
    """Postgres as the application's role sees it."""

    def __init__(self, pool: asyncpg.Pool, dsn: str) -> None:
        self.pool = pool
        self.dsn = dsn
        self._turns = asyncio.Semaphore(max(1, pool.get_max_size() - KEPT_FOR_WRITERS))

    @classmethod
    async def open(cls, dsn: str, *, max_connections: int = 20) -> Store:
        """Connect as `parley_app`: sign in as it, or become it where the address names another user."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=max_connections,
            command_timeout=STATEMENT_SECONDS,
            timeout=ACQUIRE_SECONDS,
            max_inactive_connection_lifetime=300,
            max_queries=2**31,  # a connection knows its statements: it is not replaced for having worked much
            connection_class=_Connection,
            server_settings={"role": "parley_app", "application_name": "parley", "timezone": "UTC"},
        )
        return cls(pool, dsn)

    async def close(self) -> None:
        """Give running statements three seconds, then cut."""
        try:
            await asyncio.wait_for(self.pool.close(), 3)
        except TimeoutError:
            self.pool.terminate()

    def read(self, workspace_id: UUID) -> _Transaction:
        """A read-only transaction in one workspace; raises Unavailable when Postgres is away."""
        return _Transaction(
            self.pool,
            f"BEGIN READ ONLY; SET LOCAL parley.workspace_id = '{UUID(int=workspace_id.int)}'",
            self._turns,
        )

    def write(self, workspace_id: UUID, *, by_key: bool = False) -> _Transaction:
        """A transaction in one workspace, committed on leaving and rolled back on any error.

        With `by_key` its statements find every row by an index, and are planned once for good.
        """
        begin = f"BEGIN; SET LOCAL parley.workspace_id = '{UUID(int=workspace_id.int)}'"
        return _Transaction(self.pool, begin + _BY_KEY if by_key else begin)

    @asynccontextmanager
    async def across(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection without a workspace: sees rows only through the functions of `parley_definer`."""
        try:
            async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                yield connection
        except OUTAGE as error:
            raise Unavailable("Storage is away") from error


class _Transaction:
    """A transaction as a context manager: opened with its workspace in one round trip."""

    def __init__(self, pool: asyncpg.Pool, begin: str, turns: asyncio.Semaphore | None = None) -> None:
        self._pool = pool
        self._begin = begin
        self._turns = turns
        self._connection: asyncpg.Connection | None = None

    async def __aenter__(self) -> asyncpg.Connection:
        if self._turns is None:
            return await self._open()
        try:
            async with asyncio.timeout(TURN_SECONDS):  # `wait_for` may swallow a cancellation (3.11)
                await self._turns.acquire()
        except TimeoutError as late:
            raise Unavailable("Too many wait for storage") from late
        try:
            return await self._open()
        except BaseException:
            self._turns.release()
            raise

    async def _open(self) -> asyncpg.Connection:
        try:
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except OUTAGE as error:
            raise Unavailable("Storage is away") from error
        try:
            await connection.execute(self._begin)
        except BaseException as error:
            await self._pool.release(connection)
            if isinstance(error, OUTAGE):
                raise Unavailable("Storage is away") from error
            raise
        self._connection = connection
        return connection

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        connection, self._connection = self._connection, None
        assert connection is not None
        try:
            if not connection.is_closed():
                await connection.execute("COMMIT" if error is None else "ROLLBACK")
            elif error is None:
                raise ConnectionResetError("connection is closed")
        except OUTAGE as outage:
            raise Unavailable("Storage is away") from outage
        finally:
            if self._turns is not None:
                self._turns.release()
            await self._pool.release(connection)
        if isinstance(error, OUTAGE):
            raise Unavailable("Storage is away") from error
