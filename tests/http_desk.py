"""A desk over HTTP for tests: the application itself on a real Postgres, and people who use it.

async with serving(store, tmp_path) as desk:
    answer = await desk.bob.get("/tickets")
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import httpx2
from argon2 import PasswordHasher

from server.clock import new_id, now
from server.domain.commands import Envelope
from server.domain.errors import Invalid, NotFound
from server.domain.identity import Agent
from server.domain.links import AttachmentLinks, ImageLinks, RemoteImage
from server.domain.webhook_resources import WebhookAnswer
from server.handle import Handle
from server.http.app import build
from server.http.limits import Limits
from server.http.passwords import Passwords
from server.http.state import FetchImage, PingWebhook, PostedMail, State, TradeCode, TrySettings
from server.queries.credentials import TOKEN_PREFIX, Credentials, digest_of
from server.queries.visitor_token import Visit, sign_visit, visitor_key
from server.settings import Settings
from server.store import credentials, log, mails, notifications, webhooks
from server.store.blobs import Blobs
from server.store.pool import Store
from server.store.vault import Vault
from tests.people import Desk as People
from tests.people import opening, settle

SECRET_KEY = b"a secret key for tests, long enough"
API = "/api/v1"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Client:
    """Somebody with a way to ask: addresses are below `/api/v1` unless they begin with `//`."""

    def __init__(self, app: Any, ip: str, headers: dict[str, str] | None = None) -> None:
        transport = httpx2.ASGITransport(app=app, client=(ip, 40_000))
        self.http = httpx2.AsyncClient(
            transport=transport, base_url="http://desk.test", headers=headers or {}
        )

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        address = path[1:] if path.startswith("//") else API + path
        return await self.http.request(method, address, **more)

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        return await self.ask("POST", path, **({} if body is None else {"json": body}), **more)

    async def put(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        return await self.ask("PUT", path, **({} if body is None else {"json": body}), **more)

    async def patch(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        return await self.ask("PATCH", path, **({} if body is None else {"json": body}), **more)

    async def delete(self, path: str, **more: Any) -> httpx2.Response:
        return await self.ask("DELETE", path, **more)


class HttpDesk:
    """A running application and its people, each as a client."""

    def __init__(self, app: Any, state: State, people: People) -> None:
        self.app = app
        self.state = state
        self.people = people
        self.mails: list[PostedMail] = []
        self.notified: list[tuple[UUID, set[UUID]]] = []
        self.nobody = self.client()
        self.alice = self.bob = self.lou = self.olga = self.charlie = self.nobody
        self.vic = self.nobody

    def client(self, token: str | None = None, ip: str = "203.0.113.9", **headers: str) -> Client:
        """Somebody new."""
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return Client(self.app, ip, headers)

    async def token_of(self, agent: Agent) -> str:
        """A fresh API token."""
        secret = TOKEN_PREFIX + secrets.token_urlsafe(16)
        async with self.state.store.write(agent.workspace_id) as db:
            await credentials.add_token(db, agent.workspace_id, new_id(), agent.id, "test", digest_of(secret))
        return secret

    async def set_password(self, agent: Agent, password: str) -> None:
        """Give an agent a password."""
        hashed = await self.state.passwords.hash(password)
        async with self.state.store.write(agent.workspace_id) as db:
            await credentials.set_password(db, agent.workspace_id, agent.id, hashed)

    def visitor_token(self, visitor_id: UUID) -> str:
        """The token of a visitor of our workspace."""
        visit = Visit(self.people.workspace_id, visitor_id)
        return sign_visit(self.state.visitor_key, visit, now())

    async def ticket(self, content: str = "Where is my order?") -> UUID:
        """A ticket that Vic opened in the chat inbox."""
        outcome = await self.state.handle.submit(Envelope(self.people.vic, opening(self.people, content)))
        return outcome.ticket.id

    async def parked_mail(
        self, inbox_id: UUID, ticket_id: UUID | None, raw: bytes = b"From: x\r\n\r\nx"
    ) -> UUID:
        """A mail that came into an inbox and was put aside, with the ticket that says so."""
        workspace_id, mail = self.people.workspace_id, new_id()
        envelope = mails.Envelope("sender@x.test", ("support@desk.test",))
        async with self.state.store.write(workspace_id) as db:
            new = mails.NewMail(workspace_id, mail, inbox_id, "smtp", raw, envelope)
            await mails.add_mails(db, workspace_id, [new])
            await mails.park(db, workspace_id, mail, "It cannot be read.", ticket_id)
        return mail

    async def notification(self, agent: Agent, ticket_id: UUID | None = None) -> UUID:
        """An agent is notified that a ticket was assigned to them."""
        ticket_id = ticket_id or await self.ticket()
        async with self.state.store.write(agent.workspace_id) as db:
            concern = notifications.Concern(
                kind="ticket_assigned", ticket_id=ticket_id, seq=1, at=now(), agent_ids=(agent.id,)
            )
            await notifications.add(db, agent.workspace_id, [concern])
            made: UUID = await db.fetchval(
                "SELECT id FROM notifications WHERE agent_id = $1 AND ticket_id = $2", agent.id, ticket_id
            )
        return made

    async def failed_delivery(self, webhook_id: UUID) -> UUID:
        """What an outgoing webhook did not take."""
        workspace_id, made = self.people.workspace_id, new_id()
        new = webhooks.NewDelivery(made, webhook_id, new_id(), 1, "ticket_opened", "{}")
        async with self.state.store.write(workspace_id) as db:
            await webhooks.queue(db, workspace_id, [new])
            await webhooks.fail_waiting(db, workspace_id, webhook_id, "It was away")
        return made

    async def parked_event(self, consumer: str = "search") -> UUID:
        """An event that a reader of the log passed over."""
        workspace_id, ticket_id = self.people.workspace_id, await self.ticket()
        place = log.Place(0, int.from_bytes(ticket_id.bytes[-4:]), workspace_id, ticket_id, 1)
        await log.park(self.state.store, consumer, place, ValueError("poison"))
        async with self.state.store.read(workspace_id) as db:
            made: UUID = await db.fetchval("SELECT id FROM parked_events WHERE ticket_id = $1", ticket_id)
        return made


@asynccontextmanager
async def serving(
    store: Store,
    folder: Path,
    *,
    people: People | None = None,
    fetch_image: FetchImage | None = None,
    trials: Mapping[Literal["imap", "smtp"], TrySettings] | None = None,
    trade_code: TradeCode | None = None,
    ping_webhook: PingWebhook | None = None,
    **settings: Any,
) -> AsyncIterator[HttpDesk]:
    """The application with everybody signed in by a token; outside of it there is nothing, unless given."""
    people = people or await settle(store)
    given = {"public_url": "http://desk.test", "data_dir": folder, **settings}
    handle = Handle(store)
    parts = State(
        settings=Settings(**given),
        store=store,
        handle=handle,
        credentials=Credentials(store, SECRET_KEY),
        links=AttachmentLinks(SECRET_KEY),
        image_links=ImageLinks(SECRET_KEY),
        vault=Vault(SECRET_KEY),
        blobs=Blobs(folder / "attachments"),
        limits=Limits(Settings(**given)),
        passwords=Passwords(CHEAP),
        receive_mail=lambda mail: _keep(desk, mail),
        fetch_image=fetch_image or _nothing_outside,
        trials=trials or {},
        trade_code=trade_code or _no_consent,
        ping_webhook=ping_webhook or _no_endpoint,
        consumers=frozenset({"search"}),
        notified=lambda workspace_id, agent_ids: desk.notified.append((workspace_id, set(agent_ids))),
        readiness=lambda: {"storage": "ok"},
        static=folder / "static",
        visitor_key=visitor_key(SECRET_KEY),
    )
    desk = HttpDesk(build(parts), parts, people)
    for name in ("alice", "bob", "lou", "olga", "charlie"):
        token = await desk.token_of(getattr(people, name))
        setattr(desk, name, desk.client(token))
    assert people.vic.visitor_id is not None
    desk.vic = desk.client(desk.visitor_token(people.vic.visitor_id))
    writer = asyncio.create_task(handle.run())
    try:
        yield desk
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


async def _keep(desk: HttpDesk, mail: PostedMail) -> None:
    desk.mails.append(mail)


async def _no_consent(*_: object) -> str:
    raise Invalid


async def _no_endpoint(_url: str, _secret: bytes) -> WebhookAnswer:
    return WebhookAnswer(ok=False, status=None, error="There is nothing outside", took_ms=0)


async def _nothing_outside(_: str) -> RemoteImage:
    raise NotFound
