"""Keys that sign an inbox's mail (DKIM): read, made, and what the DNS must say about them (RFC 6376 §3.6)."""

from __future__ import annotations

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from server.domain.errors import Invalid

_BITS = 2048  # longer ones do not fit one string of a TXT record (RFC 6376 §3.3.3)
_MIN_BITS = 1024  # RFC 8301 §3.2


def new_key() -> str:
    """A new private key as PEM; takes up to a second of work, so call it in a thread."""
    key = generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def public_record(pem: str, pointer: str) -> str:
    """The TXT record of a private key's other half; Invalid when it is no RSA key that anybody believes."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise Invalid("A private key as PEM, without a password", pointer=pointer) from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < _MIN_BITS:
        raise Invalid(f"An RSA key of at least {_MIN_BITS} bits", pointer=pointer)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"
