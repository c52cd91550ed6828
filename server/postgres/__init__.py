"""The embedded Postgres: a child process of Parley, for one machine.

Owns the cluster under the data folder, the roles and passwords in it, and the life of the
server process. Never speaks SQL to a running server: that is the store's business, which
gets two addresses, the owner's (migrations) and the application's.
"""

from server.postgres.embedded import EmbeddedPostgres, find_running
from server.postgres.errors import PostgresRefused
from server.postgres.layout import Layout

__all__ = ["EmbeddedPostgres", "Layout", "PostgresRefused", "find_running"]
