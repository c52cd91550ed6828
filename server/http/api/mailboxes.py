"""The mailboxes that are fetched, and a trial of an inbox's settings against its servers.

Private addresses are allowed here, since one's own mail servers have them; only admins may ask.
"""

import asyncio
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from server.domain.errors import Invalid, NotFound
from server.domain.mail_resources import DeskRelay, Mailbox, Trial, TrialStep
from server.domain.resources import Page
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById
from server.http.limits import check
from server.http.operation import operation
from server.http.page import whole
from server.queries import mails
from server.store import inboxes
from server.store.pool import Connection
from server.store.vault import Secrets

TRIAL_SECONDS = 40.0


class WhatToTry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of an inbox's servers: the mailbox that is fetched, or the relay that mail leaves by."""

    what: Literal["imap", "smtp"]


@operation("GET", "/mailboxes", Action.MANAGE_DESK, {200: Page[Mailbox]})
async def list_mailboxes(call: Call, db: Connection) -> Page[Mailbox]:
    """List the mailboxes that are fetched, folder by folder, and how they are."""
    return whole(await mails.list_mailboxes(db, call.workspace_id))


@operation("GET", "/mail-relay", Action.MANAGE_DESK, {200: DeskRelay})
async def read_relay(call: Call) -> DeskRelay:
    """Say by which relay the mail of inboxes leaves that have none of their own."""
    url = call.state.settings.smtp_relay_url
    return DeskRelay(host=None if url is None else urlsplit(url.get_secret_value()).hostname)


@operation("POST", "/inboxes/{id}/test", Action.MANAGE_DESK, {200: Trial}, timeout_seconds=TRIAL_SECONDS + 10)
async def try_settings(call: Call, path: ById, body: WhatToTry) -> Trial:
    """Try an inbox's settings against its server: connect, sign in, look.

    The steps end with the first that fails; nothing is fetched and nothing is sent.
    """
    check(call.state.limits.trials, call.workspace_id)
    async with call.state.store.write(call.workspace_id) as db:
        sealed = await inboxes.lock_secrets(db, call.workspace_id, path.id)
        inbox = await inboxes.find_inbox(db, call.workspace_id, path.id)
    if inbox is None:
        raise NotFound
    if getattr(inbox.settings, body.what) is None:
        raise Invalid("The inbox has no such server", pointer="/what")
    secrets = call.state.vault.open_secrets(sealed)
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            steps = await call.state.trials[body.what](call.workspace_id, inbox, secrets)
    except TimeoutError:
        steps = [TrialStep(name="answer", ok=False, detail=f"Not within {TRIAL_SECONDS:.0f} seconds.")]
    steps = [_without(secrets, step) for step in steps]
    return Trial(ok=bool(steps) and all(step.ok for step in steps), steps=steps)


def _without(secrets: Secrets, step: TrialStep) -> TrialStep:
    """A step without anything secret: servers repeat what they were told. Pure."""
    detail = step.detail
    kept: Mapping[str, object] = msgspec.to_builtins(secrets)
    for secret in kept.values():
        if isinstance(secret, str) and secret:
            detail = detail.replace(secret, "…")
    return msgspec.structs.replace(step, detail=detail)


OPERATIONS = (list_mailboxes, read_relay, try_settings)
