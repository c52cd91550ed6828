"""How the bytes of a part were made fit for travel (RFC 2045 §6), undone as far as they can be saved."""

from __future__ import annotations

import base64
import binascii
import re

_PADDED_WITHIN = re.compile(rb"=[=\s]*[A-Za-z0-9+/]")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)


def decoded(body: memoryview, encoding: str) -> bytes:
    """The bytes of a body in that encoding, a lower-cased name; in any other they are taken as they are."""
    if encoding == "base64":
        return _from_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(bytes(body))
    if encoding in ("x-uuencode", "uuencode", "x-uue"):
        return _from_uuencode(bytes(body))
    return bytes(body)


def _from_base64(body: memoryview) -> bytes:
    """Base64 as it comes: with other characters between, padded in the middle, or cut off."""
    if not _PADDED_WITHIN.search(body):
        try:
            return binascii.a2b_base64(body)  # reads over other characters, and needs no copy
        except binascii.Error:
            return _one_base64(bytes(body).translate(None, _NOT_BASE64 + b"="))
    # Several encoded texts one after the other, or a plain footer behind the code.
    return b"".join(_one_base64(chunk) for chunk in _encoded_chunks(bytes(body)))


def _encoded_chunks(data: bytes) -> list[bytes]:
    """The runs of code up to the first that is plainly not code."""
    chunks: list[bytes] = []
    for chunk in re.split(rb"=+\s*", data)[:1000]:
        bare = chunk.translate(None, b" \t\r\n")
        if chunks and bare.translate(None, _NOT_BASE64) != bare:
            break
        chunks.append(bare.translate(None, _NOT_BASE64))
    return chunks


def _one_base64(code: bytes) -> bytes:
    if len(code) % 4 == 1:
        code = code[:-1]
    return base64.b64decode(code + b"=" * (-len(code) % 4))


def _from_uuencode(data: bytes) -> bytes:
    out = []
    for line in data.splitlines():
        if line.startswith(b"begin ") or not line:
            continue
        if line == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3  # some writers pad the line with too much
            try:
                out.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                continue
    return b"".join(out)
