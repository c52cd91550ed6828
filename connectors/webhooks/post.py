"""One request to an endpoint: signed, in time, and only where it may go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from uuid import UUID

import msgspec

from connectors.fetch.fetch import Fetcher, FetchFailed, FetchRefused
from connectors.webhooks.signing import headers_of
from connectors.webhooks.verdict import Verdict, judge, refused, unreachable
from server.clock import new_id, now
from server.domain.webhook_resources import WebhookAnswer, WebhookBody
from server.store.vault import Vault

SECONDS = 10.0
MAX_CONNECTIONS = 200
# What a failure is called in the code of others, and what an admin makes of it.
_WORDS = {
    "gaierror": "its name is not known (DNS)",
    "ConnectError": "it cannot be reached",
    "ReadError": "it broke off",
    "RemoteProtocolError": "it does not speak HTTP, or broke off",
}
_LOST = "Its secret was sealed under a key that is lost: make a new one"


def webhook_fetcher(private: Sequence[IPv4Network | IPv6Network]) -> Fetcher:
    """Goes to public addresses, and at any port to those of the operator's own `private` networks."""

    def is_own(text: str) -> bool:
        address = ip_address(text.partition("%")[0])
        return any(address in network for network in private)

    return Fetcher(trusted=is_own if private else None, max_connections=MAX_CONNECTIONS)


class Poster:
    """Posts deliveries; of an answer no more than its status is looked at."""

    def __init__(self, fetcher: Fetcher, vault: Vault, seconds: float = SECONDS) -> None:
        self._fetcher = fetcher
        self._vault = vault
        self._seconds = seconds

    async def post(self, url: str, sealed: bytes, delivery_id: UUID, body: bytes) -> Verdict:
        """Post a body once; every failure is a verdict."""
        secret = self._vault.open(sealed)
        if secret is None:
            return refused(_LOST)
        headers = headers_of(secret.decode(), delivery_id, now(), body)
        try:
            answer = await self._fetcher.tell(url, body, seconds=self._seconds, headers=headers)
        except FetchRefused as wrong:
            return refused(str(wrong))
        except FetchFailed as wrong:
            return unreachable(_WORDS.get(str(wrong), str(wrong)))
        return judge(answer.status, answer.headers)

    async def ping(self, url: str, sealed: bytes) -> WebhookAnswer:
        """Post a signed ping, and say what came back: its status, and nothing of what it says."""
        body = msgspec.json.encode(WebhookBody(type="ping", timestamp=now(), data={}))
        began = time.perf_counter()
        verdict = await self.post(url, sealed, new_id(), body)
        took = int((time.perf_counter() - began) * 1000)
        ok = verdict.error is None
        return WebhookAnswer(ok=ok, status=verdict.status, error=verdict.error, took_ms=took)
