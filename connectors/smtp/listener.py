"""Opens the ports for mail and closes them again: SMTP, and by setting SMTP over TLS and a socket of LMTP."""

from __future__ import annotations

import asyncio
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog

from connectors.inbound.receiver import Receiver
from connectors.smtp.arrival import Arrival, Door
from connectors.smtp.certificate import Certificate, own_certificate
from connectors.smtp.lmtp import LocalSession
from connectors.smtp.peers import Peers
from connectors.smtp.reception import Reception
from connectors.smtp.session import Session
from server.settings import Settings
from server.store.pool import Store

_BACKLOG = 512
_log = structlog.get_logger("parley.smtp")


class Listener:
    """Listens between `open` and `close`; `port` and `tls_port` are those that were given out when 0 was
    asked for, `sessions` are those that are open."""

    def __init__(self, settings: Settings, store: Store, receiver: Receiver) -> None:
        self._settings = settings
        login = None
        if settings.smtp_user is not None and settings.smtp_password is not None:
            login = (settings.smtp_user, settings.smtp_password.get_secret_value())
        self._peers = Peers(
            settings.trusted_relays, settings.rate_smtp_ip, settings.rate_relay_ip, settings.rate_sign_in_ip
        )
        self._reception = Reception(
            store, receiver, self._peers, max_recipients=settings.max_mail_recipients, login=login
        )
        self._sign_in = login is not None
        self.sessions: set[Session] = set()
        self._servers: list[asyncio.AbstractServer] = []
        self.port = settings.smtp_port
        self.tls_port = settings.smtps_port

    async def open(self) -> None:
        """Begin to listen; raises OSError when a port is taken or a certificate does not do."""
        settings, loop = self._settings, asyncio.get_running_loop()
        certificate = await asyncio.to_thread(self._certificate)
        make = partial(self._session, Session, certificate)
        plain = Door(make, self._peers, proxied=self._is_proxy)
        self.port = await self._listen(plain, settings.smtp_port)
        if settings.smtps_port is not None:
            encrypted = Door(make, self._peers, certificate=certificate, proxied=self._is_proxy)
            self.tls_port = await self._listen(encrypted, settings.smtps_port)
        if settings.lmtp_socket is not None:
            local = Door(partial(self._session, LocalSession, None), self._peers)
            path = str(settings.lmtp_socket)
            self._servers.append(
                await loop.create_unix_server(lambda: Arrival(local), path, backlog=_BACKLOG)
            )
            settings.lmtp_socket.chmod(0o660)
        _log.info("smtp_listening", port=self.port, tls_port=self.tls_port)

    async def close(self) -> None:
        """Take no new client, and say goodbye to those who are there."""
        for server in self._servers:
            server.close()
        for session in list(self.sessions):
            session.close()

    async def _listen(self, door: Door, port: int) -> int:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Arrival(door), self._settings.smtp_host, port, backlog=_BACKLOG
        )
        self._servers.append(server)
        given: int = server.sockets[0].getsockname()[1]
        return given

    def _session(self, kind: type[Session], certificate: Certificate | None, address: str) -> Session:
        options: dict[str, Any] = {
            "data_size_limit": self._settings.max_mail_bytes,
            "enable_SMTPUTF8": True,
            "hostname": self._hostname,
            "ident": "Parley",
            "authenticator": self._reception.authenticate,
            "auth_exclude_mechanism": None if self._sign_in else ("LOGIN", "PLAIN"),
            "loop": asyncio.get_running_loop(),
        }
        return kind(self._reception, self.sessions, address, certificate, **options)

    @property
    def _hostname(self) -> str:
        return urlsplit(self._settings.url).hostname or "localhost"

    def _certificate(self) -> Certificate:
        settings = self._settings
        if settings.smtp_tls_cert is not None and settings.smtp_tls_key is not None:
            return Certificate(settings.smtp_tls_cert, settings.smtp_tls_key)
        return Certificate(*own_certificate(settings.data_dir, self._hostname))

    def _is_proxy(self, address: str) -> bool:
        """Whether who comes from there must name its client first."""
        if not self._settings.smtp_proxy_protocol:
            return False
        known = ip_address(address.partition("%")[0])
        plain = getattr(known, "ipv4_mapped", None) or known
        return any(plain in network for network in self._settings.trusted_proxies)
