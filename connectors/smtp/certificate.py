"""The listener's certificate: the operator's, or one that signs itself, made on the first start.

Servers that deliver mail encrypt without asking who signed (RFC 7435), so that one is better than none. At a
start it is made again, with the same key, when it ends soon or the desk has another name. New files are taken
as soon as they are there, by the next handshake.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.clock import now

_log = structlog.get_logger("parley.smtp")
_VALID = timedelta(days=397)
_LEFT = timedelta(days=60)
# Forward secrecy and authenticated encryption, which every TLS 1.2 of the last ten years has (RFC 9325 §4.2).
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"


class Certificate:
    """Two files and the context made of them; raises OSError (ssl.SSLError is one) when they do not do."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._paths = (certificate, key)
        self._seen = self._state()
        self._context = tls_context(certificate, key)

    def context(self) -> ssl.SSLContext:
        """For the next handshake. While new files do not do, or one of two is new, the old ones are used."""
        try:
            state = self._state()
            if state != self._seen:
                self._seen = state
                self._context = tls_context(*self._paths)
                _log.info("certificate_loaded")
        except OSError as error:
            _log.warning("certificate_not_loaded", error=repr(error))
        return self._context

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        found = (path.stat() for path in self._paths)
        return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in found)


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context, TLS 1.2 or newer, clients unasked."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.load_cert_chain(certificate, key)
    return context


def own_certificate(folder: Path, hostname: str) -> tuple[Path, Path]:
    """The paths of our certificate and its key (mode 0600) in `folder`, made where they are not there."""
    certificate, key = folder / "smtp.crt", folder / "smtp.key"
    if not (certificate.exists() and key.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        private = ec.generate_private_key(ec.SECP256R1())
        _write(
            key,
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        _sign(certificate, private, hostname)
    elif _is_over(x509.load_pem_x509_certificate(certificate.read_bytes()), hostname):
        kept = serialization.load_pem_private_key(key.read_bytes(), None)
        if isinstance(kept, ec.EllipticCurvePrivateKey):
            _sign(certificate, kept, hostname)
    return certificate, key


def _is_over(certificate: x509.Certificate, hostname: str) -> bool:
    """Whether it is one of ours, and of little use by now: an operator's own is never touched."""
    if certificate.issuer != certificate.subject:
        return False
    return certificate.subject != _name(hostname) or certificate.not_valid_after_utc < now() + _LEFT


def _name(hostname: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])


def _sign(path: Path, private: ec.EllipticCurvePrivateKey, hostname: str) -> None:
    try:
        subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(hostname))
    except ValueError:
        subject = x509.DNSName(hostname)
    begins = now() - timedelta(days=1)  # a client whose clock is behind
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(hostname))
        .issuer_name(_name(hostname))
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _VALID)
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .sign(private, hashes.SHA256())
    )
    _write(path, made.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by us only."""
    with NamedTemporaryFile(dir=path.parent, prefix=".smtp-", delete=False) as draft:
        draft.write(data)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)
