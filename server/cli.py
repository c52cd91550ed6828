"""The command `parley`: one verb each, errors in one clear line, progress for what takes long."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import anyio
import typer
import uvloop

from server import admin_cli, log_output, rebuild, replay, run, settings
from server.check import check_systems
from server.database import own_database, shared_database
from server.domain.errors import Refusal
from server.listening import PortRefused
from server.parts import ROLES, Role
from server.postgres import PostgresRefused
from server.realtime.bus import BusRefused
from server.secret_key import fetch_secret_key
from server.settings import Settings, SettingsRefused
from server.store.migrations import MigrationError, migrate
from server.store.outage import OUTAGE, WRONG_ADDRESS
from server.store.pool import Store

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(admin_cli.app, name="admin")


def tell(line: str) -> None:
    """A line for the operator."""
    print(line, flush=True)


@app.command("run")
def run_roles(
    roles: Annotated[
        list[str] | None, typer.Argument(help="web, mail, streams; all of them by default")
    ] = None,
) -> None:
    """Serve: everything in one process, or the roles named, until SIGTERM or Ctrl-C."""
    chosen = tuple(role for role in ROLES if not roles or role in roles)
    if unknown := set(roles or ()) - set(ROLES):
        raise SettingsRefused(
            [f"there is no role {', '.join(sorted(unknown))}: there are {', '.join(ROLES)}"]
        )
    serve(settings.load(apart=bool(roles)), chosen)


def serve(chosen: Settings, roles: tuple[Role, ...], filled: run.Filler | None = None) -> None:
    """Run roles to their end."""
    log_output.configure(chosen)
    bound = run.bind(chosen, roles)
    with own_database(chosen, tell) as addresses:
        work = run.run(chosen, roles, addresses, fetch_secret_key(chosen), bound, tell, filled)
        uvloop.run(work)


@app.command("demo")
def run_demo() -> None:
    """Serve a living desk: people, tickets of some weeks, and a visitor who is chatting right now."""
    from server import demo  # noqa: PLC0415 - nothing else needs it

    serve(settings.load(), ROLES, demo.fill)


@app.command("migrate")
def run_migrations() -> None:
    """Bring the database to this version's schema; harmless to repeat."""
    with shared_database(settings.load(), tell) as addresses:
        applied = anyio.run(migrate, addresses.owner_dsn, tell)
    tell(f"{len(applied)} migrations applied" if applied else "the schema is up to date")


@app.command("replay")
def replay_ticket(ticket: Annotated[str, typer.Argument(help="a ticket's id or number")]) -> None:
    """Print a ticket's life from its events."""
    _with_store(lambda store: replay.replay(store, ticket, tell))


@app.command("rebuild")
def rebuild_all(
    part: Annotated[rebuild.Part | None, typer.Argument(help="this alone; everything without")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="write rows again that differ")] = False,
) -> None:
    """Fold every ticket again from its events and compare; compare search and reports and mend them."""
    attachments = settings.load().data_dir / "attachments"
    if not _with_store(lambda store: rebuild.rebuild(store, attachments, tell, mend=mend, only=part)):
        raise typer.Exit(1)


@app.command("check")
def check() -> None:
    """Check the settings, and whether each backing system can be reached."""
    if not check_systems(settings.load(), tell):
        raise typer.Exit(1)


def _with_store(work: Callable[[Store], Awaitable[bool]]) -> bool:
    with shared_database(settings.load(), tell) as addresses:

        async def use() -> bool:
            store = await Store.open(addresses.app_dsn, max_connections=4)
            try:
                return await work(store)
            finally:
                await store.close()

        return anyio.run(use)


def main() -> None:
    """The entry point: what an operator can mend is one line on stderr and exit code 1."""
    try:
        try:
            app()
        except BaseExceptionGroup as group:
            raise _first(group) from group
    except SettingsRefused as refused:
        _fail(*refused.problems)
    except (PostgresRefused, PortRefused, MigrationError, BusRefused, Refusal) as refused:
        _fail(str(refused))
    except (*OUTAGE, *WRONG_ADDRESS) as away:
        _fail(f"DATABASE_URL: Postgres cannot be used: {away or type(away).__name__}")


def _first(error: BaseException) -> BaseException:
    """What went wrong first in a task group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _fail(*problems: str) -> None:
    for problem in problems:
        print(f"parley: {problem}", file=sys.stderr, flush=True)
    sys.exit(1)
