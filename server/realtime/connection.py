"""One client on a socket: who they are, what they ask, and what they are told.

Frames are dispatched here and nowhere else. What needs Postgres runs as a bounded task of the process; a send
goes to the writer without a task of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, assert_never

import anyio
import msgspec

from server.clock import new_id
from server.domain.commands import Envelope
from server.domain.errors import Invalid, NotFound, NotPermitted, RateLimited, Refusal, Unavailable
from server.domain.identity import Actor, Agent, Customer
from server.domain.resources import AgentStatus
from server.handle.lane import Answer
from server.handle.outcome import Outcome
from server.queries.credentials import Credential
from server.realtime import sending
from server.realtime.bucket import Bucket
from server.realtime.drafts.frame import ticket_of
from server.realtime.frames import (
    VERSION,
    Ack,
    ClientFrame,
    Hello,
    Join,
    Leave,
    Member,
    Ping,
    Pong,
    Read,
    Refused,
    Send,
    ServerFrame,
    Status,
    Typing,
    Welcome,
    encode_frame,
    parse_frame,
    ticket_room,
)
from server.realtime.room import Room
from server.realtime.ticket_room import TicketRoom
from server.realtime.wire import TEXT, make_frame

if TYPE_CHECKING:
    from server.realtime.socket import Socket

HEARTBEAT_SECONDS = 25
MAX_BACKLOG = 64  # frames that came before the welcome
MAX_ROOMS = 200
FRAMES_A_LOOK, LARGE_FRAME_BYTES, MAX_UNSENT_HISTORY_BYTES = 32, 4096, 128 * 1024
MAX_UNANSWERED = 256  # sends on their way to Postgres; beyond it we stop reading
FRAMES_BURST, FRAMES_PER_SECOND = 150.0, 50.0
AGENT_FACTOR = 20  # agents and machines are slowed by back-pressure long before this refuses them


class Doors(Protocol):
    """The rooms, as a connection sees them."""

    def join(self, connection: Connection, name: str, since: int) -> None: ...

    def touched(self, room: Room) -> None: ...

    def compose(self, connection: Connection, room: TicketRoom, on: bool, text: str | None) -> None: ...

    def keep_read(self, connection: Connection, room: TicketRoom) -> None: ...

    def set_status(self, agent: Agent, status: AgentStatus, connection: Connection) -> None: ...


class DraftDesk(Protocol):
    """The shared drafts, as a connection sees them."""

    def receive(self, by: Connection, room: TicketRoom, generation: int, payload: bytes) -> None: ...


class Host(Protocol):
    """The process, as a connection sees it."""

    @property
    def rooms(self) -> Doors: ...

    @property
    def drafts(self) -> DraftDesk: ...

    def spawn(self, work: Coroutine[Any, Any, None], connection: Connection) -> None: ...

    async def welcome(self, connection: Connection, hello: Hello) -> None: ...

    def forget(self, connection: Connection) -> None: ...

    def limit(self, connection: Connection, visitor: Customer, *, opens: bool) -> None: ...

    def submit(self, envelope: Envelope, answer: Callable[[Answer], None]) -> None: ...


class Connection:
    """A session of the live protocol."""

    __slots__ = (
        "_backlog", "_bucket", "_greeting", "_host", "_socket", "_unanswered", "actor_now",
        "address", "cookie", "credential", "rooms",
    )  # fmt: skip

    def __init__(self, host: Host, socket: Socket, address: str, cookie: str | None) -> None:
        now = time.monotonic()
        self.address = address
        self.cookie = cookie
        self.credential: Credential | None = None
        self.actor_now: Actor | None = None
        self.rooms: dict[str, Room] = {}
        self._host = host
        self._socket = socket
        self._greeting = False
        self._backlog: list[ClientFrame] | None = None
        self._bucket = Bucket(FRAMES_BURST, FRAMES_PER_SECOND, now)
        self._unanswered = 0

    @property
    def actor(self) -> Actor:
        """Who is connected; asked only of those who were welcomed."""
        assert self.actor_now is not None
        return self.actor_now

    # the socket's side

    def receive(self, payload: bytes) -> None:
        """A text message from the client."""
        if self._bucket.take(time.monotonic()):
            self._too_many()
            return
        try:
            frame = parse_frame(payload)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            self.refuse(Invalid(str(error)[:200]))
            return
        if self.actor_now is None:
            self._before_welcome(frame)
        else:
            self._dispatch(frame)

    def _too_many(self) -> None:
        self.too_many("too many frames", RateLimited())

    def too_many(self, reason: str, refusal: RateLimited) -> None:
        """End a connection beyond a limit, and say when to come back."""
        self.refuse(refusal)
        self._socket.close(4429, reason)

    def lost(self) -> None:
        """The socket is gone: out of every room."""
        for room in self.rooms.values():
            room.remove(self)
            self._host.rooms.touched(room)
        self.rooms.clear()
        self._host.forget(self)

    def receive_binary(self, payload: bytes) -> None:
        """A binary message from the client: about a shared draft."""
        if self._bucket.take(time.monotonic()):
            self._too_many()
        elif self.actor_now is not None:
            self._draft(payload)
        elif self._greeting:
            self.refuse(NotFound("Join the room first"))
        else:
            self.unauthorized()

    def count(self) -> None:
        """A ping, a pong or a piece of a message: it counts like a message."""
        if self._bucket.take(time.monotonic()):
            self._too_many()

    # the rooms' side

    def send(self, data: bytes) -> None:
        """Queue a finished WebSocket frame."""
        self._socket.send(data)

    async def send_all(self, frames: Iterable[bytes]) -> None:
        """Send a history no faster than the client reads it: its length is no reason to call them slow."""
        for number, frame in enumerate(frames):
            self._socket.send(frame)  # at once: after a wait they may be out of the room
            if number % FRAMES_A_LOOK == 0 or len(frame) > LARGE_FRAME_BYTES:
                self._socket.flush()
                while self._socket.unsent_bytes() > MAX_UNSENT_HISTORY_BYTES:  # noqa: ASYNC110
                    await anyio.sleep(0.01)

    def overflow(self) -> None:
        """Too much was held for a client that is still joining."""
        self._socket.close(1013, "too slow")

    def tell(self, frame: ServerFrame) -> None:
        """Send a frame to this client alone."""
        self._socket.send(make_frame(TEXT, encode_frame(frame)))

    def refuse(self, refusal: Refusal, *, room: str | None = None, op_id: str | None = None) -> None:
        """Say no."""
        after = refusal.retry_after_seconds if isinstance(refusal, RateLimited) else None
        self.tell(
            Refused(
                refusal.code,
                refusal.detail,
                refusal.retry,
                op_id,
                room,
                None if after is None else int(after * 1000) + 1,
            )
        )

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        self._socket.close(code, reason)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what needs Postgres, for this connection."""
        self._host.spawn(work, self)

    # hello

    def _before_welcome(self, frame: ClientFrame) -> None:
        if isinstance(frame, Hello) and not self._greeting:
            if frame.v != VERSION:
                self.refuse(Invalid(f"This server speaks version {VERSION}"))
                self._socket.close(4400, "version")
                return
            self._greeting = True
            self._host.spawn(self._host.welcome(self, frame), self)
        elif isinstance(frame, Ping):
            self.tell(Pong())
        elif not self._greeting:
            self.unauthorized()
        elif self._backlog is None:
            self._backlog = [frame]
        elif len(self._backlog) < MAX_BACKLOG:
            self._backlog.append(frame)
        else:
            self._too_many()

    def unauthorized(self) -> None:
        """Nobody we know: one answer for every kind of wrong credential."""
        self.tell(Refused("unauthorized", "Sign in first", False))
        self._socket.close(4401, "unauthorized")

    def welcomed(self, credential: Credential, hello: Hello) -> None:
        """The client is known: greet them, and take up where they left off."""
        actor = credential.actor
        self.credential, self.actor_now = credential, actor
        if isinstance(actor, Agent):
            self._bucket = Bucket(
                FRAMES_BURST * AGENT_FACTOR, FRAMES_PER_SECOND * AGENT_FACTOR, time.monotonic()
            )
        self.tell(Welcome(new_id(), HEARTBEAT_SECONDS, Member(actor.type, actor.id, actor.name)))
        for room, since in hello.resume.items():
            self._dispatch(Join(room, since))
        backlog, self._backlog = self._backlog, None
        for frame in backlog or ():
            self._dispatch(frame)

    # dispatch

    def _dispatch(self, frame: ClientFrame) -> None:
        try:
            self._act(frame)
        except Refusal as refusal:
            room = getattr(frame, "room", None)
            self.refuse(refusal, room=room, op_id=frame.id if isinstance(frame, Send) else None)

    def _act(self, frame: ClientFrame) -> None:
        match frame:
            case Hello():
                raise Invalid("Hello was said before")
            case Join(room=name, since=since):
                self._join(name, since)
            case Leave(room=name):
                self.leave(name)
            case Send():
                self._send(frame)
            case Typing(room=name, on=on, text=text):
                if (room := self._ticket_room(name)) is not None:
                    self._host.rooms.compose(self, room, on, text)
            case Read(room=name, seq=seq):
                if (room := self._ticket_room(name)) is not None:
                    self._read(room, seq)
            case Status(status=status):
                self._set_status(status)
            case Ping():
                self.tell(Pong())
            case _:
                assert_never(frame)

    def _draft(self, payload: bytes) -> None:
        name = None
        try:
            if not isinstance(self.actor, Agent):
                raise NotFound
            ticket_id, generation = ticket_of(payload)
            name = f"ticket:{ticket_id}"
            room = self._ticket_room(name)
            if room is None:
                raise NotFound("Join the room first")
            self._host.drafts.receive(self, room, generation, payload)
        except Refusal as refusal:
            self.refuse(refusal, room=name)

    def _join(self, name: str, since: int) -> None:
        if name not in self.rooms and len(self.rooms) >= MAX_ROOMS:
            raise RateLimited("Too many rooms on one connection", retry_after_seconds=60)
        self._host.rooms.join(self, name, since)

    def leave(self, name: str) -> None:
        """Go out of a room; harmless when not in."""
        if (room := self.rooms.pop(name, None)) is not None:
            room.remove(self)
            self._host.rooms.touched(room)

    def _read(self, room: TicketRoom, seq: int) -> None:
        if room.read(self, seq):
            self._host.rooms.keep_read(self, room)

    def _set_status(self, status: AgentStatus) -> None:
        if not isinstance(self.actor, Agent):
            raise NotPermitted
        self._host.rooms.set_status(self.actor, status, self)

    def _ticket_room(self, name: str) -> TicketRoom | None:
        """A ticket's room; None while it is not known whether they may be in it."""
        room = self.rooms.get(name)
        if not isinstance(room, TicketRoom):
            raise NotFound("Join the room first")
        membership = room.members.get(self)
        return room if membership is not None and membership.admitted else None

    # sending

    def _send(self, frame: Send) -> None:
        actor = self.actor
        if isinstance(actor, Customer):
            self._host.limit(self, actor, opens=frame.room.startswith("inbox:"))
        room = self.rooms.get(frame.room)
        ticket_id = room.ticket_id if isinstance(room, TicketRoom) else None
        self._host.submit(sending.envelope(actor, frame, ticket_id), partial(self._answered, frame))
        self._unanswered += 1
        if self._unanswered == MAX_UNANSWERED:
            self._socket.pause_reading()

    def _answered(self, frame: Send, answered: Answer) -> None:
        self._unanswered -= 1
        if self._unanswered == MAX_UNANSWERED // 2:
            self._socket.resume_reading()
        if isinstance(answered, Outcome):
            room = ticket_room(answered.ticket.id)
            seq = answered.seq if isinstance(self.actor, Agent) else answered.public_seq or 0
            self.tell(Ack(frame.id, room, seq))
            if frame.room != room and room not in self.rooms and not self._socket.closing:
                self._dispatch(Join(room, 0))  # refused when it is somebody else's by now
        elif isinstance(answered, Refusal):
            self.refuse(answered, room=frame.room, op_id=frame.id)
        else:
            self.refuse(Unavailable("Something went wrong on our side"), room=frame.room, op_id=frame.id)
