"""Rate limits of the API: who asks too much waits, and is refused only when that does not help.

Agents and tokens are slowed down first: a request that comes too soon sleeps until it would be
let through, when that is soon and few others sleep. Strangers are refused at once.
"""

import asyncio

from server.domain.errors import RateLimited
from server.rates import Rate
from server.settings import Settings

MAX_SLEEP_SECONDS = 2.0
MAX_SLEEPERS = 1000
SIGN_IN_DELAY_SECONDS = 1.5
TRIALS = "20/minute"  # of mail settings, by workspace: each opens connections to somewhere
SPRAY_FACTOR = 6  # accounts that one address may get wrong before all of its sign-ins wait


class Limits:
    """Every rate of the API."""

    def __init__(self, settings: Settings) -> None:
        self.widget_sessions = Rate(settings.rate_widget_sessions_ip)
        self.webhooks = Rate(settings.rate_webhook_inbox)
        self.trials = Rate(TRIALS)
        self._agents = Rate(settings.rate_agent)
        self._anonymous = Rate(settings.rate_anonymous_ip)
        self._by_ip_and_address = Rate(settings.rate_sign_in_ip)
        self._by_ip = Rate(settings.rate_sign_in_ip)
        self._by_ip.count *= SPRAY_FACTOR
        self._by_address = Rate(settings.rate_sign_in_address)
        self._sleepers = 0

    async def admit(self, actor_id: object) -> None:
        """Let a known actor through, slowed down when they ask too fast; RateLimited otherwise."""
        waited = 0.0
        while wait := self._agents.hit(actor_id):
            waited += wait
            if waited > MAX_SLEEP_SECONDS:
                raise RateLimited(retry_after_seconds=wait)
            await self._sleep(wait)

    def admit_stranger(self, ip: str) -> None:
        """Let a request without credentials through; RateLimited when its address asks too fast."""
        check(self._anonymous, ip)

    async def admit_sign_in(self, ip: str, address: str) -> None:
        """Let an attempt to sign in through, and count it as one that failed until `signed_in`.

        Too many failures of one IP with one account, or of one IP with any, are refused. Too many
        with one account from anywhere are only delayed: a stranger must not lock its owner out.
        """
        for rate, key in self._sign_in_rates(ip, address)[:2]:
            if wait := rate.wait(key):
                raise RateLimited("Too many failed attempts", retry_after_seconds=wait)
        delayed = self._by_address.wait(address) > 0
        for rate, key in self._sign_in_rates(ip, address):
            rate.count_one(key)
        if delayed:
            await self._sleep(SIGN_IN_DELAY_SECONDS)

    def signed_in(self, ip: str, address: str) -> None:
        """Forget the failures of somebody who proved to be the owner."""
        for rate, key in self._sign_in_rates(ip, address):
            rate.forgive(key)

    def _sign_in_rates(self, ip: str, address: str) -> list[tuple[Rate, object]]:
        return [
            (self._by_ip_and_address, (ip, address)),
            (self._by_ip, ip),
            (self._by_address, address),
        ]

    async def _sleep(self, seconds: float) -> None:
        if self._sleepers >= MAX_SLEEPERS:
            raise RateLimited(retry_after_seconds=seconds)
        self._sleepers += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._sleepers -= 1


def check(rate: Rate, key: object) -> None:
    """Count one more; RateLimited when it is one too many."""
    if wait := rate.hit(key):
        raise RateLimited(retry_after_seconds=wait)
