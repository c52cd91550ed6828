"""Signing in and out of the console."""

import secrets
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from server.clock import new_id
from server.domain.errors import Invalid, NotFound, TooLarge, Unauthorized
from server.domain.resources import Session
from server.domain.rights import Action
from server.http.authentication import check_origin, session_cookie, set_cookie
from server.http.call import Call
from server.http.inputs import Password
from server.http.operation import Answer, Audience, operation
from server.http.passwords import MAX_BYTES
from server.queries.credentials import digest_of
from server.store import agents, credentials, workspaces
from server.store.credentials import SignIn
from server.store.pool import Connection

# What a browser may send for a password: more than one may have, so that the refusal is ours.
AnyText = Annotated[str, Meta(max_length=100_000)]


class Attempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to sign in."""

    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\u0000]*$")]
    password: AnyText


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One's own new password, and the old one as proof."""

    current_password: AnyText
    new_password: Password


@operation(
    "POST",
    "/session",
    None,
    {201: Session},
    audience=Audience.ANYONE,
    refusals=("unauthorized", "not_permitted"),
)
async def sign_in(call: Call, body: Attempt) -> Answer:
    """Sign in to the console.

    Sets the session's cookie; unsafe requests then carry `csrf_token` as `X-CSRF-Token`. After
    too many failures, further attempts from the same address wait.
    """
    check_origin(call)
    if len(body.password.encode()) > MAX_BYTES:
        raise TooLarge(f"A password may have {MAX_BYTES} bytes")
    address = body.email.strip().lower()
    await call.state.limits.admit_sign_in(call.ip, address)
    found = await _verify(call, address, body.password)
    if found is None:
        raise Unauthorized("The address or the password is wrong")
    call.state.limits.signed_in(call.ip, address)
    return await _open(call, found)


async def _verify(call: Call, address: str, password: str) -> SignIn | None:
    """The agent who proves to be one. Somebody in several workspaces gets the oldest that fits."""
    candidates = await credentials.find_sign_ins(call.state.store, address)
    if not candidates:
        await call.state.passwords.verify(None, password)
    for candidate in candidates:
        if await call.state.passwords.verify(candidate.password_hash, password):
            return candidate
    return None


async def _open(call: Call, found: SignIn) -> Answer:
    """A new session under a new secret; the one that the browser had before ends."""
    secret, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    lasts = timedelta(days=call.state.settings.session_days)
    before = session_cookie(call)
    old = None if before is None else await call.state.credentials.find_session(before)
    async with call.state.store.write(found.workspace_id) as db:
        if old is not None and old.actor.workspace_id == found.workspace_id:
            await credentials.end_session(db, found.workspace_id, old.id)
        await credentials.open_session(
            db,
            found.workspace_id,
            new_id(),
            found.agent_id,
            digest_of(secret),
            csrf_token,
            lasts,
        )
        agent = await agents.find_agent(db, found.workspace_id, found.agent_id)
        if agent is None:
            raise Unauthorized
        workspace = await workspaces.fetch_workspace(db, found.workspace_id)
    call.state.credentials.forget()
    shown = Session(agent=agent, csrf_token=csrf_token, workspace=workspace)
    return Answer(201, shown, (set_cookie(call, secret, int(lasts.total_seconds())),))


@operation("GET", "/session", Action.OWN_ACCOUNT, {200: Session})
async def read(call: Call, db: Connection) -> Session:
    """Who is signed in.

    With an API token `csrf_token` is empty: a token needs none.
    """
    agent = await agents.find_agent(db, call.workspace_id, call.agent.id)
    if agent is None or call.credential is None:
        raise NotFound
    workspace = await workspaces.fetch_workspace(db, call.workspace_id)
    csrf_token = call.credential.csrf_token or ""
    return Session(agent=agent, csrf_token=csrf_token, workspace=workspace)


@operation("DELETE", "/session", Action.OWN_ACCOUNT, {204: None})
async def sign_out(call: Call, db: Connection) -> Answer:
    """Sign out.

    The session ends for every tab that uses it; an API token stays, since it has no session.
    """
    if call.credential is not None and call.credential.kind == "session":
        await credentials.end_session(db, call.workspace_id, call.credential.id)
    call.state.credentials.forget()
    return Answer(204, None, (set_cookie(call, "", 0),))


@operation("PUT", "/session/password", Action.OWN_ACCOUNT, {204: None})
async def change_password(call: Call, body: PasswordChange) -> None:
    """Change one's own password.

    All other sessions end.
    """
    agent, credential, store = call.agent, call.credential, call.state.store
    check_password(body.new_password)
    async with store.read(agent.workspace_id) as db:
        stored = await credentials.find_password(db, agent.workspace_id, agent.id)
    address = f"password of {agent.id}"
    await call.state.limits.admit_sign_in(call.ip, address)
    if len(body.current_password.encode()) > MAX_BYTES or not await call.state.passwords.verify(
        stored, body.current_password
    ):
        raise Invalid("This is not the current password", pointer="/current_password")
    call.state.limits.signed_in(call.ip, address)
    hashed = await call.state.passwords.hash(body.new_password)
    spare = credential.id if credential is not None and credential.kind == "session" else None
    async with store.write(agent.workspace_id) as db:
        await credentials.set_password(db, agent.workspace_id, agent.id, hashed)
        await credentials.end_sessions_of(db, agent.workspace_id, agent.id, spare=spare)
    call.state.credentials.forget()


def check_password(password: str) -> None:
    """Raise Invalid for a password of more bytes than Argon2 is to be given."""
    if len(password.encode()) > MAX_BYTES:
        raise Invalid(f"A password may have {MAX_BYTES} bytes", pointer="/password")


OPERATIONS = (sign_in, read, sign_out, change_password)
