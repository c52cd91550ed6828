"""What SMTP clients are told: one table from refusals to replies (RFC 5321 §4.2, RFC 3463)."""

from __future__ import annotations

import re

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
TOO_MANY_FAILURES = "454 4.7.0 Too many wrong passwords from your address, come back later"
ENCRYPTED_ALREADY = "503 5.5.1 The connection is encrypted already"

_BY_CODE = {
    "too_large": TOO_LARGE,
    "rate_limited": TOO_FAST,
    "not_found": UNKNOWN_ADDRESS,
    "invalid": "554 5.6.0 The mail is not acceptable",
}


# What aiosmtpd says without an enhanced code (RFC 2034 §4 wants one on all but greetings), by its code.
_ENHANCED = {
    "220": "2.0.0", "221": "2.0.0", "250": "2.0.0", "252": "2.5.0", "421": "4.3.0", "451": "4.3.0",
    "454": "4.7.0", "500": "5.5.2", "501": "5.5.4", "502": "5.5.1", "503": "5.5.1", "504": "5.5.4",
    "521": "5.5.2", "530": "5.7.0", "535": "5.7.8", "538": "5.7.11", "550": "5.1.1", "552": "5.3.4",
    "553": "5.1.3", "554": "5.7.0", "555": "5.5.4",
}  # fmt: skip
_HAS_CODE = re.compile(r"[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3}(?: |$)")
_UNKNOWN_COMMAND = "5.5.1"


def enhanced(reply: str) -> str:
    """A reply with its enhanced status code (RFC 3463); those of other sorts (334, 354) have none."""
    code = _ENHANCED.get(reply[:3])
    if code is None or _HAS_CODE.match(reply):
        return reply
    if reply.endswith("not recognized"):
        code = _UNKNOWN_COMMAND
    return f"{reply[:4]}{code} {reply[4:]}"


def reply_to(refusal: Refusal) -> str:
    """The reply for a refusal; whatever is not known to be final lets the sender keep the mail."""
    return _BY_CODE.get(refusal.code, STORAGE_AWAY)
