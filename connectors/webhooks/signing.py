"""The head of a delivery, signed as Standard Webhooks has it (standardwebhooks.com). Pure.

The receiver computes the same HMAC over `webhook-id`, `webhook-timestamp` and the body as they came, compares
in constant time, refuses old timestamps, and knows a repeat by its id.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from datetime import datetime
from uuid import UUID

SECRET_BYTES = 32
PREFIX = "whsec_"


def secret_of(random: bytes) -> str:
    """A secret as people see it."""
    return PREFIX + b64encode(random).decode()


def headers_of(secret: str, delivery_id: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """What a delivery says of itself, sent at `at`."""
    stamp = str(int(at.timestamp()))
    key = b64decode(secret.removeprefix(PREFIX))
    signed = b".".join([str(delivery_id).encode(), stamp.encode(), body])
    signature = b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "content-type": "application/json",
        "webhook-id": str(delivery_id),
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
    }
