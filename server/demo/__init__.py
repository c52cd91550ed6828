"""`parley demo`: a desk that looks as if it had been worked at for six weeks, and a visitor who chats now.

Everything goes through the doors that real things go through: tickets through the one writer (on a clock that
the story moves), the visitor through the widget's session and socket. It is there whole or not at all, and a
second start adds nothing but the visitor. The company, its people and its customers are made up.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import anyio
import anyio.to_thread
import typer

from server.clock import now
from server.demo.book import Book, read_book
from server.demo.cast import Cast, is_there, publish, settle
from server.demo.plan import WEEKS, Life, plan
from server.demo.teller import Teller
from server.demo.visitor import keep_chatting
from server.demo.whole import WholeStore
from server.handle import Handle
from server.http.passwords import Passwords
from server.store import demo, inboxes
from server.store.pool import Connection
from server.store.workspaces import list_workspaces

if TYPE_CHECKING:
    from server.parts import Running

_SEED = 2009  # Heron & Oak was founded then
_SHOW_EVERY = 40  # tickets
_READ_UNTIL = timedelta(hours=5)  # what is younger is unread


async def fill(running: Running) -> None:
    """Fill the desk unless that was done, then keep a visitor chatting until cancelled."""
    book = await anyio.to_thread.run_sync(read_book)
    workspace_id = (await list_workspaces(running.store))[0].id
    async with running.store.read(workspace_id) as db:
        filled = await is_there(db, workspace_id, book)
        in_use = await demo.has_tickets(db, workspace_id)
    if filled:
        _tell(
            "the desk was filled by an earlier start (`parley admin reset-password` for a forgotten password)"
        )
    elif in_use:
        _tell("this desk has tickets of its own and is left as it is")
    else:
        await _fill(running, workspace_id, book)
    async with running.store.read(workspace_id) as db:
        inbox_id = await inboxes.find_first_chat(db, workspace_id)
    await keep_chatting(_loopback(running.settings.host, running.settings.port), str(inbox_id), book.chats)


def _loopback(host: str, port: int) -> str:
    """Where this process is reached from this machine, whatever its public address is."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


async def _fill(running: Running, workspace_id: UUID, book: Book) -> None:
    """Make people and tell their tickets' lives, all in one transaction."""
    _tell("filling the desk with six weeks of work: some seconds")
    password = secrets.token_urlsafe(9)
    hashed = await Passwords().hash(password)
    chance = Random(_SEED)  # noqa: S311 - it varies stories, it guards nothing
    at = now()
    lives = plan(book, chance, at)
    async with running.store.write(workspace_id) as db:
        cast = await settle(db, workspace_id, book, running.vault, hashed, chance, at)
        await publish(db, cast, book, chance, at)
        await _tell_lives(running, db, cast, lives, chance, at)
        await demo.settle_outgoing(db, workspace_id)
        await demo.read_all(db, workspace_id, at - _READ_UNTIL)
        since = {customer.id: at - WEEKS * chance.uniform(1, 9) for customer in cast.everybody()}
        await demo.date_customers(db, workspace_id, since)
        await demo.date_people(db, workspace_id, at - WEEKS * 10)
    running.sequencer.wake()
    _tell(f"{len(lives)} tickets of {len(since)} customers, {len(book.articles)} articles")
    for agent in book.people.agents:
        _tell(f"sign in    {agent.email}  {password}  ({agent.role.replace('_', ' ')})")


async def _tell_lives(
    running: Running, db: Connection, cast: Cast, lives: list[Life], chance: Random, until: datetime
) -> None:
    """Run a writer of its own over the open transaction for as long as the telling takes."""
    teller = Teller(db, running.blobs, cast, chance)
    handle = Handle(WholeStore(running.store, db), lanes=1, clock=lambda: teller.at)
    async with anyio.create_task_group() as group:
        group.start_soon(handle.run)
        await teller.tell(handle, lives, until, _show)
        group.cancel_scope.cancel()


def _show(begun: int) -> None:
    if begun % _SHOW_EVERY == 0:
        _tell(f"{begun} tickets")


def _tell(line: str) -> None:
    typer.echo(f"demo       {line}")
