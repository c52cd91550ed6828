"""aioimaplib's protocol, with what large mailboxes and hostile moments need.

The library reads an answer by calling itself once for each line, and a FETCH by looking at all its lines
again for each: a thousand lines at once end in a RecursionError. Here both are loops.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from aioimaplib import aioimaplib

_LITERAL = aioimaplib.literal_data_re
_CRLF = b"\r\n"


class Fetch(aioimaplib.FetchCommand):  # type: ignore[misc]
    """A FETCH that counts its open parentheses as lines come."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._open = 0

    def append_to_resp(self, line: bytes, result: str = "Pending") -> None:
        super().append_to_resp(line, result)
        if isinstance(line, bytes):
            begins = self.FETCH_MESSAGE_DATA_RE.match(line)
            self._open = (0 if begins else self._open) + line.count(b"(") - line.count(b")")

    def wait_data(self) -> bool:
        return self._open > 0


class Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """See the module."""

    def _handle_responses(
        self, data: bytes, line_handler: Callable[[bytes, Any], Any], current_cmd: Any = None
    ) -> None:
        command, at = current_cmd, 0
        while at < len(data):
            if command is not None and command.wait_literal_data():
                missing = command._expected_size - len(command._resp_literal_data)
                command.append_literal_data(data[at : at + missing])
                at += missing
                if command.wait_literal_data():
                    raise aioimaplib.IncompleteRead(command)
            end = data.find(_CRLF, at)
            if end < 0:
                raise aioimaplib.IncompleteRead(command, data[at:])
            line, at = data[at:end], end + len(_CRLF)
            command = self._next(line, line_handler(line, command))
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()
        if command is not None and command.wait_data():
            raise aioimaplib.IncompleteRead(command)

    @staticmethod
    def _next(line: bytes, command: Any) -> Any:
        """The command that what follows the line belongs to."""
        literal = _LITERAL.match(line)
        if literal:
            command = command or aioimaplib.Command("NIL", "unused")
            command.begin_literal_data(int(literal.group("size")))
            return command
        return command if command is not None and command.wait_data() else None

    async def fetch(
        self, message_set: str, message_parts: str, by_uid: bool = False, timeout: float | None = None
    ) -> Any:
        """`timeout` is how long the server may say nothing."""
        prefix = "UID" if by_uid else ""
        return await self.execute(
            Fetch(self.new_tag(), message_set, message_parts, prefix=prefix, loop=self.loop, timeout=timeout)
        )

    def _continuation(self, line: bytes) -> None:
        super()._continuation(line)
        if self.pending_sync_command is not None and self.pending_sync_command.name == "AUTHENTICATE":
            self.send("")  # what a server answers instead of NO, before it says NO: the reason, in base64


class Client(aioimaplib.IMAP4):  # type: ignore[misc]
    """A client that speaks by our protocol."""

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        running = loop or asyncio.get_running_loop()
        self.protocol = Protocol(running, conn_lost_cb)
        self._client_task = running.create_task(
            running.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        )
