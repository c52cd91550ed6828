"""A provider's consent to fetch a mailbox: an admin signs in there and comes back with a code.

RFC 6749 §4.1. The state that goes with them is sealed: it holds the verifier of the code (PKCE, RFC 7636) and
is good for the session that asked, for ten minutes. Nobody else's code can be brought into an inbox, and no
code is of use without the state.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Meta

from server import clock
from server.domain.errors import Invalid, NotFound
from server.domain.mail_resources import Consent, ConsentPage
from server.domain.resources import ImapSettings, Inbox
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById
from server.http.limits import check
from server.http.operation import operation
from server.store import inboxes
from server.store.pool import Connection
from server.store.vault import Vault

LASTS_SECONDS = 600.0
TRADE_SECONDS = 30.0
_PAGE = "/settings/consent"  # of the console, which hands the code to `give`
_PURPOSE = b"consent:"
_Shown = Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"^[!-~]*$")]


class Asked(msgspec.Struct, frozen=True):
    """What is remembered of a consent that was asked for: for which inbox, by which session, until when."""

    inbox_id: UUID
    credential_id: UUID
    verifier: str
    until: float


class GivenConsent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider sent somebody back with."""

    code: _Shown
    state: _Shown


@operation("POST", "/inboxes/{id}/consents", Action.MANAGE_DESK, {200: ConsentPage})
async def ask(call: Call, db: Connection, path: ById) -> ConsentPage:
    """Say where an admin gives consent to fetch an inbox's mailbox.

    Good for ten minutes and for who asked. The provider sends them back to `returns_to`, with a code.
    """
    inbox = await inboxes.find_inbox(db, call.workspace_id, path.id)
    if inbox is None:
        raise NotFound
    imap = _fetched(inbox)
    assert imap.oauth is not None
    verifier = secrets.token_urlsafe(48)
    asked = Asked(path.id, _credential_id(call), verifier, clock.now().timestamp() + LASTS_SECONDS)
    returns_to = f"{call.state.settings.url}{_PAGE}"
    query = {
        "response_type": "code",
        "client_id": imap.oauth.client_id,
        "redirect_uri": returns_to,
        "scope": imap.oauth.scope,
        "state": seal(call.state.vault, asked),
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "login_hint": imap.username,
        "access_type": "offline",  # without both, Google gives a refresh token the first time only, or never
        "prompt": "consent",
    }
    return ConsentPage(url=f"{imap.oauth.authorize_url}?{urlencode(query)}", returns_to=returns_to)


@operation("POST", "/consents", Action.MANAGE_DESK, {200: Consent}, timeout_seconds=TRADE_SECONDS + 10)
async def give(call: Call, body: GivenConsent) -> Consent:
    """Bring a provider's code: it is traded for a refresh token, which is kept sealed."""
    check(call.state.limits.trials, call.workspace_id)
    asked = opened(call.state.vault, body.state)
    if asked is None or asked.credential_id != _credential_id(call):
        raise Invalid("This consent was not asked for here", pointer="/state")
    if asked.until < clock.now().timestamp():
        raise Invalid("This consent was asked for too long ago", pointer="/state")
    state, workspace_id = call.state, call.workspace_id
    async with state.store.write(workspace_id) as db:
        kept = state.vault.open_secrets(await inboxes.lock_secrets(db, workspace_id, asked.inbox_id))
        oauth = _fetched(await _fetch(db, workspace_id, asked.inbox_id)).oauth
    assert oauth is not None
    token = await state.trade_code(
        oauth,
        kept.imap_client_secret or "",
        body.code,
        asked.verifier,
        f"{state.settings.url}{_PAGE}",
    )
    async with state.store.write(workspace_id) as db:
        kept = state.vault.open_secrets(await inboxes.lock_secrets(db, workspace_id, asked.inbox_id))
        inbox = await _fetch(db, workspace_id, asked.inbox_id)
        if _fetched(inbox).oauth != oauth:
            raise Invalid("The inbox was changed meanwhile", pointer="/state")
        sealed = state.vault.seal_secrets(msgspec.structs.replace(kept, imap_refresh_token=token))
        await inboxes.change_inbox(  # and fetching begins anew
            db, workspace_id, inbox.id, inbox.name, inbox.address, inbox.settings, sealed
        )
    return Consent(inbox_id=asked.inbox_id)


def challenge_of(verifier: str) -> str:
    """RFC 7636 §4.2, S256. Pure."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def seal(vault: Vault, asked: Asked) -> str:
    """As the text that goes with the browser and comes back."""
    return vault.seal(_PURPOSE + msgspec.json.encode(asked)).decode()


def opened(vault: Vault, state: str) -> Asked | None:
    """What was sealed; None for anything else, also for what is sealed for another purpose."""
    plain = vault.open(state.encode()) or b""
    if not hmac.compare_digest(plain[: len(_PURPOSE)], _PURPOSE):
        return None
    return msgspec.json.decode(plain[len(_PURPOSE) :], type=Asked)


def _fetched(inbox: Inbox) -> ImapSettings:
    imap = inbox.settings.imap
    if imap is None or imap.auth != "xoauth2" or imap.oauth is None or not imap.oauth.authorize_url:
        raise Invalid("The inbox fetches no mailbox that a provider gives consent for", pointer="/id")
    return imap


def _credential_id(call: Call) -> UUID:
    if call.credential is None:
        raise NotFound
    return call.credential.id


async def _fetch(db: Connection, workspace_id: UUID, inbox_id: UUID) -> Inbox:
    found = await inboxes.find_inbox(db, workspace_id, inbox_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (ask, give)
