"""Reading a request's body within its bounds: bytes, time, and kind."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.types import Message, Receive

from server.domain.errors import TooLarge
from server.http.call import Call
from server.http.problem import Malformed, UnsupportedMediaType

CHUNK_SECONDS = 20.0


async def read_body(call: Call, max_bytes: int) -> bytes:
    """The whole body; TooLarge beyond the bound, Malformed when the client left or stood still."""
    check_length(call, max_bytes)
    message = await receive_within(call.receive)
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= max_bytes:
        return body
    chunks, size = [body], len(body)
    while message.get("more_body", False):
        if size > max_bytes:
            raise TooLarge(f"A request may have {max_bytes} bytes here")
        message = await receive_within(call.receive)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > max_bytes:
        raise TooLarge(f"A request may have {max_bytes} bytes here")
    return b"".join(chunks)


async def stream_body(call: Call, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, within the same bounds."""
    check_length(call, max_bytes)
    size, more = 0, True
    while more:
        message = await receive_within(call.receive)
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"A request may have {max_bytes} bytes here")
        yield chunk
        more = message.get("more_body", False)


def check_length(call: Call, max_bytes: int) -> None:
    """Refuse a body that says itself that it is too large."""
    length = call.headers.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 15:
        raise Malformed("Content-Length is not a number")
    if int(length) > max_bytes:
        raise TooLarge(f"A request may have {max_bytes} bytes here")


async def receive_within(receive: Receive) -> Message:
    """The next piece of a body, within a time."""
    try:
        async with asyncio.timeout(CHUNK_SECONDS):
            message = await receive()
    except TimeoutError as slow:
        raise Malformed("The body did not come in time") from slow
    if message["type"] == "http.disconnect":
        raise Malformed("The client left")
    return message


def media_type(call: Call) -> str:
    """What the body says it is, without parameters."""
    header = call.headers.get(b"content-type", b"").decode("latin-1")
    return header.partition(";")[0].strip().lower()


def check_media_type(call: Call, allowed: tuple[str, ...]) -> None:
    """Raise UnsupportedMediaType for a body of another kind."""
    if media_type(call) not in allowed:
        raise UnsupportedMediaType(f"Send {' or '.join(allowed)}")
