"""Secrets that must be read again (mailbox passwords, the key of signed identities), encrypted at rest.

AES-128-CBC with HMAC-SHA256 (Fernet) under a key derived from the desk's secret key; whoever has
only the database reads nothing.
"""

import hmac
from base64 import urlsafe_b64encode

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Secrets(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an inbox keeps secret.

    `token` is its own: it signs identities and opens the webhook. `signing_key` is what a mail
    provider signs its posts with, `dkim_key` (PEM) what mail that leaves is signed with.
    """

    smtp_password: str | None = None
    imap_password: str | None = None
    imap_client_secret: str | None = None
    imap_refresh_token: str | None = None
    token: str | None = None
    signing_key: str | None = None
    dkim_key: str | None = None


class Vault:
    """Seals and opens with the desk's secret key; opens what the one before it sealed, too."""

    def __init__(self, secret_key: bytes, previous_key: bytes | None = None) -> None:
        keys = [key for key in (secret_key, previous_key) if key is not None]
        derived = [hmac.digest(key, b"parley vault", "sha256") for key in keys]
        self._newest, *_ = every = [Fernet(urlsafe_b64encode(key)) for key in derived]
        self._fernet = MultiFernet(every)

    def seal(self, plain: bytes) -> bytes:
        """Encrypt; the same plain text gives another result each time."""
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes | None:
        """Decrypt; None when it was sealed under another key."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            return None

    def seal_again(self, sealed: bytes) -> bytes | None:
        """Under our key what the one before it sealed; None for what needs nothing, or is lost."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            plain = self.open(sealed)
            return None if plain is None else self.seal(plain)
        return None

    def seal_secrets(self, secrets: Secrets) -> bytes:
        """Encrypt what an inbox keeps secret."""
        return self.seal(msgspec.json.encode(secrets))

    def open_secrets(self, sealed: bytes | None) -> Secrets:
        """What an inbox keeps secret; nothing when it was sealed under a key that is lost."""
        plain = None if sealed is None else self.open(sealed)
        return Secrets() if plain is None else msgspec.json.decode(plain, type=Secrets)
