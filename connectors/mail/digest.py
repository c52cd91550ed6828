"""When two mails are the same mail: their Message-ID, and a digest of From, Date, Subject and body.

The digest leaves out what relays add and change (Received, line ends, blank lines at the end), so that
one mail that arrives by SMTP and by IMAP has one key, and two mails with one Message-ID have two.
"""

from __future__ import annotations

from hashlib import sha256

from connectors.mail.mime import Part

_CHUNK_BYTES = 1_048_576


def digest(root: Part, body: memoryview) -> bytes:
    """32 bytes over the three fields, as they came but unfolded, and the encoded body."""
    seen = sha256()
    for name in ("from", "date", "subject"):
        field = b" ".join(root.headers.raw(name).split())
        seen.update(len(field).to_bytes(4, "big") + field)
    end = len(body)
    while end and body[end - 1] in b" \t\r\n":
        end -= 1
    for start in range(0, end, _CHUNK_BYTES):
        seen.update(bytes(body[start : min(start + _CHUNK_BYTES, end)]).replace(b"\r", b""))
    return seen.digest()


def mail_key(message_id: str | None, mail_digest: bytes) -> str:
    """The key of a mail within its workspace."""
    named = sha256((message_id or "").encode("utf-8", "replace")).hexdigest()[:32]
    return f"{named}:{mail_digest.hex()}"
