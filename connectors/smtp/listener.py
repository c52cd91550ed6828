"""Opens the SMTP port and closes it again."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import structlog

from connectors.inbound.receiver import Receiver
from connectors.smtp.certificate import own_certificate, tls_context
from connectors.smtp.peers import Peers
from connectors.smtp.reception import Reception
from connectors.smtp.session import Session
from server.settings import Settings
from server.store.pool import Store

_log = structlog.get_logger("parley.smtp")


class Listener:
    """Listens between `open` and `close`; `port` is the one that was given out when 0 was asked for,
    `sessions` are those that are open."""

    def __init__(self, settings: Settings, store: Store, receiver: Receiver) -> None:
        self._settings = settings
        login = None
        if settings.smtp_user is not None and settings.smtp_password is not None:
            login = (settings.smtp_user, settings.smtp_password.get_secret_value())
        peers = Peers(settings.trusted_relays, settings.rate_smtp_ip, settings.rate_relay_ip)
        self._reception = Reception(
            store, receiver, peers, max_recipients=settings.max_mail_recipients, login=login
        )
        self._sign_in = login is not None
        self.sessions: set[Session] = set()
        self._server: asyncio.Server | None = None
        self.port = settings.smtp_port

    async def open(self) -> None:
        """Begin to listen; raises OSError when the port is taken."""
        settings = self._settings
        hostname = urlsplit(settings.url).hostname or "localhost"
        if settings.smtp_tls_cert is not None and settings.smtp_tls_key is not None:
            certificate, key = settings.smtp_tls_cert, settings.smtp_tls_key
        else:
            certificate, key = await asyncio.to_thread(own_certificate, settings.data_dir, hostname)
        context = tls_context(certificate, key)
        loop = asyncio.get_running_loop()

        def session() -> Session:
            return Session(
                self._reception,
                self.sessions,
                data_size_limit=settings.max_mail_bytes,
                enable_SMTPUTF8=True,
                hostname=hostname,
                ident="Parley",
                tls_context=context,
                authenticator=self._reception.authenticate,
                auth_exclude_mechanism=None if self._sign_in else ("LOGIN", "PLAIN"),
                loop=loop,
            )

        self._server = await loop.create_server(session, settings.smtp_host, settings.smtp_port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]
        _log.info("smtp_listening", port=self.port)

    async def close(self) -> None:
        """Take no new client, and say goodbye to those who are there."""
        if self._server is not None:
            self._server.close()
        for session in list(self.sessions):
            session.close()
