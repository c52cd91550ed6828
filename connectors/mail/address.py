"""Reply addresses and subject tokens, signed by us: `support+TOKEN@example.com`, `[#42-…]`.

An address' token is 24 base32 characters, whatever their case: five bytes of the ticket's number and ten
bytes of HMAC-SHA256 over workspace and number (80 bits, RFC 2104 §5). A subject's shows the number and ten
characters of an HMAC of its own (50 bits: each guess costs a mail). Only who was sent a mail knows its
tokens; they choose the ticket and prove nothing about the sender.

An agent's is 40 characters under an HMAC of its own: ticket, agent and last day. Neither kind can be made
into the other. It says who was written to; that they answer takes more (`server/intake/agents.py`).
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import date, timedelta
from hashlib import sha256
from itertools import islice
from uuid import UUID

from server.domain.mail import AgentToken

_TOKEN = re.compile(r"[a-z2-7]{24}")
_AGENT_TOKEN = re.compile(r"[a-z2-7]{40}")
_DAY_BYTES = 2
_REFERENCE_BYTES = 5
_AGENT_MAC_BYTES = 13
_FIRST_DAY = date(2020, 1, 1)
_SUBJECT_TOKEN = re.compile(r"\[#([1-9][0-9]{0,11})-([a-z2-7]{10})\]", re.IGNORECASE | re.ASCII)
_MAX_SUBJECT = 2000
_MAX_SUBJECT_TOKENS = 5
_NUMBER_BYTES = 5
_MAC_BYTES = 10
_MAX_LOCAL = 64  # RFC 5321 §4.5.3.1.1


def split_address(address: str) -> tuple[str, str]:
    """An address in lower case without its plus part, and the plus part (`""` when there is none)."""
    local, at, domain = address.strip().strip("<>").lower().rpartition("@")
    stem, _, tag = local.partition("+")
    return f"{stem}{at}{domain}", tag


def reply_address(inbox_address: str, secret: bytes, workspace_id: UUID, number: int) -> str:
    """The inbox's address with the ticket's token; without it where it would be too long for an address."""
    local, _, domain = inbox_address.rpartition("@")
    tagged = f"{local}+{_token(secret, workspace_id, number)}"
    return f"{tagged if len(tagged) <= _MAX_LOCAL else local}@{domain}"


def ticket_number(tag: str, secret: bytes, workspace_id: UUID) -> int | None:
    """The number of the ticket that a plus part names, when the token is ours for this workspace."""
    tag = tag.lower()
    if not _TOKEN.fullmatch(tag):
        return None
    number = int.from_bytes(base64.b32decode(tag.upper())[:_NUMBER_BYTES], "big")
    genuine = hmac.compare_digest(tag.encode(), _token(secret, workspace_id, number).encode())
    return number if genuine else None


def agent_reply_address(
    inbox_address: str, secret: bytes, workspace_id: UUID, agent_id: UUID, number: int, last_day: date
) -> str | None:
    """The inbox's address with a token for this agent and ticket; None where it would be too long."""
    local, _, domain = inbox_address.rpartition("@")
    said = number.to_bytes(_NUMBER_BYTES, "big") + (last_day - _FIRST_DAY).days.to_bytes(_DAY_BYTES, "big")
    said += agent_id.bytes[-_REFERENCE_BYTES:]
    tagged = f"{local}+{_encode(said + _agent_mac(said, secret, workspace_id))}"
    return f"{tagged}@{domain}" if len(tagged) <= _MAX_LOCAL else None


def agent_token(tag: str, secret: bytes, workspace_id: UUID) -> AgentToken | None:
    """What a plus part says, when it is an agent's token of ours for this workspace."""
    tag = tag.lower()
    if not _AGENT_TOKEN.fullmatch(tag):
        return None
    token = base64.b32decode(tag.upper())
    said, mac = token[:-_AGENT_MAC_BYTES], token[-_AGENT_MAC_BYTES:]
    if not hmac.compare_digest(mac, _agent_mac(said, secret, workspace_id)):
        return None
    number, rest = said[:_NUMBER_BYTES], said[_NUMBER_BYTES:]
    days = int.from_bytes(rest[:_DAY_BYTES], "big")
    return AgentToken(
        rest[_DAY_BYTES:].hex(), int.from_bytes(number, "big"), _FIRST_DAY + timedelta(days=days)
    )


def subject_token(secret: bytes, workspace_id: UUID, number: int) -> str:
    """What a subject carries, for programs that lose both the address and the ids: `[#42-abcdefghij]`."""
    mac = hmac.new(secret, b"subject token" + workspace_id.bytes + str(number).encode(), sha256).digest()
    return f"[#{number}-{base64.b32encode(mac)[:10].decode().lower()}]"


def subject_number(subject: str, secret: bytes, workspace_id: UUID) -> int | None:
    """The number of the ticket that a subject names, when one of its tokens is ours for this workspace.

    Only the first few tokens are looked at; spaces that folding put into one do not matter.
    """
    written = "".join(subject[:_MAX_SUBJECT].split())
    for found in islice(_SUBJECT_TOKEN.finditer(written), _MAX_SUBJECT_TOKENS):
        number = int(found[1])
        genuine = subject_token(secret, workspace_id, number)
        if hmac.compare_digest(found[0].lower().encode(), genuine.encode()):
            return number
    return None


def without_token(subject: str) -> str:
    """A subject without tokens, whoever signed them."""
    without, tokens = _SUBJECT_TOKEN.subn(" ", subject)
    return " ".join(without.split()) if tokens else subject


def _token(secret: bytes, workspace_id: UUID, number: int) -> str:
    named = number.to_bytes(_NUMBER_BYTES, "big")
    mac = hmac.new(secret, b"reply address" + workspace_id.bytes + named, sha256).digest()
    return _encode(named + mac[:_MAC_BYTES])


def _agent_mac(said: bytes, secret: bytes, workspace_id: UUID) -> bytes:
    signed = b"agent reply address" + workspace_id.bytes + said
    return hmac.digest(secret, signed, "sha256")[:_AGENT_MAC_BYTES]


def _encode(token: bytes) -> str:
    return base64.b32encode(token).decode().lower()
