"""The header fields of a part, and the texts inside them: encoded words (RFC 2047), parameters (RFC 2231)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import KeysView
from urllib.parse import unquote_to_bytes

from connectors.mail.charset import decode, mend

_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,20})\?=")
_NOT_CODE = re.compile(r"[^A-Za-z0-9+/=]")
_ESCAPED = re.compile(r"\\([\"\\])")  # and nothing else: `C:\Temp\a.txt` is written as it is
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_TELLS_NOTHING = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
_MAX_WORDS, _MAX_SAME, _MAX_QUOTES_WITHIN = 2000, 20, 200
_COMMENTS = re.compile(r"(?:\s*\([^()]*\)){0,3}")
_TYPE = re.compile(r"[\s<]*([^\s;/<]+)\s*/\s*([^\s;=\"(,<>]+)(?=[\s;(,<>]|$)")
# A name as `name*=` would have it, behind a `name=`.
_NO_LANGUAGE = re.compile(r"(?:utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d)'", re.IGNORECASE)
_EXTENDED = re.compile(r"[\w.:-]+'[\w-]*'[^\s']*%[0-9A-Fa-f]{2}")
# Where the next parameter begins although the semicolon between them is missing.
_NEXT = re.compile(
    r"(?<=\s)(?:boundary|charset|filename|format|name|type|delsp)(?:\*\d?\*?)?=", re.IGNORECASE
)


# What may stand behind a value in quotes: the next parameter, a comment, the end.
_AFTER_QUOTE = re.compile(r"[ \t]{0,100}(?:[;(,]|$|[\w.*-]{1,40}[ \t]{0,3}=)")


class Headers:
    """Fields in the order they came: lower-cased name and the raw value, folds included.

    Each is looked up many times and decoded once: look nothing up before all have been added. `charset` is
    what the texts of the mail are written in, which its 8-bit fields most likely are, too.
    """

    def __init__(self) -> None:
        self.charset = ""
        self.fields: list[tuple[str, bytes]] = []
        self._named: dict[str, list[bytes]] = {}
        self._texts: dict[str, str] = {}

    def add(self, name: bytes, value: bytes) -> None:
        known = name.decode("ascii", "replace").lower()
        self.fields.append((known, value))
        self._named.setdefault(known, []).append(value)

    def extend(self, line: bytes) -> None:
        """Take a continuation line into the last field, which stays under 64 KiB."""
        name, value = self.fields[-1]
        if len(value) < 65_536:
            self.fields[-1] = (name, value + line)
            self._named[name][-1] = value + line

    def raw(self, name: str) -> bytes:
        """The first field of that name, or nothing."""
        found = self._named.get(name)
        return found[0] if found else b""

    def has(self, name: str) -> bool:
        return name in self._named

    def repeats(self, name: str) -> bool:
        """Whether there are several fields of that name."""
        return len(self._named.get(name, ())) > 1

    def names(self) -> KeysView[str]:
        """The names of all fields, as a set."""
        return self._named.keys()

    def text(self, name: str) -> str:
        """The first field of that name in one line, its encoded words still encoded."""
        found = self._named.get(name)
        if found is None:
            return ""
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = unfold(found[0], self.charset)
        return text

    def texts(self, name: str) -> list[str]:
        """All fields of that name, at most 20, each in one line."""
        found = self._named.get(name, [])
        if len(found) == 1:
            return [self.text(name)]
        return [unfold(value, self.charset) for value in found[:_MAX_SAME]]

    def decoded(self, name: str) -> str:
        """The first field of that name as a person reads it."""
        return decode_words(self.text(name)).strip()


def unfold(value: bytes, charset: str = "") -> str:
    """A raw value in one line; 8-bit bytes are read as UTF-8, as the charset or as what they look like."""
    text = value.decode("ascii") if value.isascii() and b"\0" not in value else _eight_bit(value, charset)
    text = text.strip("\r\n \t")
    if "\n" in text or "\r" in text:
        text = _FOLD.sub(lambda fold: "" if fold[0][-1] == "\n" else " ", text)
    return text


def _eight_bit(value: bytes, charset: str) -> str:
    try:
        return mend(value.decode("utf-8"))
    except UnicodeDecodeError:
        return decode(value, None if charset.lower() in _TELLS_NOTHING else charset)[0]


def decode_words(text: str) -> str:
    """A text with its encoded words decoded; what is no encoded word stays as it is.

    Space between two words is dropped, and a character cut in two by a careless sender is put together
    again, as both parts are decoded at once.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    held: list[bytes] = []
    charset, last = "", 0
    for count, found in enumerate(_WORD.finditer(text)):
        if count >= _MAX_WORDS:
            break
        between = text[last : found.start()]
        word_charset = found[1].split("*")[0].lower()  # RFC 2231 §5: charset*language
        glued = bool(held) and not between.strip()
        if not (glued and word_charset == charset):
            out.append(_release(held, charset))
        if not glued:
            out.append(between)
        held.append(_word_bytes(found[2], found[3]))
        charset, last = word_charset, found.end()
    out.append(_release(held, charset))
    out.append(text[last:])
    return "".join(out)


def _release(held: list[bytes], charset: str) -> str:
    if not held:
        return ""
    text, _ = decode(b"".join(held), charset)
    held.clear()
    return text


def _word_bytes(encoding: str, code: str) -> bytes:
    if encoding in "qQ":
        return binascii.a2b_qp(code.replace(" ", "_").encode("utf-8", "replace"), header=True)
    # Padding in the middle ends one code, and another follows.
    return b"".join(_base64(piece) for piece in _NOT_CODE.sub("", code).split("=") if piece)


def _base64(code: str) -> bytes:
    if len(code) % 4 == 1:
        code = code[:-1]
    return base64.b64decode(code + "=" * (-len(code) % 4))


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured value as its lower-cased first token and its parameters, decoded.

    `Content-Type: text/plain; charset=x` gives `("text/plain", {"charset": "x"})`. Pieces (`name*0*`),
    charsets (`name*=utf-8''…`), missing or unbalanced quotes and encoded words in quotes are all read.
    """
    if "(" in value[:2]:
        value = _COMMENTS.sub("", value, count=1)
    found = _TYPE.match(value)
    if found is None:
        token, rest = _bare(value)
    else:
        token, rest = f"{found[1]}/{found[2]}", value[found.end() :]
    plain: dict[str, str] = {}
    whole: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, text in _pairs(rest[:20_000]):
        stem, _, tail = name.partition("*")
        if not tail and "*" not in name:
            plain.setdefault(stem, decode_words(text) if "%" not in text else _percent(text))
            continue
        number = tail.rstrip("*")
        if not number:
            whole.setdefault(stem, _joined([(True, text)]))
        elif number.isdigit() and len(number) < 4:
            pieces.setdefault(stem, {}).setdefault(int(number), (name.endswith("*"), text))
    for stem, found_pieces in pieces.items():
        plain[stem] = _joined([piece for _, piece in sorted(found_pieces.items())])
    plain.update(whole)
    return "".join(token.split()).lower()[:200], plain


def _bare(value: str) -> tuple[str, str]:
    """A first token that is no type, such as `attachment`, and what stands behind it."""
    token, _, rest = value.partition(";")
    unseparated = _NEXT.search(f" {token}") if "=" in token else None
    if unseparated is None:
        return token, rest
    start = unseparated.start() - 1
    return token[:start].strip(" \t,"), value[start:]


def _percent(text: str) -> str:
    """A value with a percent sign, which may be written as if its name ended in a star."""
    if _EXTENDED.match(text) is not None:
        return _joined([(True, text)])
    return decode_words(text)


def _joined(pieces: list[tuple[bool, str]]) -> str:
    """The pieces of one parameter in order, percent-decoded where they are marked so (RFC 2231 §4.1)."""
    charset, data = "utf-8", b""
    for index, (encoded, text) in enumerate(pieces):
        if encoded and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)  # noqa: PLW2901 (the value behind charset and language)
        elif encoded and index == 0 and _NO_LANGUAGE.match(text):
            charset, _, text = text.partition("'")  # noqa: PLW2901
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    text, _ = decode(data, charset)
    return text if any(encoded for encoded, _ in pieces) else decode_words(text)


def _pairs(text: str) -> list[tuple[str, str]]:
    """The `name=value` pairs, at most 100; reads over what is neither."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text) and len(found) < 100:
        equals = text.find("=", position)
        if equals < 0:
            break
        # A comment may stand above the name: the last word is it.
        words = text[position:equals].rpartition(";")[2].replace(",", " ").split()
        value, position = _value(text, equals + 1)
        if words:
            found.append((words[-1][:60].lower(), value))
    return found


def _value(text: str, position: int) -> tuple[str, int]:
    """The value that begins at `position`, quoted or not, and where the next pair begins."""
    while position < len(text) and text[position] in " \t":
        position += 1
    if text[position : position + 1] == '"':
        end = _closing_quote(text, position + 1)
        if end >= 0:
            return _ESCAPED.sub(r"\1", text[position + 1 : end]), _after(text, end + 1)
    end = text.find(";", position)
    end = len(text) if end < 0 else end
    unseparated = _NEXT.search(text, position, end)
    if unseparated is not None:
        return text[position : unseparated.start()].strip().strip('"'), unseparated.start()
    return text[position:end].strip().strip('"'), end + 1


def _after(text: str, position: int) -> int:
    """Where the pair behind a quoted value begins."""
    end = text.find(";", position)
    end = len(text) if end < 0 else end
    unseparated = _NEXT.search(text, position, end)
    return end + 1 if unseparated is None else unseparated.start()


def _closing_quote(text: str, position: int) -> int:
    """The quote that ends a value: of several that were not escaped, the first with an end behind it."""
    first, end = -1, len(text)
    while position < end:
        if text[position] == "\\":
            position += 1
        elif text[position] == '"':
            if _AFTER_QUOTE.match(text, position + 1):
                return position
            if first < 0:
                first, end = position, min(end, position + _MAX_QUOTES_WITHIN)
        position += 1
    return first
