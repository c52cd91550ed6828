"""Mail itself: a ticket's log, the bytes as they came, what is parked or failed, and once more."""

from typing import Literal
from uuid import UUID

from server.domain import rights
from server.domain.errors import Conflict, NotFound
from server.domain.mail_resources import MailInfo
from server.domain.resources import Page
from server.domain.rights import Action, Scope
from server.http.call import Call
from server.http.headers import Surface, security_headers
from server.http.inputs import ById
from server.http.operation import Answer, operation
from server.http.page import PageQuery, page_of, slice_of, whole
from server.queries import mails
from server.queries.tickets import find_scope
from server.store import mails as raw_mails
from server.store import outgoing, parked
from server.store.pool import Connection


class MailsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which mails: those that could not be taken in, or those that could not be sent."""

    state: Literal["parked", "failed"] = "parked"


@operation("GET", "/tickets/{id}/mails", Action.READ_TICKET_INTERNALS, {200: Page[MailInfo]})
async def list_of_ticket(call: Call, db: Connection, path: ById) -> Page[MailInfo]:
    """List the mails of a ticket, received and sent, oldest first; the last two hundred."""
    await _check_ticket(call, db, path.id, Action.READ_TICKET_INTERNALS)
    return whole(await mails.list_of_ticket(db, call.workspace_id, path.id))


@operation("GET", "/mails", Action.MANAGE_DESK, {200: Page[MailInfo]})
async def list_mails(call: Call, db: Connection, query: MailsQuery) -> Page[MailInfo]:
    """List mails that could not be taken in, or could not be sent; the newest first."""
    if query.state == "parked":
        part = slice_of(query, mails.RECEIVED.sorts, "-at")
        rows = await mails.list_parked(db, call.workspace_id, part)
        return page_of(rows, part, mails.received, call.path, call.query_string)
    part = slice_of(query, mails.SENT.sorts, "-at")
    rows = await mails.list_failed(db, call.workspace_id, part)
    return page_of(rows, part, mails.sent, call.path, call.query_string)


@operation("GET", "/mails/{id}/raw", Action.READ_TICKET_INTERNALS, {200: bytes}, timeout_seconds=60)
async def read_raw(call: Call, db: Connection, path: ById) -> Answer:
    """Fetch a received mail as it came, to be kept as a file; a browser never shows it."""
    mail = await _fetch(call, db, path.id)
    if mail.direction != "in":
        raise NotFound
    await _check(call, db, mail, Action.READ_TICKET_INTERNALS)
    raw = await raw_mails.fetch_raw(db, call.workspace_id, mail.id)
    secured = security_headers(Surface.ATTACHMENT, secure=call.state.secure)
    headers = [
        ("content-type", "message/rfc822"),
        ("content-disposition", f'attachment; filename="mail-{mail.id}.eml"'),
        ("cache-control", "private, no-store"),
        *((name.decode(), value.decode("latin-1")) for name, value in secured),
    ]
    return Answer(200, raw, tuple(headers))


@operation("POST", "/mails/{id}/retry", Action.READ_TICKET_INTERNALS, {200: MailInfo}, refusals=("conflict",))
async def retry(call: Call, db: Connection, path: ById) -> MailInfo:
    """Take a parked mail in, or send one that failed, from the beginning.

    Parked mail is an admin's; a reply is sent again by whoever may answer its ticket.
    """
    mail = await _fetch(call, db, path.id)
    if mail.direction == "in":
        await _check(call, db, mail, Action.READ_TICKET_INTERNALS)
        rights.check(call.actor, Action.MANAGE_DESK, Scope(call.workspace_id))
        again = await parked.retry(db, call.workspace_id, mail.id)
    else:
        await _check(call, db, mail, Action.WRITE_MESSAGE)
        again = await outgoing.retry(db, call.workspace_id, mail.id)
    if not again:
        raise Conflict("It is neither parked nor failed")
    return await _fetch(call, db, mail.id)


async def _fetch(call: Call, db: Connection, mail_id: UUID) -> MailInfo:
    found = await mails.find_mail(db, call.workspace_id, mail_id)
    if found is None:
        raise NotFound
    return found


async def _check(call: Call, db: Connection, mail: MailInfo, action: Action) -> None:
    """A mail is its ticket's; one that has none yet is the desk's, and admins look after that."""
    if mail.ticket_id is not None:
        await _check_ticket(call, db, mail.ticket_id, action)
    elif not rights.sees_inbox(call.agent, mail.inbox_id):
        raise NotFound
    else:
        rights.check(call.actor, Action.MANAGE_DESK, Scope(call.workspace_id))


async def _check_ticket(call: Call, db: Connection, ticket_id: UUID, action: Action) -> None:
    scope = await find_scope(db, call.workspace_id, ticket_id)
    if scope is None:
        raise NotFound
    rights.check(call.actor, action, scope)


OPERATIONS = (list_of_ticket, list_mails, read_raw, retry)
