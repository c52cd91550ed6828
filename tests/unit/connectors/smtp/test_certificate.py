"""The certificate that the desk makes itself: for how long, for which name, and whose is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.smtp import certificate
from connectors.smtp.certificate import own_certificate, tls_context

DAY = timedelta(days=1)


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_it_is_made_once_for_about_a_year(tmp_path: Path) -> None:
    made, key = own_certificate(tmp_path, "desk.test")
    first = read(made)
    assert own_certificate(tmp_path, "desk.test") == (made, key)
    assert read(made) == first
    assert 390 * DAY < first.not_valid_after_utc - datetime.now(UTC) < 398 * DAY
    assert key.stat().st_mode & 0o777 == 0o600


def test_one_that_ends_soon_is_made_again_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, key = own_certificate(tmp_path, "desk.test")
    first, secret = read(made), key.read_bytes()
    later = datetime.now(UTC) + 340 * DAY
    monkeypatch.setattr(certificate, "now", lambda: later)
    own_certificate(tmp_path, "desk.test")
    assert read(made) != first
    assert read(made).not_valid_after_utc > later + 390 * DAY
    assert (read(made).public_key(), key.read_bytes()) == (first.public_key(), secret)
    tls_context(made, key)


def test_a_desk_with_another_name_has_another_certificate(tmp_path: Path) -> None:
    own_certificate(tmp_path, "127.0.0.1")
    made, _ = own_certificate(tmp_path, "desk.test")
    names = read(made).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["desk.test"]


def test_what_somebody_else_signed_is_left_alone(tmp_path: Path) -> None:
    made, key = own_certificate(tmp_path, "old.test")
    private = ec.generate_private_key(ec.SECP256R1())
    first = read(made)
    theirs = (
        x509.CertificateBuilder()
        .subject_name(first.subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")]))
        .public_key(first.public_key())
        .serial_number(7)
        .not_valid_before(first.not_valid_before_utc)
        .not_valid_after(first.not_valid_after_utc)
        .sign(private, hashes.SHA256())
    )
    made.write_bytes(theirs.public_bytes(serialization.Encoding.PEM))
    own_certificate(tmp_path, "desk.test")
    assert read(made) == theirs
    tls_context(made, key)


def test_only_forward_secrecy_and_authenticated_encryption_are_offered(tmp_path: Path) -> None:
    offered = tls_context(*own_certificate(tmp_path, "desk.test")).get_ciphers()
    assert all(cipher["aead"] for cipher in offered)
    assert {cipher["protocol"] for cipher in offered} == {"TLSv1.2", "TLSv1.3"}
