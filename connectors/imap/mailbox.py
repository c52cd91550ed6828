"""A connection to one folder of one IMAP server, through aioimaplib; every wait has an end.

Reads without leaving a trace: BODY.PEEK sets no \\Seen. Only `finish` changes something on the server, and
only what an inbox's settings ask for.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from typing import Any, Literal

import aioimaplib
import anyio
import msgspec

from connectors.imap.names import encode
from connectors.imap.protocol import Client
from server.domain.resources import AfterImport, Security

CONNECT_SECONDS = 30.0
COMMAND_SECONDS = 120.0  # without a word from the server
FETCH_SECONDS = 1800.0
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]")
_EXISTS = re.compile(rb"(\d+) EXISTS")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class MailboxError(Exception):
    """The server said no, or something that makes no sense; the text is for an admin."""


class Account(msgspec.Struct, frozen=True):
    """Where a folder is and how to get in; with XOAUTH2 the password is an access token."""

    host: str
    port: int
    security: Security
    username: str
    password: str
    folder: str
    auth: Literal["password", "xoauth2"] = "password"

    @property
    def name(self) -> str:
        """Names the folder without the password."""
        return f"{self.username}@{self.host}:{self.port}/{self.folder}"

    def __repr__(self) -> str:
        return f"Account({self.name})"


class Mailbox:
    """An open folder. `uidvalidity` names the numbering of its mails, `exists` is how many it had."""

    def __init__(self, client: Any, lost: asyncio.Event, uidvalidity: int, exists: int) -> None:
        self._client = client
        self._lost = lost
        self._idles = client.has_capability("IDLE")
        self.uidvalidity = uidvalidity
        self.exists = exists

    @classmethod
    async def open(cls, account: Account) -> Mailbox:
        """Connect, sign in and select the folder; raises MailboxError, OSError or TimeoutError."""
        client, lost = await connect(account)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await sign_in(client, account)
                return await cls.select(client, lost, account.folder)
        except BaseException:
            drop(client)
            raise

    @classmethod
    async def select(cls, client: Any, lost: asyncio.Event, folder: str) -> Mailbox:
        """Open a folder of a connection that has signed in."""
        selected = await client.select(_quoted(encode(folder)))
        _check(selected, f"open the folder {folder}")
        said = b"\n".join(bytes(line) for line in selected.lines)
        validity, exists = _VALIDITY.search(said), _EXISTS.search(said)
        if validity is None:
            raise MailboxError("the server gives no UIDVALIDITY")
        return cls(client, lost, int(validity[1]), int(exists[1]) if exists else 0)

    async def list_uids(self, after: int, upto: int | None = None) -> list[int]:
        """The numbers of the mails above `after`, up to and with `upto`, ascending."""
        last = "*" if upto is None else str(upto)
        response = await self._ask(self._client.uid_search(f"UID {after + 1}:{last}", charset=None))
        numbers = [int(word) for line in response.lines for word in bytes(line).split() if word.isdigit()]
        return sorted({number for number in numbers if number > after})  # `*` names the last one, always

    async def fetch_sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each mail that is still there."""
        response = await self._fetch(uids, "(UID RFC822.SIZE)")
        found = ((_UID.search(bytes(line)), _SIZE.search(bytes(line))) for line in response.lines)
        return {int(uid[1]): int(size[1]) for uid, size in found if uid and size}

    async def fetch(self, uids: Sequence[int], max_bytes: int) -> dict[int, bytes]:
        """The mails that are still there, each cut at `max_bytes`."""
        response = await self._fetch(uids, f"(UID BODY.PEEK[]<0.{max_bytes}>)")
        return parse_fetch(response.lines)

    async def finish(self, uids: Sequence[int], after: AfterImport) -> None:
        """Flag and move mails that are kept; repeating it is harmless."""
        if not uids:
            return
        numbers, client = sequence_set(uids), self._client
        if after.flag:
            await self._ask(client.uid("store", numbers, "+FLAGS.SILENT", f"({after.flag})"), "flag mails")
        if after.move_to is None:
            return
        target = _quoted(encode(after.move_to))
        if client.has_capability("MOVE"):
            await self._ask(client.uid("move", numbers, target), f"move mails to {after.move_to}")
            return
        await self._ask(client.uid("copy", numbers, target), f"copy mails to {after.move_to}")
        await self._ask(client.uid("store", numbers, "+FLAGS.SILENT", r"(\Deleted)"), "delete mails")
        if client.has_capability("UIDPLUS"):  # without it, EXPUNGE would take what others have marked
            await self._ask(client.uid("expunge", numbers), "delete mails")

    async def wait_for_change(self, seconds: float) -> None:
        """Until the server says that something changed, at most so long; raises OSError when it hangs up."""
        if self._idles:
            try:
                await self._idle(seconds)
            except aioimaplib.Abort:
                self._idles = False  # it offers what it does not do
            else:
                return
        await self._pause(seconds)
        await self._ask(self._client.noop())

    async def _idle(self, seconds: float) -> None:
        """RFC 2177."""
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
            drop(self._client)

    async def _fetch(self, uids: Sequence[int], what: str) -> Any:
        """A FETCH may take long, as long as something comes."""
        command = self._client.protocol.fetch(sequence_set(uids), what, by_uid=True, timeout=COMMAND_SECONDS)
        return await self._ask(command, seconds=FETCH_SECONDS)

    async def _ask(self, command: Any, what: str = "read the folder", seconds: float = 0.0) -> Any:
        """A command's answer; raises when it fails or the connection goes meanwhile."""
        answer = asyncio.ensure_future(command)
        gone = asyncio.ensure_future(self._lost.wait())
        try:
            async with asyncio.timeout(seconds or COMMAND_SECONDS):
                await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionResetError("the server closed the connection")
            response = answer.result()
        finally:
            answer.cancel()
            gone.cancel()
        _check(response, what)
        return response

    async def _pause(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._lost.wait()
            raise ConnectionResetError("the server closed the connection")


async def connect(account: Account) -> tuple[Any, asyncio.Event]:
    """A connection that was greeted, encrypted as the account says, and an event for its end."""
    if _CONTROL.search(f"{account.username}{account.password}{account.folder}"):
        raise MailboxError("user name, password and folder must be without control characters")
    lost = asyncio.Event()
    client = Client(
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
    except BaseException:
        drop(client)
        raise
    return client, lost


async def sign_in(client: Any, account: Account) -> None:
    """By password or token; raises MailboxError."""
    if account.auth == "xoauth2":
        response = await client.xoauth2(account.username, account.password)
    else:
        response = await client.login(_quoted(account.username), account.password)
    _check(response, "sign in")
    await client.protocol.capability()  # many servers have more to offer now


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


def drop(client: Any) -> None:
    """Hang up at once."""
    client._client_task.cancel()  # a connection that is still being made
    if client.protocol.transport is not None:
        client.protocol.transport.abort()


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
