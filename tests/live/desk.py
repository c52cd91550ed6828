"""A desk on a real socket, inside the test: the whole HTTP application and its rooms, and clients for them.

    async with live_desk(store) as desk:
        bob = await desk.agent(desk.people.bob)
        await bob.say("join", room=room, since=0)
        await bob.hear("joined")

A client keeps every frame that it was sent in `heard`, in order; `hear` waits for the next one of an op.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.clock import new_id, now
from server.domain.commands import AddInteraction, Command, Envelope, OpenTicket
from server.domain.identity import Actor, Agent, Customer
from server.handle import Outcome
from server.http.app import build
from server.http.state import State
from server.http_server import HttpServer, make_server, serve
from server.listening import listen, port_of
from server.parts import Running
from server.queries.credentials import TOKEN_PREFIX, cookie_name, digest_of
from server.queries.visitor_token import Visit, sign_visit, visitor_key
from server.settings import Settings
from server.store import credentials
from server.store.pool import Store
from tests.people import Desk as People
from tests.people import opening, says, settle

SECRET_KEY = b"a secret key for the tests of sockets"
PATIENCE_SECONDS = 60.0


class Client:
    """A client of the live protocol; it may also be spoken to before the hello."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self._next = 0

    async def say(self, op: str, **fields: Any) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps({"op": op, **fields}, default=str))

    async def hear(self, op: str, **fields: Any) -> dict[str, Any]:
        """The next frame of that op (and these fields); what comes before it is passed over."""
        while True:
            frame = await self._receive()
            if frame["op"] == op and all(frame.get(name) == _plain(value) for name, value in fields.items()):
                return frame

    async def hear_any(self, *ops: str) -> dict[str, Any]:
        """The next frame of any of these ops."""
        while (frame := await self._receive())["op"] not in ops:
            pass
        return frame

    async def _receive(self) -> dict[str, Any]:
        if self._next == len(self.heard):
            async with asyncio.timeout(PATIENCE_SECONDS):
                self.heard.append(json.loads(await self.socket.recv()))
        self._next += 1
        return self.heard[self._next - 1]

    async def quiet(self) -> list[dict[str, Any]]:
        """Everything heard by now that was not passed over: what was sent before the answer to a ping."""
        begin = self._next
        await self.say("ping")
        await self.hear("pong")
        return self.heard[begin:-1]

    async def join(self, room: str, since: int = 0) -> list[dict[str, Any]]:
        """Join a ticket's room; returns the missing events."""
        await self.say("join", room=room, since=since)
        joined = await self.hear("joined", room=room)
        return await self.events(room, joined["seq"] - since) if joined["seq"] > since else []

    async def events(self, room: str, count: int) -> list[dict[str, Any]]:
        """The next so many events of a room."""
        return [await self.hear("event", room=room) for _ in range(count)]

    async def send(self, room: str, content: str, client_id: str | None = None, **more: Any) -> str:
        """Say something in a room, without waiting; returns the client id."""
        client_id = client_id or str(new_id())
        await self.say("send", room=room, id=client_id, content=content, **more)
        return client_id

    async def ack(self, room: str, content: str, client_id: str | None = None, **more: Any) -> dict[str, Any]:
        """Say something and wait until it is kept."""
        return await self.hear("ack", id=await self.send(room, content, client_id, **more))

    async def closed(self) -> int:
        """Wait for the end of the connection; returns its code. What comes before is heard."""
        try:
            while True:
                await self._receive()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd is not None else 1006

    def seqs(self, room: str) -> list[int]:
        """The numbers of all events heard of a room, in the order in which they came."""
        return [f["seq"] for f in self.heard if f["op"] == "event" and f["room"] == room]

    def all(self, op: str) -> list[dict[str, Any]]:
        """Every frame of an op that was heard."""
        return [frame for frame in self.heard if frame["op"] == op]


class LiveDesk:
    """A running desk with people at it."""

    def __init__(
        self, running: Running, people: People, server: HttpServer, port: int, stack: AsyncExitStack
    ) -> None:
        self.running = running
        self.people = people
        self.server = server
        self.port = port
        self.url = f"ws://127.0.0.1:{port}/ws"
        self.origin = f"http://127.0.0.1:{port}"
        self._stack = stack

    @property
    def store(self) -> Store:
        return self.running.store

    @property
    def state(self) -> State:
        return self.running.state

    # credentials

    async def session(self, agent: Agent) -> tuple[UUID, str]:
        """A console session: its id, and the Cookie header that a browser would send."""
        session_id, secret = new_id(), str(new_id())
        async with self.store.write(agent.workspace_id) as db:
            await credentials.open_session(
                db, agent.workspace_id, session_id, agent.id, digest_of(secret), "csrf", timedelta(days=1)
            )
        return session_id, f"{cookie_name(secure=False)}={secret}"

    async def token(self, agent: Agent) -> tuple[UUID, str]:
        """An API token: its id and secret."""
        token_id, secret = new_id(), f"{TOKEN_PREFIX}{new_id()}"
        async with self.store.write(agent.workspace_id) as db:
            await credentials.add_token(db, agent.workspace_id, token_id, agent.id, "test", digest_of(secret))
        return token_id, secret

    def visit(self, visitor: Customer) -> str:
        """A visitor's token."""
        assert visitor.visitor_id is not None
        return sign_visit(visitor_key(SECRET_KEY), Visit(visitor.workspace_id, visitor.visitor_id), now())

    # clients

    async def connect(self, **more: Any) -> Client:
        """A socket that has not said hello; closed at the end of the test."""
        connection = connect(
            self.url, compression=None, max_size=None, max_queue=None, ping_interval=None, **more
        )
        return Client(await self._stack.enter_async_context(connection))

    async def with_token(self, token: str, **hello: Any) -> Client:
        """A client who was welcomed by a token."""
        client = await self.connect()
        await client.say("hello", v=1, token=token, **hello)
        await client.hear("welcome")
        return client

    async def agent(self, agent: Agent, **hello: Any) -> Client:
        """An agent, by an API token."""
        return await self.with_token((await self.token(agent))[1], **hello)

    async def visitor(self, visitor: Customer | None = None, **hello: Any) -> Client:
        """A visitor (Vic, if nobody else), by their visit's token."""
        return await self.with_token(self.visit(visitor or self.people.vic), **hello)

    async def another_visitor(self, name: str = "Walter") -> Customer:
        """One more anonymous visitor of the chat inbox."""
        people = self.people
        customer_id, visitor_id = new_id(), new_id()
        async with self.store.write(people.workspace_id) as db:
            await db.execute(
                "INSERT INTO customers (workspace_id, id, name) VALUES ($1, $2, $3)",
                people.workspace_id, customer_id, name,
            )  # fmt: skip
            await db.execute(
                "INSERT INTO visitors (workspace_id, id, inbox_id, customer_id) VALUES ($1, $2, $3, $4)",
                people.workspace_id, visitor_id, people.chat, customer_id,
            )  # fmt: skip
        return Customer(people.workspace_id, customer_id, name, visitor_id, people.chat)

    # the writer, directly

    async def do(self, actor: Actor, command: Command) -> Outcome:
        """Have something done by somebody who is not on a socket."""
        return await self.running.handle.submit(Envelope(actor, command))

    async def ticket(self, content: str = "Where is my order?", **more: object) -> Outcome:
        """A ticket that Vic opened in the chat."""
        command: OpenTicket = opening(self.people, content, **more)
        return await self.do(self.people.vic, command)

    async def said(self, actor: Actor, ticket_id: UUID, *contents: str, kind: str = "message") -> None:
        """Have these said in a ticket, in this order."""
        for content in contents:
            await self.do(actor, AddInteraction(ticket_id, says(content, kind=kind)))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def room_of(outcome: Outcome) -> str:
    """The name of a ticket's room."""
    return f"ticket:{outcome.ticket.id}"


async def eventually(true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds, and no longer than that."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - whatever the condition looks at, it has no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def live_desk(
    store: Store, people: People | None = None, *, follow: bool = False, **settings: Any
) -> AsyncIterator[LiveDesk]:
    """A desk that serves on a free port until the test leaves it.

    With `follow` it also hears what other desks on the same database write, as separate processes would.
    """
    people = people or await settle(store)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        environment.chdir(folder)
        bound = listen("127.0.0.1", 0, "port")
        port = port_of(bound)
        chosen = Settings(port=port, data_dir=Path(folder), **settings)
        running = Running(chosen, ("web",), store, SECRET_KEY)
        server = make_server(build(running.state), running.live, drain_seconds=1)
        parts: list[Callable[[], Any]] = [running.bus.run, running.handle.run, running.live.run]
        if follow:
            running.handle.listen(running.told)
            parts += [running.sequencer.run, running.follow_log]
        tasks = [asyncio.create_task(part()) for part in parts]
        tasks.append(asyncio.create_task(serve(server, bound)))
        try:
            await eventually(lambda: server.started or any(task.done() for task in tasks))
            async with AsyncExitStack() as stack:
                yield LiveDesk(running, people, server, port, stack)
        finally:
            running.live.drain()
            server.should_exit = True
            with anyio.move_on_after(3):
                await tasks.pop()
                await running.leave()
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            for end in ends:
                if isinstance(end, Exception):
                    raise end
