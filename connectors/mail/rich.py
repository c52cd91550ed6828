"""Rich text (RTF) to the HTML that was put into it ([MS-OXRTFEX]), or to plain text. Total and bounded."""

from __future__ import annotations

import re
from itertools import islice
from typing import Literal

import msgspec

from connectors.mail.charset import decode, mend

_MAX_TOKENS, _MAX_DEPTH = 200_000, 500
_MAX_FONTS = 500
_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})? ?|\\'(?P<code>[0-9a-fA-F]{2})|\\(?P<mark>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)"
)
_BREAKS = {b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"cell": "\t"}
_SIGNS = {
    b"tab": "\t", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"endash": "–", b"emdash": "—",
}  # fmt: skip
_MARKS = {b"\\": "\\", b"{": "{", b"}": "}", b"~": "\xa0", b"_": "-", b"\r": "\n", b"\n": "\n"}
_UNSEEN = frozenset({
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"fldinst",
    b"listtable", b"listoverridetable", b"mhtmltag", b"pntext",
})  # fmt: skip
# \fcharset to the charset of a font's bytes.
_CHARSETS = {
    128: "cp932", 129: "cp949", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip

Form = Literal["html", "text"]


class _Group(msgspec.Struct):
    """What holds between two braces."""

    hidden: bool = False
    fonts: bool = False
    tag: bool = False
    beside: bool = False  # \htmlrtf: rich text that stands for a tag
    charset: str = ""
    skip: int = 1  # characters behind a \u that say the same for old readers


def read_rich(data: bytes) -> tuple[Form, str]:
    """What a rich text says, and in which form; an empty text when it says nothing."""
    reader = _Reader(html=b"\\fromhtml" in data[:2000])
    for token in islice(_TOKEN.finditer(data), _MAX_TOKENS):
        if not reader.take(token):
            break
    return "html" if reader.html else "text", mend(reader.text())


class _Reader:
    def __init__(self, *, html: bool) -> None:
        self.html = html
        self._out: list[str] = []
        self._bytes = bytearray()
        self._charset = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._group = _Group()
        self._outer: list[_Group] = []
        self._ignorable = False
        self._skipped = 0

    def text(self) -> str:
        self._flush()
        return "".join(self._out)

    def take(self, token: re.Match[bytes]) -> bool:
        """Read one token; False where the text ends or cannot go on."""
        word, brace, mark = token["word"], token["brace"], token["mark"]
        if word is not None:
            self._word(word, int(token["number"]) if token["number"] else None)
        elif brace is not None:
            return self._open() if brace == b"{" else self._close()
        elif token["code"] is not None:
            self._say_bytes(bytes.fromhex(token["code"].decode()))
        elif mark == b"*":
            self._ignorable = True
        elif mark is not None:
            self._say(_MARKS.get(mark, ""))
        elif token["text"] is not None:
            self._say_bytes(token["text"])
        return True

    def _open(self) -> bool:
        self._flush()
        self._outer.append(self._group)
        self._group = msgspec.structs.replace(self._group)
        self._ignorable = False
        return len(self._outer) < _MAX_DEPTH

    def _close(self) -> bool:
        self._flush()
        if self._outer:
            self._group = self._outer.pop()
        return bool(self._outer)

    def _word(self, word: bytes, number: int | None) -> None:
        group, ignorable, self._ignorable = self._group, self._ignorable, False
        if word == b"htmltag":
            group.tag, group.hidden = True, False
        elif ignorable or word in _UNSEEN:
            group.hidden, group.fonts = True, word == b"fonttbl"
        elif word == b"htmlrtf":
            self._flush()
            group.beside = number != 0
        elif word == b"ansicpg":
            self._charset = f"cp{number}"
        elif word == b"uc":
            group.skip = min(max(number or 0, 0), 10)
        elif word in (b"f", b"fcharset"):
            self._set_font(word, number or 0)
        elif word == b"u":
            self._say(chr((number or 0) % 0x10000))
            self._skipped = group.skip
        elif word in _SIGNS:
            self._say(_SIGNS[word])
        elif word in _BREAKS and not group.tag:
            self._say(_BREAKS[word])

    def _set_font(self, word: bytes, number: int) -> None:
        self._flush()
        if self._group.fonts:
            if word == b"f":
                self._font = number
            elif len(self._fonts) < _MAX_FONTS and number in _CHARSETS:
                self._fonts[self._font] = _CHARSETS[number]
        elif word == b"f":
            self._group.charset = self._fonts.get(number, "")

    def _say(self, text: str) -> None:
        self._flush()
        self._skipped = 0
        if not (self._group.hidden or self._group.beside):
            self._out.append(text)

    def _say_bytes(self, data: bytes) -> None:
        if self._skipped:
            gone = min(self._skipped, len(data))
            self._skipped -= gone
            data = data[gone:]
        if data and not (self._group.hidden or self._group.beside):
            self._bytes += data

    def _flush(self) -> None:
        """Bytes of one character may come in several tokens: they are decoded together."""
        if self._bytes:
            self._out.append(decode(bytes(self._bytes), self._group.charset or self._charset)[0])
            self._bytes.clear()
