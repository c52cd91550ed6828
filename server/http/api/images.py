"""Remote images of mails, fetched by the desk in the reader's place: nothing is, before an agent asks."""

import re
from html import unescape
from typing import Annotated

import msgspec
from msgspec import Meta

from server import clock
from server.domain import rights
from server.domain.errors import NotFound
from server.domain.mail_resources import RemoteImages
from server.domain.rights import Action
from server.http.call import Call
from server.http.headers import Surface, security_headers
from server.http.inputs import Id
from server.http.operation import Answer, Audience, operation
from server.queries.tickets import find_scope
from server.store.interactions import find_html
from server.store.pool import Connection

MAX_IMAGES = 200  # of one mail
MAX_URL_CHARS = 2048
# The sanitiser writes attributes in one form only, so these match nothing but an image's own.
_IMAGE = re.compile(r'<img(?: [a-z-]+="[^"]*")*>')
_REMOTE = re.compile(r' data-remote-src="([^"]*)"')


class OfInteraction(msgspec.Struct, frozen=True):
    """The path of something said in a ticket."""

    id: Id
    interaction_id: Id


class ImageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link's own proof."""

    url: Annotated[str, Meta(max_length=MAX_URL_CHARS)]
    interaction: Id
    expires: Annotated[int, Meta(ge=0, le=2**40)]
    sig: Annotated[str, Meta(max_length=100, pattern=r"^[\u0021-\u007e]*$")]


@operation(
    "GET",
    "/tickets/{id}/interactions/{interaction_id}/images",
    Action.READ_TICKET_INTERNALS,
    {200: RemoteImages},
)
async def list_images(call: Call, db: Connection, path: OfInteraction) -> RemoteImages:
    """Name the remote images of an interaction: each address in `content_html`, and where to see it.

    Such images stand there as `data-remote-src`; the links hold for an hour. Two hundred at most.
    """
    scope = await find_scope(db, call.workspace_id, path.id)
    if scope is None:
        raise NotFound
    rights.check(call.actor, Action.READ_TICKET_INTERNALS, scope)
    html = await find_html(db, call.workspace_id, path.id, path.interaction_id)
    if html is None:
        raise NotFound
    now, links = clock.now().timestamp(), call.state.image_links
    return RemoteImages(images={url: links.url(path.interaction_id, url, now) for url in remote_images(html)})


def remote_images(html: str) -> list[str]:
    """The addresses of remote images in sanitised HTML, each once, in their order. Pure."""
    found: dict[str, None] = {}
    for image in _IMAGE.finditer(html):
        match = _REMOTE.search(image[0])
        url = "" if match is None else unescape(match[1])
        if 0 < len(url) <= MAX_URL_CHARS and len(found) < MAX_IMAGES:
            found[url] = None
    return list(found)


@operation("GET", "/images", None, {200: bytes}, audience=Audience.ANYONE, refusals=("not_found",))
async def read(call: Call, query: ImageQuery) -> Answer:
    """Show a remote image by its link, fetched without telling its server anything about the reader.

    The link is its own proof. Whatever cannot be shown is not found, for whichever reason.
    """
    now = clock.now().timestamp()
    if not call.state.image_links.holds(query.interaction, query.url, query.expires, query.sig, now):
        raise NotFound
    image = await call.state.fetch_image(query.url)
    secured = security_headers(Surface.ATTACHMENT, secure=call.state.secure)
    headers = [
        ("content-type", image.type),
        ("content-disposition", "inline"),
        ("cache-control", "private, max-age=600"),
        *((name.decode(), value.decode("latin-1")) for name, value in secured),
    ]
    return Answer(200, image.data, tuple(headers))


OPERATIONS = (list_images, read)
