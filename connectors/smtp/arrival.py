"""A connection before it is a session: who it really is, whether there is room, and TLS from the first byte.

A proxy that the operator trusts must name its client first (PROXY protocol); from anybody else such a header
is just a command that nobody knows. Each of these steps has a deadline.
"""

from __future__ import annotations

import asyncio
from asyncio import sslproto
from collections.abc import Callable
from typing import Any, cast

from connectors.smtp.certificate import Certificate
from connectors.smtp.peers import Peers
from connectors.smtp.proxy import BadHeader, read_header
from connectors.smtp.replies import TOO_MANY_CONNECTIONS
from connectors.smtp.session import Session

PROXY_SECONDS = 5.0
HANDSHAKE_SECONDS = 30
LOCAL = "127.0.0.1"  # who comes by a socket of this machine's file system

MakeSession = Callable[[str], Session]


class Door:
    """One port, and what it asks of who comes: `certificate` when it is encrypted from the first byte."""

    def __init__(
        self,
        make: MakeSession,
        peers: Peers,
        *,
        certificate: Certificate | None = None,
        proxied: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.make = make
        self.peers = peers
        self.certificate = certificate
        self.proxied = proxied


class Arrival(asyncio.Protocol):
    """See the module."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._head = b""
        self._address = ""
        self._transport: Any = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else LOCAL
        if self._door.proxied(self._address):
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(PROXY_SECONDS, self._transport.abort)
        else:
            self._begin(self._address, b"")

    def data_received(self, data: bytes) -> None:
        self._head += data
        try:
            header = read_header(self._head)
        except BadHeader:
            self._transport.abort()
            return
        if header is not None:
            self._begin(header.address or self._address, self._head[header.length :])

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()

    def _begin(self, address: str, already: bytes) -> None:
        """Make it a session, if one more may come from there; `already` came behind the header."""
        self._forget_deadline()
        door, transport = self._door, self._transport
        if not door.peers.enter(address):
            if door.certificate is None:
                transport.write(f"{TOO_MANY_CONNECTIONS}\r\n".encode())
            transport.close()
            return
        session = door.make(address)
        if door.certificate is not None:
            _encrypt(session, transport, door.certificate, already)
            return
        session.admit(transport)
        transport.set_protocol(session)
        session.connection_made(transport)
        if already:
            session.data_received(already)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()


class Encrypted(sslproto.SSLProtocol):
    """TLS around a session. One whose handshake fails never hears that it ends: it is told here."""

    def __init__(self, session: Session, certificate: Certificate) -> None:
        super().__init__(
            asyncio.get_running_loop(),
            session,
            certificate.context(),
            cast("Any", None),  # nobody waits for the handshake
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        self._session = session

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._session.release()


def _encrypt(session: Session, transport: Any, certificate: Certificate, already: bytes) -> None:
    """The session begins when the handshake is done."""
    protocol = Encrypted(session, certificate)
    session.encrypted_by(protocol)
    session.admit(transport)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    while already:
        room = protocol.get_buffer(len(already))
        taken = min(len(room), len(already))
        room[:taken] = already[:taken]
        protocol.buffer_updated(taken)
        already = already[taken:]
