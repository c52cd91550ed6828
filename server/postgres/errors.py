"""Why an embedded Postgres cannot run, in one line for the operator."""


class PostgresRefused(Exception):
    """The embedded Postgres cannot be started or kept; the message is one clear line."""
