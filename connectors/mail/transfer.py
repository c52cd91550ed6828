"""How the bytes of a part were made fit for travel (RFC 2045 §6), undone as far as they can be saved."""

from __future__ import annotations

import base64
import binascii
import re

_NAMES = {
    "base64": "base64",
    "quotedprintable": "quoted-printable",
    "uuencode": "uuencode",
    "xuuencode": "uuencode",
    "xuue": "uuencode",
}
_NO_LETTER = re.compile(r"[^a-z0-9]")
_SAMPLE_BYTES, _FEW, _BEGINNING = 400, 40, 1000
_PADDED_WITHIN = re.compile(rb"=[=\s]*[A-Za-z0-9+/]")
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_CODE = re.compile(rb"\s*((?:[A-Za-z0-9+/]++[ \t]*\r?\n)*+(?:[A-Za-z0-9+/]++={1,2}[ \t]*\r?\n)?)")
_BASE64_MARKS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64_MARKS.strip()))


def decoded(body: memoryview, encoding: str) -> bytes:
    """The bytes of a body in the encoding that a field names; in any other they are taken as they are."""
    name = encoding.lower()
    if name not in ("base64", "quoted-printable"):  # `Base-64;`, `"quoted_printable"`, `7bit (or so)`
        name = _NAMES.get(_NO_LETTER.sub("", name.partition(";")[0].partition("(")[0]), "")
    if name == "base64":
        body = _above_footer(body)
        return bytes(body) if _is_no_base64(bytes(body[:_SAMPLE_BYTES])) else _from_base64(body)
    if name == "quoted-printable":
        data = bytes(body)
        if _SOFT_BREAK.search(data, 0, _BEGINNING):  # who writes one so writes all so
            data = _SOFT_BREAK.sub(b"=", data)
        return binascii.a2b_qp(data)
    if name == "uuencode":
        return _from_uuencode(bytes(body))
    return bytes(body)


def _above_footer(body: memoryview) -> memoryview:
    """A body without the plain text that a list wrote below the code."""
    if not bytes(body[-_SAMPLE_BYTES:]).translate(None, _BASE64_MARKS):
        return body
    found = _CODE.match(body)
    if found is None:
        return body
    lines = found[1].split()
    if not lines or sum(map(len, lines)) % 4 or (len(lines[0]) < 24 and not lines[-1].endswith(b"=")):
        return body
    return body[: found.end()] if _is_no_base64(bytes(body[found.end() :][:_SAMPLE_BYTES])) else body


def _is_no_base64(sample: bytes) -> bool:
    """Whether the beginning of a body shows that nobody ever encoded it: other marks, or a text's words."""
    others = len(sample.translate(None, _BASE64_MARKS))
    if others * (10 if len(sample) >= _FEW else 6) > len(sample):
        return True
    words = sample.split()
    odd = sum(len(word) % 4 > 0 for word in words)
    return len(words) > 4 and len(words) * 12 > len(sample) and odd * 2 >= len(words)


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
