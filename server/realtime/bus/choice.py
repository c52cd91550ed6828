"""Which bus a process has, by its settings."""

from __future__ import annotations

import hashlib

from server.realtime.bus import Bus
from server.realtime.bus.local import LocalBus
from server.realtime.bus.redis_bus import RedisBus
from server.settings import Settings


def choose_bus(settings: Settings, secret_key: bytes) -> Bus:
    """Redis where an address is set; desks that share a server are kept apart by their keys."""
    if settings.redis_url is None:
        return LocalBus()
    name = hashlib.blake2b(secret_key, digest_size=6, person=b"parley bus").hexdigest()
    return RedisBus(settings.redis_url.get_secret_value(), name)
