"""Access tokens for mailboxes that take no password (Google, Microsoft): RFC 6749 §6, then XOAUTH2.

An admin brings the refresh token, or gives consent at the provider, whose code is traded for one (RFC 6749
§4.1.3, RFC 7636). We trade it for access tokens, each for as long as its server says. It may give a new
refresh token with one (Microsoft does): then that is kept, sealed, in place of the old.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import msgspec

from connectors.fetch.fetch import Fetcher, FetchFailed, FetchRefused
from connectors.imap.mailbox import MailboxError
from server.domain.resources import OAuthSettings

_SECONDS = 20.0
_MAX_BYTES = 65_536
_EARLY_SECONDS = 60.0


class TokenRefused(MailboxError):
    """The server answers and gives none: the consent has ended, or the settings are wrong."""


class _Answer(msgspec.Struct):
    access_token: str = ""
    expires_in: float = 3600
    refresh_token: str | None = None
    error: str = ""


class Tokens:
    """Those of one mailbox. `renewed` keeps a new refresh token."""

    def __init__(
        self,
        fetcher: Fetcher,
        settings: OAuthSettings,
        client_secret: str,
        refresh_token: str,
        renewed: Callable[[str], Awaitable[None]],
    ) -> None:
        self._fetcher = fetcher
        self._settings = settings
        self._client_secret = client_secret
        self._refresh_token = refresh_token
        self._renewed = renewed
        self._token = ""
        self._ends_at = 0.0

    async def fetch(self) -> str:
        """A token that is good for another minute; MailboxError says why there is none."""
        if time.monotonic() >= self._ends_at:
            answer = await self._ask()
            self._token = answer.access_token
            self._ends_at = time.monotonic() + max(answer.expires_in - _EARLY_SECONDS, 0.0)
            if answer.refresh_token and answer.refresh_token != self._refresh_token:
                self._refresh_token = answer.refresh_token
                await self._renewed(answer.refresh_token)
        return self._token

    def forget(self) -> None:
        """The token was refused: get another next time."""
        self._ends_at = 0.0

    async def _ask(self) -> _Answer:
        return await _trade(
            self._fetcher,
            self._settings,
            self._client_secret,
            grant_type="refresh_token",
            refresh_token=self._refresh_token,
            scope=self._settings.scope,
        )


async def trade_code(
    fetcher: Fetcher, settings: OAuthSettings, client_secret: str, code: str, verifier: str, redirect: str
) -> str:
    """The refresh token for a code that somebody's consent gave; MailboxError says why there is none."""
    answer = await _trade(
        fetcher,
        settings,
        client_secret,
        grant_type="authorization_code",
        code=code,
        code_verifier=verifier,
        redirect_uri=redirect,
    )
    if not answer.refresh_token:
        raise MailboxError("the token server gives no refresh token: its scope may lack offline access")
    return answer.refresh_token


async def _trade(fetcher: Fetcher, settings: OAuthSettings, client_secret: str, **grant: str) -> _Answer:
    form = {"client_id": settings.client_id, "client_secret": client_secret, **grant}
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        got = await fetcher.post(
            settings.token_url, body, max_bytes=_MAX_BYTES, seconds=_SECONDS, headers=headers
        )
        answer = msgspec.json.decode(got.body, type=_Answer)
    except (FetchFailed, FetchRefused, msgspec.MsgspecError) as error:
        raise MailboxError(f"the token server gives no token: {error}") from error
    if got.status != 200 or not answer.access_token:
        kind = MailboxError if got.status >= 500 or got.status == 429 else TokenRefused
        raise kind(f"the token server gives no token: {got.status} {answer.error[:100]}".rstrip())
    return answer
