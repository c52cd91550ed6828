"""How the bytes of a part were made fit for travel (RFC 2045 §6), undone as far as they can be saved."""

from __future__ import annotations

import base64
import binascii
import re

from connectors.mail.headers import decode_words

# By what a name contains: `x-base64`, `Base-64;`, `"quoted_printable"`, `quotedprint (sic)`, `x-uue`.
_NAMES = (("base64", "base64"), ("quotedprint", "quoted-printable"), ("uue", "uuencode"), ("xuu", "uuencode"))
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_USUAL = frozenset({"base64", "quoted-printable", "7bit", "8bit", "binary", ""})
_NO_LETTER = re.compile(r"[^a-z0-9]")
_SAMPLE_BYTES, _FEW, _BEGINNING = 400, 40, 1000
_PADDED_WITHIN = re.compile(rb"=[=\s]*[A-Za-z0-9+/]")
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_CODE = re.compile(rb"\s*((?:[A-Za-z0-9+/]++[ \t]*\r?\n)*+(?:[A-Za-z0-9+/]++={1,2}[ \t]*\r?\n)?)")
_BASE64_MARKS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64_MARKS.strip()))
_ANY_MARK = bytes(mark if mark in _BASE64_MARKS[:64] else ord("A") for mark in range(256))
_CODE_OF_QUOTED = re.compile(rb"=[0-9A-F]{2}")
_SMALL = b"abcdefghijklmnopqrstuvwxyz"
_LITERAL = (b"b'", b'b"')  # how some programs write bytes
_MAX_MENDED, _LEAST_WIDTH = 4_000_000, 16


def decoded(body: memoryview, encoding: str) -> bytes:
    """The bytes of a body in the encoding that a field names; in any other they are taken as they are."""
    name = encoding.lower()
    if name not in _USUAL:
        name = _meant(encoding, body)
    if name == "base64":
        body = _above_footer(body[2:] if body[:2] in _LITERAL else body)
        return bytes(body) if _is_no_base64(bytes(body[:_SAMPLE_BYTES])) else _from_base64(body)
    if name == "quoted-printable":
        data = bytes(body)
        if _SOFT_BREAK.search(data, 0, _BEGINNING):  # who writes one so writes all so
            data = _SOFT_BREAK.sub(b"=", data)
        return binascii.a2b_qp(data)
    if name == "uuencode":
        return _from_uuencode(bytes(body))
    return bytes(body)


def _meant(encoding: str, body: memoryview) -> str:
    """What a name means that is not well written; of several, base64 where the body can be that."""
    letters = _NO_LETTER.sub("", _COMMENT.sub("", decode_words(encoding[:1000])).lower())
    names = [name for known, name in _NAMES if known in letters]
    if len(names) > 1 and names[0] == "base64" and _CODE_OF_QUOTED.search(body[:_SAMPLE_BYTES]):
        return names[1]
    return names[0] if names else ""


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
    if len(words) <= 4 or len(words) * 12 <= len(sample) or odd * 2 < len(words):
        return False
    marks = b"".join(words)  # which in code are of every sort, however its lines were broken
    return marks.isupper() or len(marks.translate(None, _SMALL)) * 10 < len(marks) * 4


def _from_base64(body: memoryview) -> bytes:
    """Base64 as it comes: with other characters between, padded in the middle, or cut off."""
    small = len(body) <= _MAX_MENDED
    if not _PADDED_WITHIN.search(body):
        try:
            found = binascii.a2b_base64(body)  # reads over other characters, and needs no copy
            if not small or _is_whole(body, len(found)):
                return found
        except binascii.Error:
            pass
    if small and (mended := _mended(bytes(body))):
        return _one_base64(mended)
    if not _PADDED_WITHIN.search(body):
        return _one_base64(bytes(body).translate(None, _NOT_BASE64 + b"="))
    # Several encoded texts one after the other, or a plain footer behind the code.
    return b"".join(_one_base64(chunk) for chunk in _encoded_chunks(bytes(body)))


def _is_whole(body: memoryview, size: int) -> bool:
    """Whether so many bytes were read as lines like the first hold; fewer or more, and some are damaged."""
    step = bytes(body[:_SAMPLE_BYTES]).find(b"\n") + 1
    if not step:
        return True
    end = bytes(body[-_SAMPLE_BYTES:])
    code = end.rstrip()
    lines, rest = divmod(len(body) - len(end) + len(code), step)
    marks = lines * len(bytes(body[:step]).rstrip()) + rest
    return size == marks * 3 // 4 - code[-2:].count(b"=")


def _mended(data: bytes) -> bytes:
    """Code in lines of one width with those that were damaged brought back to it, so that the others are
    read as they were written; nothing when the lines have no such width."""
    *lines, last = data.split() or [b""]
    widths = [len(line) for line in lines[:9]]
    width = max(widths, key=widths.count, default=0)
    whole = sum(len(line) == width for line in lines)
    if width < _LEAST_WIDTH or width % 4 or whole * 10 < len(lines) * 8:
        return b""
    mended: list[bytes] = []
    damaged: list[bytes] = []
    for line in lines:
        if line.endswith(b"="):  # another code begins in the next
            return b""
        if len(line) == width:
            mended += [_widened(damaged, width), line.translate(_ANY_MARK)]
            damaged = []
        else:
            damaged.append(line)
    return b"".join([*mended, _widened(damaged, width), last.translate(None, _NOT_BASE64 + b"=")])


def _widened(damaged: list[bytes], width: int) -> bytes:
    """Lines that lost or won a few marks, in as many marks as they most likely had."""
    code = b"".join(damaged).translate(None, _NOT_BASE64 + b"=")
    if len(code) % 4 == 0:
        return code
    length = (len(code) + width // 2) // width * width
    return code[:length].ljust(length, b"A")


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
