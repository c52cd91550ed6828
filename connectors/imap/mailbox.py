"""A connection to one folder of one IMAP server, through aioimaplib; every wait has an end.

Reads without leaving a trace: BODY.PEEK sets no \\Seen, nothing is stored, moved or expunged.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from typing import Any

import aioimaplib
import anyio
import msgspec

from server.domain.resources import Security

CONNECT_SECONDS = 30.0
COMMAND_SECONDS = 120.0
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class MailboxError(Exception):
    """The server said no, or something that makes no sense; the text is for an admin."""


class Account(msgspec.Struct, frozen=True):
    """Where a mailbox is and how to get in."""

    host: str
    port: int
    security: Security
    username: str
    password: str
    folder: str

    @property
    def name(self) -> str:
        """Names the mailbox without its password."""
        return f"{self.username}@{self.host}:{self.port}/{self.folder}"

    def __repr__(self) -> str:
        return f"Account({self.name})"


class Mailbox:
    """An open folder. `uidvalidity` names the numbering of its mails."""

    def __init__(self, client: Any, lost: asyncio.Event, uidvalidity: int) -> None:
        self._client = client
        self._lost = lost
        self.uidvalidity = uidvalidity

    @classmethod
    async def open(cls, account: Account) -> Mailbox:
        """Connect, sign in and select the folder; raises MailboxError, OSError or TimeoutError."""
        if _CONTROL.search(f"{account.username}{account.password}{account.folder}"):
            raise MailboxError("user name, password and folder must be without control characters")
        lost = asyncio.Event()
        client = aioimaplib.IMAP4(
            account.host,
            account.port,
            timeout=COMMAND_SECONDS,
            conn_lost_cb=lambda _: lost.set(),
            ssl_context=ssl.create_default_context() if account.security == "tls" else None,
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await client.wait_hello_from_server()
                if account.security == "starttls":
                    await _start_tls(client, account.host)
                _check(await client.login(_quoted(account.username), account.password), "sign in")
                selected = await client.select(_quoted(account.folder))
            _check(selected, f"open the folder {account.folder}")
            found = _VALIDITY.search(b"\n".join(bytes(line) for line in selected.lines))
            if found is None:
                raise MailboxError("the server gives no UIDVALIDITY")
        except BaseException:
            _drop(client)
            raise
        return cls(client, lost, int(found[1]))

    async def list_uids(self, after: int) -> list[int]:
        """The numbers of the mails above `after`, ascending."""
        response = await self._ask(self._client.uid_search(f"UID {after + 1}:*", charset=None))
        numbers = [int(word) for line in response.lines for word in bytes(line).split() if word.isdigit()]
        return sorted({number for number in numbers if number > after})  # `*` names the last one, always

    async def fetch_sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each mail that is still there."""
        response = await self._ask(self._client.uid("fetch", sequence_set(uids), "(UID RFC822.SIZE)"))
        found = ((_UID.search(bytes(line)), _SIZE.search(bytes(line))) for line in response.lines)
        return {int(uid[1]): int(size[1]) for uid, size in found if uid and size}

    async def fetch(self, uids: Sequence[int], max_bytes: int) -> dict[int, bytes]:
        """The mails that are still there, each cut at `max_bytes`."""
        response = await self._ask(
            self._client.uid("fetch", sequence_set(uids), f"(UID BODY.PEEK[]<0.{max_bytes}>)")
        )
        return parse_fetch(response.lines)

    async def wait_for_change(self, seconds: float) -> None:
        """Until the server says that something changed, at most so long; raises OSError when it hangs up."""
        if not self._client.has_capability("IDLE"):
            await self._pause(seconds)
            await self._ask(self._client.noop())
            return
        async with asyncio.timeout(COMMAND_SECONDS):
            idle = await self._client.idle_start(timeout=seconds + COMMAND_SECONDS)
        pushed = asyncio.ensure_future(self._client.wait_server_push(seconds + COMMAND_SECONDS))
        gone = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({pushed, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pushed.cancel()
            gone.cancel()
        if self._lost.is_set():
            raise ConnectionResetError("the server closed the connection")
        self._client.idle_done()
        async with asyncio.timeout(COMMAND_SECONDS):
            await idle

    async def close(self) -> None:
        """Sign out if that is quick; hang up in any case."""
        try:
            async with asyncio.timeout(2):
                await self._client.logout()
        except (OSError, TimeoutError, aioimaplib.AioImapException):
            pass
        finally:
            _drop(self._client)

    async def _ask(self, command: Any) -> Any:
        """A command's answer; raises when it fails or the connection goes meanwhile."""
        answer = asyncio.ensure_future(command)
        gone = asyncio.ensure_future(self._lost.wait())
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionResetError("the server closed the connection")
            response = answer.result()
        finally:
            answer.cancel()
            gone.cancel()
        _check(response, "read the folder")
        return response

    async def _pause(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._lost.wait()
            raise ConnectionResetError("the server closed the connection")


def parse_fetch(lines: Sequence[bytes | bytearray]) -> dict[int, bytes]:
    """Mails by number, from the lines of a FETCH answer: a head, a literal, a tail, again and again."""
    found: dict[int, bytes] = {}
    for index, literal in enumerate(lines):
        if not isinstance(literal, bytearray) or index == 0:
            continue
        head, tail = bytes(lines[index - 1]), bytes(lines[index + 1]) if index + 1 < len(lines) else b""
        uid = _UID.search(head) or _UID.search(tail)
        if uid is not None and b"BODY[]" in head:
            found[int(uid[1])] = bytes(literal)
    return found


def sequence_set(uids: Sequence[int]) -> str:
    """Ascending numbers as IMAP writes them, runs as `first:last` (servers bound the length of a line)."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _check(response: Any, what: str) -> None:
    if response.result != "OK":
        said = b" ".join(bytes(line) for line in response.lines[-1:]).decode("utf-8", "replace")
        raise MailboxError(f"the server does not let us {what}: {said[:300]}")


async def _start_tls(client: Any, host: str) -> None:
    """RFC 3501 §6.2.1; aioimaplib has no word for it."""
    protocol = client.protocol
    _check(await protocol.execute(aioimaplib.aioimaplib.Command("STARTTLS", protocol.new_tag())), "encrypt")
    protocol.transport = await asyncio.get_running_loop().start_tls(
        protocol.transport, protocol, ssl.create_default_context(), server_hostname=host
    )
    await protocol.capability()


def _drop(client: Any) -> None:
    client._client_task.cancel()  # a connection that is still being made
    if client.protocol.transport is not None:
        client.protocol.transport.abort()
