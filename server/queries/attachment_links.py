"""Signed, short-lived addresses of attachments: whoever holds one may fetch that file, for a while.

A link is made where the rights of whoever gets it were checked. It carries its workspace and its
end, so that fetching needs no other credentials. Links of one half hour are equal, so that the
answers that contain them have stable ETags.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

STEP_SECONDS = 1800
_FORM = struct.Struct(">16sQ")
_MAC_BYTES = 16


class AttachmentLinks:
    """Signs and verifies links with the desk's secret key. Pure: the time is given."""

    def __init__(self, secret_key: bytes) -> None:
        self._key = hmac.digest(secret_key, b"parley attachment link", "sha256")

    def sign(self, workspace_id: UUID, attachment_id: UUID, now: datetime) -> str:
        """The address of an attachment's content, good for 30 to 60 minutes."""
        ends = (int(now.timestamp()) // STEP_SECONDS + 2) * STEP_SECONDS
        said = _FORM.pack(workspace_id.bytes, ends)
        signature = urlsafe_b64encode(said + self._mac(said, attachment_id)).decode().rstrip("=")
        return f"/api/v1/attachments/{attachment_id}/content?sig={signature}"

    def verify(self, attachment_id: UUID, signature: str, now: datetime) -> UUID | None:
        """The workspace that a link is of, or None for every kind of wrong link alike."""
        try:
            raw = urlsafe_b64decode(signature.encode("ascii") + b"=" * (-len(signature) % 4))
        except ValueError:
            return None
        said, mac = raw[: _FORM.size], raw[_FORM.size :]
        if not hmac.compare_digest(mac, self._mac(said, attachment_id)):
            return None
        workspace, ends = _FORM.unpack(said)
        return UUID(bytes=workspace) if now.timestamp() < ends else None

    def _mac(self, said: bytes, attachment_id: UUID) -> bytes:
        return hmac.digest(self._key, said + attachment_id.bytes, "sha256")[:_MAC_BYTES]
