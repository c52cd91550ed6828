"""Which errors mean that Postgres is away: nothing about the request is wrong, and it may be sent again."""

from __future__ import annotations

import asyncio

import asyncpg

OUTAGE: tuple[type[BaseException], ...] = (
    OSError,  # refused, reset, no such socket
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,  # "connection is closed", "pool is closing"
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,  # class 57: shutting down, crashed, starting up
    asyncpg.exceptions.InsufficientResourcesError,  # class 53: disk full, too many connections
    asyncpg.exceptions.ReadOnlySQLTransactionError,  # a primary that has just become a replica
)

# An address that does not lead to a database of ours: nothing to wait for, an operator must mend it.
WRONG_ADDRESS: tuple[type[BaseException], ...] = (
    asyncpg.InvalidCatalogNameError,  # no such database
    asyncpg.InvalidAuthorizationSpecificationError,  # no such user, or a wrong password
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ClientConfigurationError,
)
