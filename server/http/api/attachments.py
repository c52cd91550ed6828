"""Attachments: files up, and down again by signed, short-lived links."""

import re
from datetime import datetime
from functools import partial
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from anyio import to_thread
from msgspec import Meta

from server import clock
from server.domain import rights
from server.domain.errors import NotFound
from server.domain.resources import Attachment
from server.domain.rights import Action, Scope
from server.http.call import Call
from server.http.headers import Surface, security_headers
from server.http.idempotency import once
from server.http.inputs import ById
from server.http.operation import Answer, Audience, FileSlice, operation
from server.http.preconditions import is_known
from server.http.problem import RangeNotSatisfiable
from server.http.uploads import SAFE_IMAGES, Upload, read_upload, type_of
from server.store import attachments
from server.store.attachments import File, Quota, Uploaded
from server.store.blobs import Blob
from server.store.pool import Connection

MIB = 1024 * 1024
AGENT_QUOTA = Quota(files=200, bytes=1024 * MIB)
VISITOR_QUOTA = Quota(files=20, bytes=60 * MIB)
VISITORS_QUOTA = Quota(files=5_000, bytes=2048 * MIB)
_RANGE = re.compile(r"^bytes=(\d{0,15})-(\d{0,15})$")


class ContentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link's own proof."""

    expires: Annotated[int, Meta(ge=0, le=2**40)]
    sig: Annotated[str, Meta(max_length=100, pattern=r"^[\u0021-\u007e]*$")]


@operation(
    "POST",
    "/attachments",
    Action.UPLOAD,
    {201: Attachment},
    timeout_seconds=600,
    takes_upload=True,
)
async def upload(call: Call) -> Answer:
    """Upload a file, to be sent with an interaction.

    The form has one part, `file`. What is not sent within a day is removed.
    """
    return await keep_upload(call, call.agent.id, "agent", AGENT_QUOTA, None)


async def keep_upload(call: Call, by: UUID, by_type: str, own: Quota, visitors: Quota | None) -> Answer:
    """Read the form, keep its bytes, then its row; the answer follows both.

    With an `Idempotency-Key`, a repeat of the same file under the same name is the first one.
    """
    store, workspace_id = call.state.store, call.workspace_id
    async with store.write(workspace_id) as db:  # before a byte is read
        await attachments.check_quota(db, workspace_id, by, 0, own, visitors)
    max_bytes = call.state.settings.max_attachment_bytes
    async with read_upload(call, max_bytes) as sent:
        blob, kind = await _keep_bytes(call, sent, max_bytes)
    file = Uploaded(clock.new_id(), sent.filename, kind, blob.size_bytes, blob.key, by_type, by)
    async with store.write(workspace_id) as db, once(call, db, blob.key, file.filename) as first:
        if first.answer is None:
            await attachments.check_quota(db, workspace_id, by, blob.size_bytes, own, visitors)
            made_at = await attachments.add_attachment(db, workspace_id, file)
            first.answer = Answer(201, _shape(call, file, made_at))
    return first.answer


def _shape(call: Call, file: Uploaded, made_at: datetime) -> Attachment:
    return Attachment(
        id=file.id,
        interaction_id=None,
        filename=file.filename,
        url=call.state.links.url(file.id, clock.now().timestamp()),
        mime_type=file.mime_type,
        size_bytes=file.size_bytes,
        uploaded_by=file.by,
        created_at=made_at,
    )


async def _keep_bytes(call: Call, sent: Upload, max_bytes: int) -> tuple[Blob, str]:
    head = await to_thread.run_sync(sent.file.read, 64)
    kind = type_of(head, sent)
    await to_thread.run_sync(sent.file.seek, 0)
    write = partial(call.state.blobs.write, call.workspace_id, sent.file, max_bytes)
    return await to_thread.run_sync(write), kind


@operation("GET", "/attachments/{id}", Action.READ_TICKET_INTERNALS, {200: Attachment}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> Attachment:
    """Read about a file, with a fresh link to its content."""
    file = await attachments.find_attachment(db, call.workspace_id, path.id)
    if file is None:
        raise NotFound
    _check(call, file)
    return Attachment(
        id=file.id,
        interaction_id=file.interaction_id,
        filename=file.filename,
        url=call.state.links.url(file.id, clock.now().timestamp()),
        mime_type=file.mime_type,
        size_bytes=file.size_bytes,
        uploaded_by=file.uploaded_by,
        created_at=file.created_at,
    )


def _check(call: Call, file: File) -> None:
    """Whoever may read the ticket may read its files; an upload is its uploader's alone."""
    if file.interaction_id is None:
        if file.uploaded_by != call.agent.id:
            raise NotFound
        return
    scope = Scope(call.workspace_id, file.inbox_id, file.customer_id, file.visitor_id, file.channel_source)
    rights.check(call.agent, Action.READ_TICKET_INTERNALS, scope)


@operation(
    "GET",
    "/attachments/{id}/content",
    None,
    {200: bytes, 206: bytes, 304: None},
    audience=Audience.ANYONE,
    refusals=("range_not_satisfiable",),
)
async def read_content(call: Call, path: ById, query: ContentQuery) -> Answer:
    """Fetch a file's content by the link in its `url`.

    The link is its own proof and needs no credentials. One range is honoured.
    """
    now = clock.now().timestamp()
    if not call.state.links.holds(path.id, query.expires, query.sig, now):
        raise NotFound
    workspace_id = await attachments.find_workspace_of(call.state.store, path.id)
    if workspace_id is None:
        raise NotFound
    async with call.state.store.read(workspace_id) as db:
        file = await attachments.find_attachment(db, workspace_id, path.id)
    if file is None:
        raise NotFound
    return _content(call, workspace_id, file)


def _content(call: Call, workspace_id: UUID, file: File) -> Answer:
    etag = f'"{file.content_key}"'
    headers = [
        ("content-type", file.mime_type),
        ("content-disposition", disposition(file.filename, file.mime_type)),
        ("cache-control", "private, max-age=1800, immutable"),
        ("accept-ranges", "bytes"),
        ("etag", etag),
    ]
    secured = security_headers(Surface.ATTACHMENT, secure=call.state.secure)
    headers += [(name.decode(), value.decode("latin-1")) for name, value in secured]
    if is_known(call.header(b"if-none-match"), etag):
        return Answer(304, None, tuple(headers))
    start, length = wanted_range(call.header(b"range"), file.size_bytes)
    status = 200
    if call.header(b"range") is not None and (start, length) != (0, file.size_bytes):
        status = 206
        headers.append(("content-range", f"bytes {start}-{start + length - 1}/{file.size_bytes}"))
    chunks = partial(call.state.blobs.read, workspace_id, file.content_key, start, length)
    return Answer(status, FileSlice(chunks, length), tuple(headers))


def wanted_range(header: str | None, size_bytes: int) -> tuple[int, int]:
    """Start and length of what is asked for; several ranges at once are answered with all of it.

    Raises RangeNotSatisfiable for a range beyond the end (RFC 9110 §14.1.2).
    """
    found = _RANGE.match(header) if header is not None and len(header) < 64 else None
    if found is None or not (found[1] or found[2]):
        return 0, size_bytes
    if not found[1]:
        length = min(int(found[2]), size_bytes)
        if not length:
            raise RangeNotSatisfiable(size_bytes)
        return size_bytes - length, length
    start = int(found[1])
    end = min(int(found[2]), size_bytes - 1) if found[2] else size_bytes - 1
    if start >= size_bytes or end < start:
        raise RangeNotSatisfiable(size_bytes)
    return start, end - start + 1


def disposition(filename: str, mime_type: str) -> str:
    """How a browser is to treat a file: only images that cannot run are shown (RFC 6266)."""
    kind = "inline" if mime_type in SAFE_IMAGES else "attachment"
    plain = re.sub(r'[^ -~]|["\\%]', "_", filename)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


OPERATIONS = (upload, read, read_content)
