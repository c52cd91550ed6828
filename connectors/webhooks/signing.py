"""The head of a delivery, signed as Standard Webhooks has it (standardwebhooks.com). Pure.

The receiver computes the same HMAC over `webhook-id`, `webhook-timestamp` and the body as they came, compares
in constant time, refuses old timestamps, and knows a repeat by its id.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import datetime
from uuid import UUID

from server.domain.webhook_secret import key_of


def headers_of(secret: str, delivery_id: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """What a delivery says of itself, sent at `at`."""
    stamp = str(int(at.timestamp()))
    signed = b".".join([str(delivery_id).encode(), stamp.encode(), body])
    signature = b64encode(hmac.digest(key_of(secret), signed, "sha256")).decode()
    return {
        "content-type": "application/json",
        "webhook-id": str(delivery_id),
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
    }
