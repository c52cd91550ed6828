"""Row D10, the listener's side: what is offered to who comes encrypted."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import warnings
from pathlib import Path

import pytest

from server.store.pool import Store
from tests.channels.office import running

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
GOOD = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
WEAK = "aNULL:eNULL:EXPORT:RC4:3DES:@SECLEVEL=0"


def client(version: ssl.TLSVersion, ciphers: str = "ALL:@SECLEVEL=0") -> ssl.SSLContext:
    """A client that speaks this version only, and takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = version, version
    return context


def shake(port: int, context: ssl.SSLContext, *, implicit: bool) -> str | None:
    """The version that was agreed on."""
    if implicit:
        with smtplib.SMTP_SSL("127.0.0.1", port, timeout=60, context=context) as smtp:
            return str(smtp.sock.version())  # type: ignore[union-attr]
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        smtp.starttls(context=context)
        return str(smtp.sock.version())  # type: ignore[union-attr]


@pytest.mark.parametrize("implicit", [False, True])
async def test_d10_old_versions_and_weak_ciphers_get_no_handshake(
    store: Store, tmp_path: Path, implicit: bool
) -> None:
    async with running(store, tmp_path, smtps_port=0) as office:
        port = office.post.listener.tls_port if implicit else office.port
        assert port is not None
        for version in GOOD:
            agreed = await asyncio.to_thread(shake, port, client(version), implicit=implicit)
            assert agreed == version.name.replace("_", ".")
        for bad in (*(client(version) for version in OLD), client(GOOD[0], WEAK)):
            with pytest.raises((ssl.SSLError, OSError)):
                await asyncio.to_thread(shake, port, bad, implicit=implicit)
