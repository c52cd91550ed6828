"""Files that were written into a text (`begin 644 name` … `end`), as mail programs did before MIME.

What only looks like one stays text: every line between must say its length and keep to it. Linear.
"""

from __future__ import annotations

import binascii
import re

import msgspec

_MAX_FILES = 20
_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,200})$", re.MULTILINE)
_LINE = re.compile(r"[ -`]{1,100}$")


class WrittenFile(msgspec.Struct):
    """A file, and the name that its first line gives it."""

    name: str
    data: bytes


def take_files(text: str) -> tuple[str, list[WrittenFile]]:
    """The text without the files in it, and these in order."""
    files: list[WrittenFile] = []
    if "begin " not in text:
        return text, files
    kept: list[str] = []
    position = 0
    while len(files) < _MAX_FILES and (begun := _BEGIN.search(text, position)) is not None:
        read = _read(text, begun.end() + 1)
        end = begun.end()
        if read is None:
            kept.append(text[position:end])
        else:
            data, end = read
            kept.append(text[position : begun.start()])
            files.append(WrittenFile(begun[1].strip(), data))
        position = end
    kept.append(text[position:])
    return "".join(kept), files


def _read(text: str, position: int) -> tuple[bytes, int] | None:
    """The bytes of the file whose first line begins here and where it ends; None when it is no file.

    A text that was cut off ends its file. What was read over is not read again: a line that is wrong ends it.
    """
    out: list[bytes] = []
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end].rstrip("\r")
        position = min(end + 1, len(text))
        if line.rstrip() == "end":
            return (b"".join(out), position) if out else None
        data = _decoded(line)
        if data is None:
            return None
        out.append(data)
    return (b"".join(out), position) if any(out) else None


def _decoded(line: str) -> bytes | None:
    """The bytes of one line; None when it does not keep to the length that its first character says."""
    if not line:
        return b""
    count = (ord(line[0]) - 32) & 63
    code = (count + 2) // 3 * 4
    # Spaces at the end are code that a relay may take; some writers add a check character or two.
    if not _LINE.match(line) or not code - 16 <= len(line) - 1 <= code + 3:
        return None
    try:
        return binascii.a2b_uu(line[: code + 1])
    except binascii.Error:
        return None
