"""`parley run`: which parts a role has, in which order they start, and in which they stop.

Everything lives in one task group of one event loop. A part that fails ends the process: a supervisor that
hides a dead part would be a desk that looks alive.
"""

from __future__ import annotations

import gc
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
from anyio.abc import TaskGroup

from connectors.post_office import PostOffice
from server.database import Addresses
from server.domain.calendar import load_holidays
from server.http import sweep
from server.http.app import build
from server.http_server import HttpServer, make_server, serve
from server.listening import PortRefused, listen, port_of
from server.parts import ROLES, Role, Running
from server.settings import Settings
from server.store.migrations import MigrationError, find_missing, migrate
from server.store.pool import Store
from server.workspace import NewWorkspace, make_first, seal_again

# A batch of messages is some thousand objects that die by themselves; after the default, 700, they are walked
# over and over (an eighth of the process's time under load).
COLLECT_AFTER = (20_000, 10, 10)
Tell = Callable[[str], None]
Filler = Callable[["Running"], Coroutine[Any, Any, None]]


def bind(settings: Settings, roles: tuple[Role, ...]) -> socket.socket | None:
    """The bound HTTP port of the role web, once it is sure that the SMTP port is free; or PortRefused."""
    if "mail" in roles:
        listen(settings.smtp_host, settings.smtp_port, "PARLEY_SMTP_PORT").close()
    return listen(settings.host, settings.port, "PARLEY_PORT") if "web" in roles else None


async def run(
    settings: Settings,
    roles: tuple[Role, ...],
    addresses: Addresses,
    secret_key: bytes,
    bound: socket.socket | None,
    tell: Tell,
    filled: Filler | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then stop cleanly; `filled` is started beside, once all is ready.

    Raises MigrationError when a role that runs apart finds an older schema.
    """
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as group:
            stopping = anyio.Event()
            started = anyio.Event()

            async def obey() -> None:
                async for number in signals:
                    tell(f"stopping ({signal.Signals(number).name})")
                    stopping.set()
                    if not started.is_set():
                        group.cancel_scope.cancel()

            group.start_soon(obey)
            await _bring_up_to_date(addresses, tell, apart=roles != ROLES)
            store = await Store.open(addresses.app_dsn, max_connections=settings.database_pool_size)
            try:
                running = Running(settings, roles, store, secret_key)
                await _serve(running, addresses, bound, tell, filled, started, stopping)
            finally:
                with anyio.CancelScope(shield=True):
                    await store.close()
            group.cancel_scope.cancel()
    tell("stopped")


async def _bring_up_to_date(addresses: Addresses, tell: Tell, *, apart: bool) -> None:
    """One process may migrate by itself; roles that run apart leave it to the release."""
    if not apart:
        await migrate(addresses.owner_dsn, tell)
    elif missing := await find_missing(addresses.owner_dsn):
        raise MigrationError(f"{len(missing)} migrations are missing: run `parley migrate` first")


async def _serve(
    running: Running,
    addresses: Addresses,
    bound: socket.socket | None,
    tell: Tell,
    filled: Filler | None,
    started: anyio.Event,
    stopping: anyio.Event,
) -> None:
    first = await make_first(running.store, running.vault, running.settings)
    if running.settings.previous_secret_key is not None:
        await seal_again(running.store, running.vault)
    async with anyio.create_task_group() as group:
        if addresses.embedded is not None:
            group.start_soon(addresses.embedded.watch)
        server = await _start(running, bound, group)
        started.set()
        _greet(running, bound, first, tell)
        gc.collect()
        gc.freeze()  # what lives as long as the process is not walked by every collection
        gc.set_threshold(*COLLECT_AFTER)
        if filled is not None:
            group.start_soon(filled, running)
        await stopping.wait()
        await _stop(running, server)
        group.cancel_scope.cancel()


async def _start(running: Running, bound: socket.socket | None, group: TaskGroup) -> HttpServer | None:
    load_holidays()  # while nobody waits yet
    running.handle.listen(running.told)
    await running.bus.check()
    for part in (running.bus.run, running.handle.run, running.sequencer.run, running.watch_storage):
        group.start_soon(part)
    if "streams" in running.roles:
        group.start_soon(running.sla.run)
        group.start_soon(running.applying.run)
        group.start_soon(running.sla_trials.run)
        group.start_soon(running.search.run)
        group.start_soon(running.read_files)
        group.start_soon(running.rollups.run)
        for telling in (running.notifications, running.webhooks, running.deliverer):
            group.start_soon(telling.run)
        for parked in (running.parked_events, running.parked_clocks):
            group.start_soon(parked.run)
        if running.settings.kafka_brokers:
            group.start_soon(running.kafka.run)
            group.start_soon(running.publish)
    if "mail" in running.roles:
        await _open_office(running.office)
        group.start_soon(running.office.run)
        group.start_soon(running.outgoing.run)
    else:
        group.start_soon(running.office.receiver.run)  # a webhook of this process keeps mail too
    if bound is None:
        return None
    server = make_server(build(running.state), running.live, drain_seconds=running.settings.drain_seconds)
    group.start_soon(running.live.run)
    group.start_soon(running.follow_log)
    group.start_soon(sweep.run, running.state)
    group.start_soon(serve, server, bound)
    with anyio.fail_after(30):
        while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, not an event
            await anyio.sleep(0.005)
    return server


async def _open_office(office: PostOffice) -> None:
    try:
        await office.open()
    except OSError as wrong:
        raise PortRefused(f"PARLEY_SMTP_PORT: cannot listen: {wrong.strerror}.") from wrong


async def _stop(running: Running, server: HttpServer | None) -> None:
    """Stop taking, finish what was taken, send everybody home: all within the drain's time."""
    running.draining = True
    with anyio.move_on_after(running.settings.drain_seconds):
        if "mail" in running.roles:
            await running.office.close()
        if server is not None:
            running.live.drain()
            server.should_exit = True
            while server.server_state.connections or server.server_state.tasks:  # noqa: ASYNC110
                await anyio.sleep(0.02)
    await running.leave()


def _greet(running: Running, bound: socket.socket | None, first: NewWorkspace | None, tell: Tell) -> None:
    settings = running.settings
    if bound is not None:
        host = settings.public_url or f"http://{settings.host}:{port_of(bound)}"
        tell(f"console    {host}/")
        tell(f"demo page  {host}/demo/")
    if "mail" in running.roles:
        tell(f"smtp       {settings.smtp_host}:{running.office.listener.port} for {settings.inbox_address}")
    if first is not None:
        password = first.password or "(the one in PARLEY_ADMIN_PASSWORD)"
        tell(f"sign in    {first.admin_email}  {password}")
    tell(f"ready      {', '.join(running.roles)}  ({time.process_time():.1f} s of CPU)")
