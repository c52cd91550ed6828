"""How a kept mail is read: a small one here, a large one in a process of its own.

Reading is pure Python, which a thread would only share the loop with. What the other process cannot read in
little time is tried again with more of it and a process of its own, and then taken with what its first bytes
say: it is never in the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from connectors.mail.address import agent_token, split_address, subject_number, ticket_number
from connectors.mail.apart import Read, opened, read, request
from connectors.mail.digest import digest, mail_key
from connectors.mail.mime import Tree
from connectors.mail.show import shown_html
from connectors.sandbox.process import Sandbox, SandboxFailed
from server.domain.inbound import InboundMessage
from server.domain.mail import AgentToken
from server.intake import Arrived
from server.store.mails import RawMail

SMALL_BYTES = 16_384  # hostile mails of this size were measured at 20 ms at most, usual ones at 1 ms
READING_SECONDS = 5.0  # a mail of 50 MB takes two
PATIENT_SECONDS = 20.0
MAX_MEMORY_BYTES = 1 << 30
_SURE_ATTEMPTS = 2  # a machine that is too busy may do better the next time
_log = structlog.get_logger("parley.mail")


class Reader:
    """Reads mails one after the other, and beside them one that is slow; close it when nothing is read any
    more."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = secrets
        self._apart = _sandbox(READING_SECONDS)
        self._patient = _sandbox(PATIENT_SECONDS)

    def is_slow(self, mail: RawMail) -> bool:
        """Whether it may keep others waiting: it is large, and has failed before."""
        return len(mail.raw) > SMALL_BYTES and mail.attempts >= _SURE_ATTEMPTS

    async def read(self, mail: RawMail) -> Arrived:
        """All that the intake needs to know of a mail. Raises SandboxFailed where a second try may do."""
        if _is_quick(mail.raw):
            await asyncio.sleep(0)  # a batch of small ones is long, too
            return read_mail(mail, self._secrets)
        sandbox = self._patient if self.is_slow(mail) else self._apart
        try:
            found = opened(await sandbox.run(*request(mail.id, mail.raw)))
        except (SandboxFailed, msgspec.DecodeError) as wrong:
            if not self.is_slow(mail):
                raise
            _log.warning("mail_read_in_part", mail_id=str(mail.id), size=len(mail.raw), error=repr(wrong))
            found = await asyncio.to_thread(_read_in_part, mail, str(wrong))
        return _arrived(mail, found, self._secrets)

    async def close(self) -> None:
        """End the other processes; harmless to repeat."""
        await self._apart.close()
        await self._patient.close()


def _sandbox(seconds: float) -> Sandbox:
    return Sandbox("connectors.mail.apart:answer", max_memory_bytes=MAX_MEMORY_BYTES, seconds=seconds)


def _is_quick(raw: bytes) -> bool:
    """Whether a mail is read at once whatever is in it: it is small and packs nothing (winmail.dat)."""
    if len(raw) > SMALL_BYTES:
        return False
    lowered = raw.lower()
    return b"tnef" not in lowered and b"winmail" not in lowered


def read_mail(mail: RawMail, secrets: Sequence[bytes]) -> Arrived:
    """All that the intake needs to know of a mail; pure."""
    return _arrived(mail, read(mail.id, mail.raw), secrets)


def _read_in_part(mail: RawMail, wrong: str) -> Read:
    """What the first bytes say, under the key that the whole mail has."""
    first = mail.raw[:SMALL_BYTES]
    found = read(mail.id, first)
    root = Tree(first).root
    begins = len(first) - len(root.body)
    message = msgspec.structs.replace(
        found.message,
        digest=digest(root, memoryview(mail.raw)[begins:]),
        defects=(f"only the first part of this mail could be read ({wrong})", *found.message.defects),
    )
    return Read(message, shown_html(message, {}))


def _arrived(mail: RawMail, found: Read, secrets: Sequence[bytes]) -> Arrived:
    message, tags = found.message, _tags(mail, found.message)
    return Arrived(
        mail=mail,
        message=message,
        html=found.html,
        number=_number(mail, tags, secrets),
        key=mail_key(message.message_id, message.digest),
        subject_number=_subject_number(mail, message, secrets),
        agent_token=_agent_token(mail, tags, secrets),
    )


def _number(mail: RawMail, tags: Sequence[str], secrets: Sequence[bytes]) -> int | None:
    """The ticket that a genuine reply token names, in whichever address it stands."""
    numbers = (ticket_number(tag, secret, mail.workspace_id) for tag in tags for secret in secrets)
    return next((number for number in numbers if number is not None), None)


def _agent_token(mail: RawMail, tags: Sequence[str], secrets: Sequence[bytes]) -> AgentToken | None:
    """The agent and the ticket that a genuine token of an agent's names, in whichever address it stands."""
    tokens = (agent_token(tag, secret, mail.workspace_id) for tag in tags for secret in secrets)
    return next((token for token in tokens if token is not None), None)


def _tags(mail: RawMail, message: InboundMessage) -> list[str]:
    headers = (person.email for person in (*message.to, *message.cc))
    addresses = (*mail.envelope.recipients, *headers)
    return [split_address(address)[1] for address in addresses if "+" in address]


def _subject_number(mail: RawMail, message: InboundMessage, secrets: Sequence[bytes]) -> int | None:
    numbers = (subject_number(message.subject, secret, mail.workspace_id) for secret in secrets)
    return next((number for number in numbers if number is not None), None)
