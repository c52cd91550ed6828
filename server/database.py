"""Where Postgres is: at DATABASE_URL, or in a child process that one Parley owns and the others find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from server.postgres import EmbeddedPostgres, find_running
from server.postgres.layout import APP, OWNER
from server.settings import Settings


class Addresses(msgspec.Struct, frozen=True):
    """The owner's address, for migrations, and the application's; and the server, where it is our child."""

    owner_dsn: str
    app_dsn: str
    embedded: EmbeddedPostgres | None = None


@contextmanager
def own_database(settings: Settings, tell: Callable[[str], None]) -> Iterator[Addresses]:
    """For `parley run`: an embedded Postgres is started, and the data folder is ours until the end.

    Raises PostgresRefused when another Parley runs on the folder, or Postgres cannot start.
    """
    if (external := _external(settings)) is not None:
        yield external
        return
    embedded = EmbeddedPostgres(settings.data_dir, binaries=settings.postgres_bin, told=tell)
    with embedded:
        yield Addresses(embedded.owner_dsn, embedded.app_dsn, embedded)


@contextmanager
def shared_database(settings: Settings, tell: Callable[[str], None]) -> Iterator[Addresses]:
    """For commands beside a running desk: its Postgres is used, or one is started for the moment."""
    if (external := _external(settings)) is not None:
        yield external
        return
    if (running := find_running(settings.data_dir)) is not None:
        yield Addresses(running.dsn(OWNER), running.dsn(APP))
        return
    with own_database(settings, tell) as addresses:
        yield addresses


def _external(settings: Settings) -> Addresses | None:
    if settings.database_url is None:
        return None
    app_dsn = settings.database_url.get_secret_value()
    owner = settings.database_owner_url
    return Addresses(app_dsn if owner is None else owner.get_secret_value(), app_dsn)
