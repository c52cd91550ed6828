"""One request on its way through an operation: what it carries, and who sends it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import msgspec
from starlette.types import Receive, Scope

from server.domain.commands import Command, Envelope, RequestKey
from server.domain.errors import NotFound
from server.domain.identity import Actor, Agent, Customer
from server.handle import Outcome
from server.http.preconditions import check_if_match, etag_of
from server.http.state import State
from server.queries.credentials import Credential
from server.settings import Settings

encode = msgspec.json.Encoder().encode


class Call:
    """A request. `credential` is None only where an operation is for anyone."""

    __slots__ = (
        "credential",
        "headers",
        "ip",
        "open_to",
        "receive",
        "request_key",
        "scope",
        "state",
    )

    def __init__(self, state: State, scope: Scope, receive: Receive) -> None:
        self.state = state
        self.scope = scope
        self.receive = receive
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.ip = client_ip(scope, self.headers, state.settings)
        self.credential: Credential | None = None
        self.request_key: RequestKey | None = None
        self.open_to: str | None = None  # the foreign origin that may read the answer

    def header(self, name: bytes) -> str | None:
        """A header's value; `name` in lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def path(self) -> str:
        path: str = self.scope["path"]
        return path

    @property
    def query_string(self) -> bytes:
        query: bytes = self.scope["query_string"]
        return query

    @property
    def request_id(self) -> str:
        made: str = self.scope["parley.request_id"]
        return made

    @property
    def actor(self) -> Agent | Customer:
        """Who asks; NotFound when nobody is known."""
        if self.credential is None:
            raise NotFound
        return self.credential.actor

    @property
    def agent(self) -> Agent:
        """The agent who asks; NotFound for anybody else."""
        if not isinstance(self.actor, Agent):
            raise NotFound
        return self.actor

    @property
    def visitor(self) -> Customer:
        """The visitor who asks; NotFound for anybody else."""
        if not isinstance(self.actor, Customer):
            raise NotFound
        return self.actor

    @property
    def workspace_id(self) -> UUID:
        return self.actor.workspace_id

    async def submit(
        self, command: Command, *, actor: Actor | None = None, expected_seq: int | None = None
    ) -> Outcome:
        """Have a ticket changed, in the name of `actor` when another than who asks."""
        return await self.state.handle.submit(
            Envelope(
                actor or self.actor,
                command,
                request_key=self.request_key,
                expected_seq=expected_seq,
            )
        )

    def require_match(self, current: Any) -> None:
        """Raise PreconditionFailed when `If-Match` names another state than the current one."""
        if_match = self.header(b"if-match")
        if if_match is not None:
            check_if_match(if_match, etag_of(encode(current)))


def client_ip(scope: Scope, headers: Mapping[bytes, bytes], settings: Settings) -> str:
    """Whom rates count: the peer, or behind trusted proxies the last address that is none of them.

    `X-Forwarded-For` from anybody else is somebody's wish and ignored.
    """
    client = scope.get("client")
    peer: str = client[0] if client else "unknown"
    if not settings.trusted_proxies or b"x-forwarded-for" not in headers:
        return peer
    for hop in reversed(headers[b"x-forwarded-for"].decode("latin-1").split(",")):
        if not is_within(peer, settings.trusted_proxies):
            return peer
        peer = hop.strip()
    return peer if is_address(peer) else "unknown"


def is_within(address: str, networks: Any) -> bool:
    """Whether an address lies in any of the networks."""
    if not is_address(address):
        return False
    parsed = ip_address(address)
    return any(parsed in network for network in networks)


def is_address(text: str) -> bool:
    """Whether it is an IP address at all."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
