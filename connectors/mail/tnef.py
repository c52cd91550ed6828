"""winmail.dat: what an old mail program packed its text and files into ([MS-OXTNEF]). Total and bounded.

Only what a reader wants is taken: the text, the HTML, the rich text, still compressed, and each file with its
name, type and content id.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connectors.mail.charset import decode, mend

MAX_FILES = 200
MAX_ATTRIBUTES = 10_000
MAX_PROPERTIES = 2_000
_SIGNATURE = b"\x78\x9f\x3e\x22"  # §2.1.3.3, little-endian like everything else

_BODY, _MESSAGE_PROPERTIES, _CODE_PAGE = 0x0002800C, 0x00069003, 0x00069007
_FILE_BEGINS, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_TEXT8, _TEXT16, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_FIXED_BYTES = {
    0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16,
}  # fmt: skip
_PLAIN, _RICH, _HTML = 0x1000, 0x1009, 0x1013
_CONTENT, _LONG_NAME, _MIME, _CONTENT_ID = 0x3701, 0x3707, 0x370E, 0x3712


class PackedFile(msgspec.Struct):
    """A file inside; the name and the type may be empty."""

    name: str = ""
    type: str = ""
    content_id: str | None = None
    data: bytes = b""


class Packed(msgspec.Struct):
    """What was inside. `whole` is False when the rest could not be read."""

    text: str = ""
    html: bytes = b""
    rich: bytes = b""
    files: list[PackedFile] = []
    whole: bool = True


class _Broken(Exception):
    """The bytes end too early, or say what cannot be."""


def is_tnef(data: bytes) -> bool:
    """Whether these bytes begin as such a file does."""
    return data.startswith(_SIGNATURE)


def unpack(data: bytes) -> Packed:
    """What is inside, as far as it can be read; never raises."""
    packed = Packed()
    charset = "cp1252"
    try:
        for identity, value in _attributes(data):
            if identity == _CODE_PAGE and len(value) >= 4:
                charset = f"cp{int.from_bytes(value[:4], 'little')}"
            elif identity == _BODY:
                packed.text = packed.text or _text(value, charset)
            elif identity == _MESSAGE_PROPERTIES:
                _take_message(packed, value, charset)
            elif identity == _FILE_BEGINS:
                if len(packed.files) >= MAX_FILES:
                    raise _Broken
                packed.files.append(PackedFile())
            elif packed.files:
                _take_file(packed.files[-1], identity, value, charset)
    except _Broken:
        packed.whole = False
    return packed


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in order (§2.1.3.4): level, identity, length, value, checksum."""
    if not is_tnef(data):
        raise _Broken
    at = 6  # signature and key
    for _ in range(MAX_ATTRIBUTES):
        if at >= len(data):
            return
        head = data[at : at + 9]
        size = int.from_bytes(head[5:9], "little")
        if len(head) < 9 or head[0] not in (1, 2) or at + 11 + size > len(data):
            raise _Broken
        yield int.from_bytes(head[1:5], "little"), data[at + 9 : at + 9 + size]
        at += 11 + size
    raise _Broken


def _take_message(packed: Packed, value: bytes, charset: str) -> None:
    for identity, kind, content in _properties(value):
        if identity == _PLAIN:
            packed.text = _said(kind, content, charset) or packed.text
        elif identity == _HTML:
            packed.html = _said(kind, content, charset).encode() if kind != _BINARY else content
        elif identity == _RICH:
            packed.rich = content


def _take_file(file: PackedFile, identity: int, value: bytes, charset: str) -> None:
    if identity == _FILE_DATA:
        file.data = value
    elif identity == _FILE_TITLE:
        file.name = file.name or _text(value, charset)
    elif identity == _FILE_PROPERTIES:
        for number, kind, content in _properties(value):
            if number == _LONG_NAME:
                file.name = _said(kind, content, charset) or file.name
            elif number == _MIME:
                file.type = _said(kind, content, charset)
            elif number == _CONTENT_ID:
                file.content_id = _said(kind, content, charset).strip("<> ") or None
            elif number == _CONTENT and not file.data:
                file.data = content[16:] if kind == _OBJECT else content  # an object begins with its GUID


def _properties(value: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, kind and value of each MAPI property (§2.1.3.5): of those with several values, the first."""
    cursor = _Cursor(value)
    for _ in range(min(cursor.number(), MAX_PROPERTIES)):
        kind, identity = cursor.number(2), cursor.number(2)
        if identity >= 0x8000:
            _skip_name(cursor)
        several, kind = kind & 0x1000, kind & 0x0FFF
        fixed = _FIXED_BYTES.get(kind)
        if fixed is None and kind not in (_TEXT8, _TEXT16, _OBJECT, _BINARY):
            raise _Broken
        count = cursor.number() if several or fixed is None else 1
        first = b""
        for index in range(count):
            content = cursor.padded(cursor.number()) if fixed is None else cursor.take(fixed)
            first = first if index else content
        yield identity, kind, first


def _skip_name(cursor: _Cursor) -> None:
    """A property beyond 0x8000 says whose it is, and its number or name."""
    cursor.take(16)
    if cursor.number() == 1:
        cursor.padded(cursor.number())
    else:
        cursor.take(4)


class _Cursor:
    """A place in bytes that only moves on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise _Broken
        self._at += size
        return piece

    def padded(self, size: int) -> bytes:
        """A value that is filled up to a multiple of four bytes; the last one of all may lack the filling."""
        piece = self.take(size)
        self._at += -size % 4
        return piece

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")


def _said(kind: int, content: bytes, charset: str) -> str:
    if kind == _TEXT16:
        return mend(content.decode("utf-16-le", "replace")).rstrip("\0␀")
    return _text(content, charset)


def _text(value: bytes, charset: str) -> str:
    return mend(decode(value.rstrip(b"\0"), charset)[0])
