"""What SMTP clients are told: one table from refusals to replies (RFC 5321 §4.2, RFC 3463)."""

from __future__ import annotations

from server.domain.errors import Refusal

UNKNOWN_ADDRESS = "550 5.1.1 There is no such mailbox here, and this is no relay"
TOO_MANY_UNKNOWN = "421 4.7.0 Too many addresses that are not here; goodbye"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients in one mail"
TOO_FAST = "450 4.7.1 Too many mails from your address, come back later"
TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections from your address"
TOO_LARGE = "552 5.3.4 The mail is larger than SIZE allows"
BARE_LINE_END = "521 5.5.2 Lines end with CR and LF together; goodbye"
CLOSING = "421 4.3.2 The desk is closing, come back later"
STORAGE_AWAY = "451 4.3.0 The mail cannot be kept at the moment, come back later"
KEPT = "250 2.0.0 Kept"

_BY_CODE = {
    "too_large": TOO_LARGE,
    "rate_limited": TOO_FAST,
    "not_found": UNKNOWN_ADDRESS,
    "invalid": "554 5.6.0 The mail is not acceptable",
}


def reply_to(refusal: Refusal) -> str:
    """The reply for a refusal; whatever is not known to be final lets the sender keep the mail."""
    return _BY_CODE.get(refusal.code, STORAGE_AWAY)
