"""What an answer's time must not give away: which accounts exist, and how a signature is wrong."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2
import jwt

from load.child import EMAIL

REPEATS = 25
Asked = Callable[[], httpx2.Response]
Seconds = dict[str, list[float]]  # of each question, one for each turn


def sign_in(http: httpx2.Client) -> Seconds:
    """The seconds of refused sign-ins, for an account that exists and for one that does not."""

    def ask(email: str) -> Asked:
        return lambda: http.post("/api/v1/session", json={"email": email, "password": "not the password"})

    return _asked({"known address": ask(EMAIL), "unknown address": ask("nobody@localhost")})


def identity(http: httpx2.Client, admin: str, inbox: str) -> Seconds:
    """The seconds of refusing a visitor's identity, for each way in which it can be wrong."""
    rotated = http.post(f"/api/v1/inboxes/{inbox}/token", headers={"Authorization": f"Bearer {admin}"})
    rotated.raise_for_status()
    secret = rotated.json()["token"]
    until = datetime.now(UTC) + timedelta(hours=1)

    def sign(key: str, **claims: object) -> str:
        return jwt.encode({"sub": "ann", "exp": until, **claims}, key, algorithm="HS256")

    right = sign(secret)
    head, body, signature = right.split(".")
    later = sign(secret, exp=until + timedelta(days=1)).split(".")[1]
    wrong = {
        "no signature": f"{head}.{body}.",
        "signature of another user": f"{head}.{body}.{sign(secret, sub='ben').split('.')[2]}",
        "signature of another inbox": sign("x" * 43),
        "truncated signature": f"{head}.{body}.{signature[:20]}",
        "right signature, later expiry": f"{head}.{later}.{signature}",
    }

    def ask(token: str) -> Asked:
        return lambda: http.post("/api/v1/widget/sessions", json={"inbox_id": inbox, "identity": token})

    return _asked({name: ask(token) for name, token in wrong.items()})


def apart(seconds: Seconds) -> float:
    """How far the answers to any two questions are apart: the largest median of differences within a turn."""
    return max(
        abs(statistics.median(a - b for a, b in zip(one, other, strict=True)))
        for one in seconds.values()
        for other in seconds.values()
    )


def _asked(asks: dict[str, Asked]) -> Seconds:
    """Asked in turn, there and back, so that whatever else the machine does falls on all of them."""
    seconds: Seconds = {name: [] for name in asks}
    for turn in range(REPEATS):
        for name, ask in sorted(asks.items(), reverse=turn % 2 == 1):
            began = time.perf_counter()
            response = ask()
            seconds[name].append(time.perf_counter() - began)
            if response.status_code != 401:
                raise RuntimeError(f"{name}: {response.status_code} {response.text}")
    return seconds
