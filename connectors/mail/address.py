"""Reply addresses: `support+TOKEN@example.com`, where TOKEN says which ticket, signed by us.

A token is 24 base32 characters, whatever their case: five bytes of the ticket's number and ten bytes of
HMAC-SHA256 over workspace and number (80 bits, RFC 2104 §5). Only who was sent a mail knows its token;
it chooses the ticket and proves nothing about the sender.
"""

from __future__ import annotations

import base64
import hmac
import re
from hashlib import sha256
from uuid import UUID

_TOKEN = re.compile(r"[a-z2-7]{24}")
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


def _token(secret: bytes, workspace_id: UUID, number: int) -> str:
    named = number.to_bytes(_NUMBER_BYTES, "big")
    mac = hmac.new(secret, b"reply address" + workspace_id.bytes + named, sha256).digest()
    return base64.b32encode(named + mac[:_MAC_BYTES]).decode().lower()
