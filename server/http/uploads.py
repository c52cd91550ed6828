"""One file out of a multipart form, within its bounds, and what may be known of it.

The name is the sender's wish, and cleaned; the type is told from the content, and what a browser
might run is called a plain file. What a machine might run is refused.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

import msgspec
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from server.domain.errors import Invalid
from server.http.body import check_media_type, stream_body
from server.http.call import Call
from server.http.problem import Malformed, UnsupportedMediaType

MAX_FORM_BYTES = 64 * 1024  # the form around the file
MAX_FIELDS = 8
MAX_NAME_CHARS = 200
PLAIN = "application/octet-stream"

# Controls, zero-width and direction marks: what is there and not seen (security: X2).
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff]"
)
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_RUNS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_RUNNING_NAME = re.compile(
    r"\.(apk|app|bat|chm|cmd|com|cpl|dll|exe|hta|jar|jse?|lnk|msi|msp|pif|ps1|reg|scr|vbe?|vbs|wsf)$",
    re.IGNORECASE,
)
# Types that no browser runs, so that a sender's word is taken for them.
_HARMLESS = re.compile(
    r"^(audio|video)/[a-z0-9.+-]+$|^text/(plain|csv|calendar|vcard)$"
    r"|^application/(zip|gzip|json|msword|rtf|vnd\.[a-z0-9.+-]+)$"
)
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Upload(msgspec.Struct, frozen=True):
    """A file that was sent: its cleaned name, the type that the sender says, and its bytes."""

    filename: str
    says: str
    file: BinaryIO


@asynccontextmanager
async def read_upload(call: Call, max_bytes: int) -> AsyncIterator[Upload]:
    """The part `file` of the form, spooled to disk; refused when it is too large or not there."""
    check_media_type(call, ("multipart/form-data",))
    headers = Headers(raw=call.scope["headers"])
    stream = stream_body(call, max_bytes + MAX_FORM_BYTES)
    parser = MultiPartParser(headers, stream, max_files=1, max_fields=MAX_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, KeyError) as wrong:
        raise Malformed("The form cannot be read, or has more than one file") from wrong
    try:
        part = form.get("file")
        if not isinstance(part, UploadFile):
            raise Invalid("Send one file, in the part named file", pointer="/file")
        name = clean_name(part.filename or "")
        yield Upload(name, (part.content_type or PLAIN).lower(), part.file)
    finally:
        await form.close()


def clean_name(name: str) -> str:
    """A name that is only a name: no folders, nothing unseen, no leading dot, not too long."""
    name = _UNSEEN.sub("", name)
    name = re.split(r"[\\/]", name)[-1].strip().strip(". ")
    name = re.sub(r'[<>:"|?*%]', "_", name)
    if len(name) > MAX_NAME_CHARS:
        stem, dot, suffix = name.rpartition(".")
        kept = dot + suffix if 0 < len(suffix) <= 10 else ""
        name = (stem if kept else name)[: MAX_NAME_CHARS - len(kept)] + kept
    return name or "file"


def type_of(head: bytes, upload: Upload) -> str:
    """The type to serve a file as; UnsupportedMediaType for what a machine would run."""
    if head.startswith(_RUNS) or _RUNNING_NAME.search(upload.filename):
        raise UnsupportedMediaType("Programs are not taken here")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    said = upload.says.partition(";")[0].strip()
    return said if _HARMLESS.match(said) else PLAIN
