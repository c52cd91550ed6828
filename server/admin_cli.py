"""`parley admin`: what an operator does at the machine, without signing in."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import anyio
import typer

from connectors.imap.reconciling import Compared, reconcile
from server import settings
from server.clock import new_id
from server.database import shared_database
from server.domain.errors import NotFound
from server.http.passwords import Passwords
from server.queries.credentials import TOKEN_PREFIX, digest_of
from server.secret_key import fetch_secret_key
from server.store import agents, credentials, inboxes
from server.store.listing import Slice
from server.store.pool import Store
from server.store.vault import Vault
from server.store.workspaces import list_workspaces
from server.workspace import make_workspace

app = typer.Typer(no_args_is_help=True, help=__doc__)
T = TypeVar("T")
Email = Annotated[str, typer.Option("--agent", "--email", help="the agent's address")]
Workspace = Annotated[str | None, typer.Option(help="a workspace's id or name, where there are several")]
Password = Annotated[str | None, typer.Option(help="generated and printed when not given")]


def _quiet(line: str) -> None:
    typer.echo(line, err=True)


def _with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    with shared_database(settings.load(), _quiet) as addresses:

        async def use() -> T:
            store = await Store.open(addresses.app_dsn, max_connections=2)
            try:
                return await work(store)
            finally:
                await store.close()

        return anyio.run(use)


async def _workspace(store: Store, wanted: str | None) -> UUID:
    found = await list_workspaces(store)
    chosen = [one.id for one in found if wanted is None or wanted in (str(one.id), one.name)]
    if len(chosen) != 1:
        names = ", ".join(one.name for one in found) or "none: start Parley once"
        raise NotFound(f"Name one workspace with --workspace ({names})")
    return chosen[0]


async def _agent(store: Store, workspace_id: UUID, email: str) -> UUID:
    async with store.read(workspace_id) as db:
        rows = await agents.list_agents(db, workspace_id, {}, Slice("name", False, 100_000))
    for agent in map(agents.shape, rows):
        if agent.email.lower() == email.lower():
            return agent.id
    raise NotFound(f"There is no agent {email}")


@app.command("create-agent")
def create_agent(
    email: Email,
    name: Annotated[str, typer.Option()],
    role: Annotated[str, typer.Option(help="admin, agent or light_agent")] = "agent",
    password: Password = None,
    workspace: Workspace = None,
) -> None:
    """Make an agent who reaches every inbox there is; prints the password when it was generated."""
    if role not in ("admin", "agent", "light_agent"):
        raise typer.BadParameter("admin, agent or light_agent", param_hint="--role")
    chosen = password or secrets.token_urlsafe(12)

    async def work(store: Store) -> None:
        workspace_id, agent_id = await _workspace(store, workspace), new_id()
        hashed = await Passwords().hash(chosen)
        async with store.write(workspace_id) as db:
            await agents.add_agent(db, workspace_id, agent_id, name, email, role, hashed)
            rows = await inboxes.list_inboxes(db, workspace_id, {}, Slice("name", False, 10_000))
            await agents.set_inboxes(db, workspace_id, agent_id, [row["id"] for row in rows])

    _with_store(work)
    typer.echo(f"{email}  {chosen}" if password is None else email)


@app.command("reset-password")
def reset_password(email: Email, password: Password = None, workspace: Workspace = None) -> None:
    """Give an agent a new password and end their sessions; prints it when it was generated."""
    chosen = password or secrets.token_urlsafe(12)

    async def work(store: Store) -> None:
        workspace_id = await _workspace(store, workspace)
        agent_id = await _agent(store, workspace_id, email)
        hashed = await Passwords().hash(chosen)
        async with store.write(workspace_id) as db:
            await credentials.set_password(db, workspace_id, agent_id, hashed)
            await credentials.end_sessions_of(db, workspace_id, agent_id)

    _with_store(work)
    typer.echo(f"{email}  {chosen}" if password is None else email)


@app.command("token")
def issue_token(
    email: Email,
    name: Annotated[str, typer.Option(help="what it is for")] = "command line",
    workspace: Workspace = None,
) -> None:
    """Issue an API token that acts as an agent; prints it and nothing else."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)

    async def work(store: Store) -> None:
        workspace_id = await _workspace(store, workspace)
        agent_id = await _agent(store, workspace_id, email)
        async with store.write(workspace_id) as db:
            await credentials.add_token(db, workspace_id, new_id(), agent_id, name, digest_of(token))

    _with_store(work)
    typer.echo(token)


@app.command("create-workspace")
def create_workspace(
    name: Annotated[str, typer.Option()],
    admin_email: Annotated[str, typer.Option()],
    inbox_address: Annotated[str | None, typer.Option(help="a mail inbox's address")] = None,
    password: Password = None,
) -> None:
    """Make another workspace with its admin; prints the password when it was generated."""
    key = fetch_secret_key(settings.load())

    async def work(store: Store) -> str | None:
        made = await make_workspace(store, Vault(key), name, admin_email, password, inbox_address)
        return made.password

    generated = _with_store(work)
    typer.echo(admin_email if generated is None else f"{admin_email}  {generated}")


@app.command("reconcile-mailboxes")
def reconcile_mailboxes() -> None:
    """Compare every fetched folder with its server; ends with 1 when mails are missing or one cannot be read.

    The mail role does the same every night, and fetches what is missing.
    """
    running = settings.load()
    key = fetch_secret_key(running)

    async def work(store: Store) -> list[Compared]:
        return [each async for each in reconcile(store, Vault(key))]

    found = _with_store(work)
    for each in found:
        typer.echo(f"{each.mailbox}  {each.error or f'{each.missing} missing'}")
    if any(each.missing or each.error for each in found):
        raise typer.Exit(1)
