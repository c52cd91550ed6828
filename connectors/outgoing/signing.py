"""Signs mail that leaves (DKIM, RFC 6376), in the name of the inbox's domain."""

from __future__ import annotations

import dkim

from connectors.outgoing.errors import Refused
from server.domain.resources import DkimSettings

# What a reader sees and what decides where an answer goes; the rest may change on the way (RFC 6376 §5.4.1).
_SIGNED = [b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id"]
_SIGNED += [b"in-reply-to", b"references", b"auto-submitted"]
_SIGNED += [b"mime-version", b"content-type", b"content-transfer-encoding"]


def sign(raw: bytes, settings: DkimSettings | None, key: str | None) -> bytes:
    """The mail with its signature in front; as it is without settings.

    Raises Refused when it cannot be signed: unsigned, it might be thrown away unseen. Takes milliseconds of
    work for each megabyte, so call it in a thread.
    """
    if settings is None:
        return raw
    if key is None:
        raise Refused("The key that signs this inbox's mail (DKIM) is lost: set it again")
    try:
        signature: bytes = dkim.sign(
            raw,
            settings.selector.encode(),
            settings.domain.encode(),
            key.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=_SIGNED.copy(),  # those that are not there, too: so nobody can add them
        )
    except (dkim.DKIMException, ValueError) as error:
        raise Refused(f"The mail could not be signed (DKIM): {error}") from error
    return signature + raw
