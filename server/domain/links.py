"""Signed links to attachments: whoever has the link may fetch the file, for a short time and nothing else."""

from __future__ import annotations

import base64
import hmac
from uuid import UUID

LASTS_SECONDS = 2 * 3600
_STEP_SECONDS = 3600  # links of one hour are alike, so that a browser may keep what it fetched


class AttachmentLinks:
    """Makes and checks links; the key is derived, so that no other signature can pass for one of these."""

    def __init__(self, secret_key: bytes, previous_key: bytes | None = None) -> None:
        keys = [key for key in (secret_key, previous_key) if key is not None]
        self._keys = [hmac.digest(key, b"parley attachment link", "sha256") for key in keys]

    def url(self, attachment_id: UUID, unix_seconds: float) -> str:
        """A link that holds for at least an hour and at most two, from the instant given."""
        expires = (int(unix_seconds) // _STEP_SECONDS) * _STEP_SECONDS + LASTS_SECONDS
        signature = _sign(self._keys[0], attachment_id, expires)
        return f"/api/v1/attachments/{attachment_id}/content?expires={expires}&sig={signature}"

    def holds(self, attachment_id: UUID, expires: int, signature: str, unix_seconds: float) -> bool:
        """Whether a link's parts are ours and not out of date yet; takes the same time for any wrong one."""
        given = signature.encode("utf-8", "surrogatepass")
        ours = [_sign(key, attachment_id, expires).encode() for key in self._keys]
        genuine = [hmac.compare_digest(one, given) for one in ours]
        return any(genuine) and unix_seconds < expires


def _sign(key: bytes, attachment_id: UUID, expires: int) -> str:
    digest = hmac.digest(key, f"{attachment_id}:{expires}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:18]).decode()
