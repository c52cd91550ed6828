"""The head of a delivery, against a receiver's own arithmetic."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

from connectors.webhooks.signing import headers_of
from server.domain.webhook_secret import secret_of

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ONE = UUID(int=1)


def test_a_receiver_that_has_the_secret_finds_the_same_signature() -> None:
    headers = headers_of(secret_of(b"k" * 32), ONE, AT, b'{"type":"ping"}')
    stamp = str(int(AT.timestamp()))
    signed = f"{ONE}.{stamp}.".encode() + b'{"type":"ping"}'
    wanted = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert headers == {
        "content-type": "application/json",
        "webhook-id": str(ONE),
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{wanted}",
    }


def test_id_time_body_and_secret_are_all_signed() -> None:
    def signature(secret: bytes = b"k" * 32, one: UUID = ONE, at: datetime = AT, body: bytes = b"{}") -> str:
        return headers_of(secret_of(secret), one, at, body)["webhook-signature"]

    others = [
        signature(secret=b"l" * 32),
        signature(one=UUID(int=2)),
        signature(at=AT.replace(second=1)),
        signature(body=b"[]"),
    ]
    assert len({signature(), *others}) == 5
