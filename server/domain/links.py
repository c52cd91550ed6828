"""Signed links to attachments and remote images: who has one may fetch that for a while, and nothing else."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import urlencode
from uuid import UUID

import msgspec

LASTS_SECONDS = 2 * 3600
_STEP_SECONDS = 3600  # links of one hour are alike, so that a browser may keep what it fetched


class AttachmentLinks:
    """Makes and checks links; the key is derived, so that no other signature can pass for one of these."""

    def __init__(self, secret_key: bytes, previous_key: bytes | None = None) -> None:
        keys = [key for key in (secret_key, previous_key) if key is not None]
        self._keys = [hmac.digest(key, b"parley attachment link", "sha256") for key in keys]

    def url(self, attachment_id: UUID, unix_seconds: float) -> str:
        """A link that holds for at least an hour and at most two, from the instant given."""
        expires = _expiry(unix_seconds)
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


class RemoteImage(msgspec.Struct, frozen=True):
    """A raster image that somebody else serves."""

    type: str
    data: bytes


class ImageLinks:
    """Makes and checks links to the remote images of a mail: one address, for one interaction, for a while.

    We fetch what a link names, so only addresses that stand in a mail are ever signed.
    """

    def __init__(self, secret_key: bytes, previous_key: bytes | None = None) -> None:
        keys = [key for key in (secret_key, previous_key) if key is not None]
        self._keys = [hmac.digest(key, b"parley remote image link", "sha256") for key in keys]

    def url(self, interaction_id: UUID, remote: str, unix_seconds: float) -> str:
        """A link that holds for at least an hour and at most two, from the instant given."""
        expires = _expiry(unix_seconds)
        signature = _sign_image(self._keys[0], interaction_id, remote, expires)
        named = {"url": remote, "interaction": interaction_id, "expires": expires, "sig": signature}
        return f"/api/v1/images?{urlencode(named)}"

    def holds(
        self, interaction_id: UUID, remote: str, expires: int, signature: str, unix_seconds: float
    ) -> bool:
        """Whether a link's parts are ours and not out of date yet; takes the same time for any wrong one."""
        given = signature.encode("utf-8", "surrogatepass")
        ours = [_sign_image(key, interaction_id, remote, expires).encode() for key in self._keys]
        genuine = [hmac.compare_digest(one, given) for one in ours]
        return any(genuine) and unix_seconds < expires


def _sign_image(key: bytes, interaction_id: UUID, remote: str, expires: int) -> str:
    said = f"{interaction_id}:{expires}:".encode() + remote.encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hmac.digest(key, said, "sha256")[:18]).decode()


def _expiry(unix_seconds: float) -> int:
    return (int(unix_seconds) // _STEP_SECONDS) * _STEP_SECONDS + LASTS_SECONDS
