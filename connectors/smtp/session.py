"""One client's connection: aiosmtpd's protocol, hardened.

Strict line ends, a bound on the time of the whole session, replies with enhanced codes, a mail read in
chunks instead of lines (its lines may be of any length), no address or text in a log.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException, syntax

from connectors.smtp.certificate import Certificate
from connectors.smtp.lines import BareLineEnd, MailTooLarge, StrictLines
from connectors.smtp.reception import Reception
from connectors.smtp.replies import (
    BARE_LINE_END,
    CLOSING,
    ENCRYPTED_ALREADY,
    TOO_LARGE,
    enhanced,
)

IDLE_SECONDS = 240.0  # RFC 5321 §4.5.3.2 asks for five minutes; half-open connections must be gone by then
TOTAL_SECONDS = 1800.0
# Of each command, in one session. A relay may send a thousand mails before it has to come again.
_CALLS = {"MAIL": 1000, "RCPT": 10_000, "DATA": 1000, "RSET": 1000, "NOOP": 100, "AUTH": 3, "*": 20}
_PLAIN_ADDRESS = re.compile(r"\s*<([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255})>( .*)?", re.ASCII)

_log = structlog.get_logger("parley.smtp")
logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's: it holds commands and addresses


class Session(SMTP):
    """See the module."""

    envelope: Any
    _reader: Any

    line_length_limit = 65_536

    def __init__(
        self,
        reception: Reception,
        sessions: set[Session],
        address: str,
        certificate: Certificate | None,
        **options: Any,
    ) -> None:
        super().__init__(
            reception,
            timeout=IDLE_SECONDS,
            command_call_limit=_CALLS,
            tls_context=None if certificate is None else certificate.context(),
            **options,
        )
        self._reception = reception
        self._sessions = sessions
        self._address = address
        self._certificate = certificate
        self._total: asyncio.TimerHandle | None = None
        self._idle_until = 0.0
        self._raw: Any = None
        self._introducing = True  # greetings carry no enhanced code
        self._unsent = ""

    def admit(self, transport: Any) -> None:
        """Its time begins, before a handshake as well."""
        self._raw = transport
        self._sessions.add(self)
        self._total = self.loop.call_later(TOTAL_SECONDS, self.close)

    def encrypted_by(self, protocol: Any) -> None:
        """The connection is encrypted from its first byte."""
        self._tls_protocol = protocol

    def release(self) -> None:
        """Make room for the next; once."""
        if self._total is not None and self in self._sessions:
            self._total.cancel()
            self._sessions.discard(self)
            self._reception.peers.leave(self._address)

    def connection_made(self, transport: Any) -> None:
        """A client has come, or its connection has become an encrypted one."""
        super().connection_made(transport)
        session: Any = self.session
        session.peer = (self._address, 0)
        if self._tls_protocol is not None:
            session.ssl = self._tls_protocol._extra

    def connection_lost(self, error: Exception | None) -> None:
        if self not in self._sessions:
            return
        self.release()
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        if self not in self._sessions:
            return False
        done: bool | None = super().eof_received()
        return done

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Put off the end of a session that does nothing: each command does, and none sets a timer for it."""
        if duration is not None or self._timeout_handle is None:
            super()._reset_timeout(duration)
        self._idle_until = self.loop.time() + (duration or IDLE_SECONDS)

    def _timeout_cb(self) -> None:
        """The timer has rung: for a session that was busy since, it is set for the rest of its time."""
        left = self._idle_until - self.loop.time()
        if left > 0:
            super()._reset_timeout(left)
        else:
            super()._timeout_cb()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Say that the desk is closing, and hang up; a mail whose 250 was not said stays with its sender."""
        if self.transport is None:
            self._raw.abort()  # still shaking hands
        elif not self.transport.is_closing():
            self._writer.write(f"{CLOSING}\r\n".encode())
            self.transport.close()

    def hang_up(self) -> None:
        """End the session after the reply that is being written."""
        self._reader.stop()

    def _cb_client_connected(self, reader: Any, writer: Any) -> None:
        self._reader, self._writer = StrictLines(reader), writer

    async def push(self, status: Any) -> None:
        """Send a reply, with its enhanced code; one to an envelope waits while more of it is there."""
        if self.transport is None or self.transport.is_closing():
            raise asyncio.CancelledError  # nobody is there to read it: see StrictLines.readuntil
        if isinstance(status, bytes):
            status = status.decode("ascii")
        if not self._introducing:
            status = enhanced(status)
        elif status.startswith("220 "):
            self._introducing = False
        if status.startswith("250 2.1.") and self._reader.has_line():
            self._unsent += f"{status}\r\n"  # RFC 2920 §3.2: with the answer to what is there already
            return
        self._unsent, unsent = "", self._unsent
        await super().push(unsent + status)

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """Say what is offered, without enhanced codes (RFC 2034 §4)."""
        self._introducing = True
        await super().smtp_EHLO(hostname)
        self._introducing = False

    @syntax("HELO hostname")
    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        self._introducing = True
        await super().smtp_HELO(hostname)
        self._introducing = False

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Encrypt, once, with the certificate that is there now."""
        if self._tls_protocol is not None:
            await self.push(ENCRYPTED_ALREADY)
            return
        if self._certificate is not None:
            self.tls_context = self._certificate.context()
        await super().smtp_STARTTLS(arg)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The address and what follows it; plain ones skip the library's grammar (ten times dearer)."""
        plain = _PLAIN_ADDRESS.fullmatch(arg)
        return (plain[1], plain[2] or "") if plain else super()._getaddr(arg)

    async def handle_exception(self, error: Exception) -> str:
        """The reply after an exception in a command; whatever it was, it is not the client's to read."""
        if isinstance(error, BareLineEnd):
            return BARE_LINE_END
        if isinstance(error, TLSSetupException):
            why = error.__cause__
            _log.info("smtp_handshake_failed", reason=getattr(why, "reason", None) or type(why).__name__)
            return CLOSING  # said to nobody: aiosmtpd hangs up
        _log.error("session failed", exc_info=error)
        self.hang_up()
        return "451 4.3.0 Something went wrong here, come back later"

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 (aiosmtpd's name)
        """Read a mail and answer for it."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 First say whom it is for (RCPT)")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no arguments")
            return
        await self.push("354 End the mail with <CR><LF>.<CR><LF>")
        refusal = await self._read_mail()
        await self._answer(refusal)
        self._set_post_data_state()  # type: ignore[no-untyped-call]

    async def _read_mail(self) -> str | None:
        """Into the envelope; or why not."""
        try:
            self.envelope.content = await self._reader.read_mail(self.data_size_limit, self._reset_timeout)
        except MailTooLarge:
            return TOO_LARGE
        except BareLineEnd:
            return BARE_LINE_END
        return None

    async def _answer(self, refusal: str | None) -> None:
        """Keep the mail that was read, and say so."""
        await self.push(refusal or await self._call_handler_hook("DATA"))
