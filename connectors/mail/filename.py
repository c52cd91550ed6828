"""File names that a stranger chose: what they may contain when they reach a disk, a header or a screen."""

from __future__ import annotations

import re

from connectors.mail.charset import mend

_MAX_NAME = 200
# Controls, the marks that turn the direction of writing or take no room (`exe.fdp` shown backwards).
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_EXTENSIONS = {
    "application/ics": "ics",
    "application/json": "json",
    "application/ms-tnef": "dat",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pgp-keys": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/rfc822": "eml",
    "message/global": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/rtf": "rtf",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "video/mp4": "mp4",
}


def clean_name(name: str) -> str:
    """The last path component without invisible characters, at most 200 long; may be empty."""
    visible = _INVISIBLE.sub("", mend(re.sub(r"[\r\n\t]+", " ", name)))
    last = re.split(r"[/\\]", visible)[-1].strip(" .")
    if len(last) > _MAX_NAME:
        stem, dot, ending = last.rpartition(".")
        last = (
            f"{stem[: _MAX_NAME - len(ending) - 1]}.{ending}"
            if dot and len(ending) <= 16
            else last[:_MAX_NAME]
        )
    return last


def invent_name(kind: str, number: int) -> str:
    """A name for a part that has none: `image-2.png`."""
    main = kind.split("/", maxsplit=1)[0]
    main = {"message": "mail", "application": "file", "multipart": "file"}.get(main, main)
    ending = _EXTENSIONS.get(kind, "txt" if main == "text" else "bin")
    stem = re.sub(r"[^a-z]", "", main)[:20] or "file"
    return f"{stem}-{number}.{ending}"
