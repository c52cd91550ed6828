"""The secret of an outgoing webhook as people see it, in the spelling of Standard Webhooks. Pure."""

from base64 import b64decode, b64encode

SECRET_BYTES = 32
_PREFIX = "whsec_"


def secret_of(random: bytes) -> str:
    """The secret of these random bytes."""
    return _PREFIX + b64encode(random).decode()


def key_of(secret: str) -> bytes:
    """The key that it stands for."""
    return b64decode(secret.removeprefix(_PREFIX))
