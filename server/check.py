"""`parley check`: the settings, and whether each backing system can be reached."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from server.database import shared_database
from server.domain.errors import Refusal
from server.postgres import PostgresRefused
from server.realtime.bus import BusRefused
from server.realtime.bus.choice import choose_bus
from server.secret_key import fetch_secret_key
from server.settings import Settings, SettingsRefused
from server.store.migrations import MigrationError, find_missing
from server.store.outage import OUTAGE, WRONG_ADDRESS
from server.store.pool import Store
from server.store.workspaces import list_workspaces

Tell = Callable[[str], None]


def check_systems(settings: Settings, tell: Tell) -> bool:
    """Print a line for each part; returns whether all are well."""
    tell("settings     ok")
    where = "embedded" if settings.database_url is None else "DATABASE_URL"
    try:
        secret_key = fetch_secret_key(settings)
        with shared_database(settings, tell) as addresses:
            anyio.run(_check_postgres, addresses.owner_dsn, addresses.app_dsn, where, tell)
        anyio.run(_check_bus, settings, secret_key, tell)
    except SettingsRefused as refused:
        tell(f"settings     {refused}")
    except BusRefused as refused:
        tell(f"bus          {refused}")
    except (PostgresRefused, MigrationError, Refusal) as refused:
        tell(f"postgres     {where}: {refused}")
    except (*OUTAGE, *WRONG_ADDRESS) as away:
        tell(f"postgres     {where}: {away or type(away).__name__}")
    else:
        tell(f"attachments  {settings.data_dir / 'attachments'}")
        return True
    return False


async def _check_bus(settings: Settings, secret_key: bytes, tell: Tell) -> None:
    """An absence is told and is no fault: everything goes on without the bus."""
    if settings.redis_url is not None:
        is_there = await choose_bus(settings, secret_key).check()
        tell(f"bus          {'ok' if is_there else 'away'} (REDIS_URL)")


async def _check_postgres(owner_dsn: str, app_dsn: str, where: str, tell: Tell) -> None:
    missing = await find_missing(owner_dsn)
    if missing:
        raise MigrationError(f"{len(missing)} migrations are missing: run `parley migrate`")
    store = await Store.open(app_dsn, max_connections=1)
    try:
        tell(f"postgres     ok ({where}, {len(await list_workspaces(store))} workspaces)")
    finally:
        await store.close()
