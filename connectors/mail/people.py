"""Names and addresses in a header field (RFC 5322 §3.4), read leniently and in linear time.

Encoded words are decoded after the addresses are told apart, so that a name that decodes to
`, <boss@example.com>` stays a name.
"""

from __future__ import annotations

import re

from connectors.mail.headers import decode_words
from server.domain.inbound import Person

MAX_PEOPLE = 500
_MAX_FIELD = 32_768
_MAX_NAME = 500
_MAX_SIMPLE = 200
_MAX_UNCLOSED, _MAX_TOKENS = 20, 4000
_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.){0,500})"'
    r"|(?P<word>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=)"
    r"|<(?P<angle>[^<>]*)>"
    r"|(?P<comment>\()"
    r"|(?P<mark>[,;:])"
    r'|(?P<text>[^\s"<(,;:=]+|[="<])'
    r"|(?P<space>\s+)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")
_LOCAL = re.compile(r"[^\s@<>,;\"]{1,320}\Z")
_DOMAIN = re.compile(r"@[^\s@<>,;\"]{1,320}")
_MAX_ATS = 20
# What most fields hold: one plain name, and its address.
_SIMPLE = re.compile(
    r'\s*"?((?:[A-Za-z0-9._-]+ )*[A-Za-z0-9._-]+)?"?\s?<([A-Za-z0-9._+-]+@[A-Za-z0-9.-]+)>\s*\Z'
)
_COMMENT = re.compile(r"\([^()]*\)")
_UNCLOSED = re.compile(r"<[^<>]*$")


def parse_people(text: str) -> tuple[Person, ...]:
    """The people of an address list, groups flattened; at most MAX_PEOPLE, what has no address included."""
    if not text:
        return ()
    text = text[:_MAX_FIELD]
    simple = _SIMPLE.match(text) if len(text) < _MAX_SIMPLE else None
    if simple is not None:
        return (Person(simple[1] or "", simple[2].lower()),)
    found: list[Person] = []
    entry = _Entry()
    position = unclosed = tokens = 0
    while position < len(text) and len(found) < MAX_PEOPLE and (tokens := tokens + 1) < _MAX_TOKENS:
        token = _TOKEN.match(text, position)
        if token is None:
            position += 1
            continue
        position = token.end()
        if token[0] == '"' and (unclosed := unclosed + 1) >= _MAX_UNCLOSED:
            text, position, unclosed = text[position:].replace('"', ""), 0, 0  # each would be looked for anew
        if token["comment"]:
            comment, position = _comment(text, position)
            entry.comments.append(comment)
        elif token["mark"] == ":" and not entry.angle and "@" not in "".join(entry.words):
            entry = _Entry()  # the display name of a group
        elif token["mark"] in (",", ";"):
            found += entry.people()
            entry = _Entry()
        else:
            if entry.is_complete and "@" in (
                token["angle"] or ""
            ):  # the comma between them is missing, or encoded
                found += entry.people()
                entry = _Entry([word for word in entry.tail if decode_words(word) != ","])
            entry.take(token)
    found += entry.people()
    return tuple(found[:MAX_PEOPLE])


class _Entry:
    """What stands between two commas; `tail` are the words after its address."""

    def __init__(self, words: list[str] | None = None) -> None:
        self.words = words or []
        self.tail: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None

    @property
    def is_complete(self) -> bool:
        return "@" in (self.angle or "")

    def take(self, token: re.Match[str]) -> None:
        words = self.tail if self.is_complete else self.words
        if token["angle"] is not None and ("@" in token["angle"] or self.angle is None):
            self.angle = token["angle"]
        elif token["quoted"] is not None:
            quoted = token["quoted"]
            words.append(_ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted)
        else:
            words.append(token[0])

    def people(self) -> list[Person]:
        phrase = "".join(self.words).strip() or "".join(self.tail).strip()
        if self.angle is not None:
            address = _address(self.angle)
            name = _name(_tidy(phrase))
            if not address and (inside := _inside(phrase)):
                address, name = inside, _name(phrase.replace(inside, ""))
            return [Person(name or self._comment_name(), address)] if address or name else []
        inside = _inside(phrase)
        if inside is None and "=?" in phrase:
            phrase = decode_words(phrase)  # some programs encode the address as well
            inside = _inside(phrase)
        if inside is None:
            return [Person(_name(phrase), "")] if phrase else []
        rest = _tidy(phrase.replace(inside, "", 1).replace("<>", ""))
        return [Person(_name(rest) or self._comment_name(), _address(inside))]

    def _comment_name(self) -> str:
        return _name(self.comments[0]) if self.comments else ""


def _inside(phrase: str) -> str | None:
    """The first address among other words; looks from each @ to both sides, which is linear."""
    at = -1
    for _ in range(_MAX_ATS):
        at = phrase.find("@", at + 1)
        if at < 0:
            return None
        local, domain = _LOCAL.search(phrase[max(0, at - 320) : at]), _DOMAIN.match(phrase, at)
        if local and domain:
            return local[0] + domain[0]
    return None


def _tidy(phrase: str) -> str:
    """A phrase without the angle brackets that were not closed or not opened."""
    bare = _UNCLOSED.sub("", phrase) if "<" in phrase else phrase
    return bare if "<" in bare else bare.replace(">", "")


def _comment(text: str, position: int) -> tuple[str, int]:
    """The comment whose parenthesis has just opened; comments nest (RFC 5322 §3.2.2)."""
    depth, start = 1, position
    while position < len(text):
        mark = text[position]
        if mark == "\\":
            position += 1
        elif mark in "()":
            depth += 1 if mark == "(" else -1
            if depth == 0:
                return text[start:position], position + 1
        position += 1
    return text[start:], len(text)


def _address(text: str) -> str:
    """An address without the route, quotes and space that surround it; empty when there is none."""
    text = decode_words(text) if "=?" in text else text
    if "(" in text:
        text = _COMMENT.sub("", text)
    quoted = text.strip().startswith('"') and '"@' in text
    text = text.strip() if quoted else "".join(text.split()).strip("'\"`")
    if text.startswith("["):
        text = text[1:].removesuffix("]")
    if text.startswith("@") and ":" in text:  # RFC 5322 §4.4: <@relay:user@host>
        text = text.rpartition(":")[2]
    text = text.removeprefix("mailto:").removeprefix("MAILTO:")
    return text.lower()[:320] if "@" in text else ""


def _name(text: str) -> str:
    """A display name in one line."""
    name = _BLANK.sub(" ", decode_words(text)).strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name[:_MAX_NAME]
