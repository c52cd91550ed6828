"""Names and addresses in a header field (RFC 5322 §3.4), read leniently and in linear time.

Encoded words are decoded after the addresses are told apart, so that a name that decodes to
`, <boss@example.com>` stays a name.
"""

from __future__ import annotations

import re
from itertools import islice

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
_QUOTED = re.compile(r'"((?:[^"\\]|\\.){0,500})"', re.DOTALL)
_QUOTED_OR_AT = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.){0,500})"|@', re.DOTALL)
_LOCAL = re.compile(r"[^\s@<>,;\"\[\]]{1,320}\Z")
# Space around a dot belongs to an old form (RFC 5322 §4.4).
_DOMAIN = re.compile(
    r"@(?:\[[^\s\[\]]{1,320}\]|[^\s@<>,;\"\[\]]{1,320}(?:[ \t]{1,20}\.[ \t]{0,20}[A-Za-z0-9-]{1,63}){0,9})"
)
_MAX_ATS = 20
# What most fields hold: one plain name, and its address.
_SIMPLE = re.compile(
    r'\s*"?((?:[A-Za-z0-9._-]+ )*[A-Za-z0-9._-]+)?"?\s?<([A-Za-z0-9._+-]+@[A-Za-z0-9.-]*[A-Za-z0-9-])>\s*\Z'
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
    comments_close = True
    last_end = text.rfind(";")
    while position < len(text) and len(found) < MAX_PEOPLE and (tokens := tokens + 1) < _MAX_TOKENS:
        token = _TOKEN.match(text, position)
        if token is None:
            position += 1
            continue
        position = token.end()
        if token[0] == '"' and (unclosed := unclosed + 1) >= _MAX_UNCLOSED:
            text, position, unclosed = text[position:].replace('"', ""), 0, 0  # each would be looked for anew
        comment = _comment(text, position) if token["comment"] and comments_close else None
        if comment is not None:
            position += len(comment) + 1
            entry.comment(comment)
        elif token["mark"] == ":" and entry.may_be_group and _is_group(text, position, last_end):
            entry = _Entry()  # its display name
        elif token["mark"] in (",", ";"):
            found += entry.people()
            entry = _Entry()
        else:
            comments_close = comments_close and not token["comment"]
            if entry.is_complete and "@" in (
                token["angle"] or ""
            ):  # the comma between them is missing, or encoded
                found += entry.people()
                entry = _Entry([word for word in entry.tail if decode_words(word) != ","])
            entry.take(token)
    found += entry.people()
    return tuple(found[:MAX_PEOPLE])


def _is_group(text: str, position: int, last_end: int) -> bool:
    """Whether a group begins at a colon (RFC 5322 §3.4), and it is not just a colon in a name."""
    end = text.find(",", position)
    return last_end >= position or text.find("<", position, end if end >= 0 else len(text)) < 0


class _Entry:
    """What stands between two commas, with its quotes.

    `tail` are the words after its address; `aside` is a comment before it, which people write as a part of
    their name: `Carla (Sales) <carla@…>`.
    """

    def __init__(self, words: list[str] | None = None) -> None:
        self.words = words or []
        self.tail: list[str] = []
        self.comments: list[str] = []
        self.aside = ""
        self.angle: str | None = None
        self.has_at = False

    @property
    def is_complete(self) -> bool:
        return "@" in (self.angle or "")

    @property
    def may_be_group(self) -> bool:
        return not self.angle and not self.has_at and not "".join(self.words[-1:]).endswith("mailto")

    def comment(self, text: str) -> None:
        text = _ESCAPED.sub(r"\1", text)
        self.comments.append(text)
        if self.words and not self.aside and not self.is_complete:
            self.aside = f" ({_name(text)})"

    def take(self, token: re.Match[str]) -> None:
        words = self.tail if self.is_complete else self.words
        if token["angle"] is not None and ("@" in token["angle"] or self.angle is None):
            self.angle = token["angle"]
        else:
            words.append(token[0])
            self.has_at = self.has_at or "@" in token[0]

    def people(self) -> list[Person]:
        written = "".join(self.words).strip() or "".join(self.tail).strip()
        phrase = _unquoted(written)
        if self.angle is not None:
            address = _address(self.angle)
            name = _name(phrase if _QUOTED.fullmatch(written) else _tidy(phrase))
            if not address and (inside := _inside(phrase)):
                address, name = inside, _name(phrase.replace(inside, ""))
            name = name and name + self.aside
            return [Person(name or self._comment_name(), address)] if address or name else []
        before, opened, behind = written.rpartition("<")
        if opened and before.count('"') % 2 == 0 and "?=" not in behind and (inside := _inside(behind)):
            return [Person(_name(_unquoted(before)) or self._comment_name(), _address(inside))]
        inside = _inside(written)
        if inside is not None:
            phrase = _unquoted(written.replace(inside, "", 1))
        elif "=?" not in phrase:
            inside = _inside(phrase)
        else:
            phrase = decode_words(phrase)  # some programs encode the address as well
            inside = _inside(phrase)
        if inside is None:
            named = self._comment_name() if " " not in phrase else ""  # `root (Cron Daemon)`
            return [Person(named or _name(phrase) + self.aside, "")] if phrase else []
        rest = _tidy(phrase.replace(inside, "", 1).replace("<>", "").replace("[]", ""))
        return [Person(_name(rest) or self._comment_name(), _address(inside))]

    def _comment_name(self) -> str:
        return _name(self.comments[0]) if self.comments else ""


def _inside(phrase: str) -> str | None:
    """The first address among other words; looks from each @ to both sides, which is linear.

    What is quoted is a name, or the local part of the address when an @ follows (RFC 5322 §3.4.1).
    """
    quoted = ""
    for found in islice(_QUOTED_OR_AT.finditer(phrase), _MAX_ATS):
        if found["quoted"] is not None:
            quoted = found[0]
            continue
        at = found.start()
        local = _LOCAL.search(phrase[max(0, at - 320) : at])
        before = quoted if quoted and phrase.endswith(quoted, 0, at) else local[0] if local else ""
        domain = _DOMAIN.match(phrase, at)
        if before and domain:
            again = _DOMAIN.match(phrase, domain.end())  # one @ too many
            return before + domain[0] + (again[0] if again else "")
    return None


def _unquoted(written: str) -> str:
    """A phrase whose quoted words have lost their quotes."""
    if '"' not in written:
        return written
    return _QUOTED.sub(lambda found: _ESCAPED.sub(r"\1", found[1]), written)


def _tidy(phrase: str) -> str:
    """A phrase without the angle brackets that were not closed or not opened."""
    bare = _UNCLOSED.sub("", phrase) if "<" in phrase else phrase
    return bare if "<" in bare else bare.replace(">", "")


def _comment(text: str, position: int) -> str | None:
    """The comment whose parenthesis has just opened; comments nest (RFC 5322 §3.2.2). None if none closes."""
    depth, start = 1, position
    while position < len(text):
        mark = text[position]
        if mark == "\\":
            position += 1
        elif mark in "()":
            depth += 1 if mark == "(" else -1
            if depth == 0:
                return text[start:position]
        position += 1
    return None


def _address(text: str) -> str:
    """An address without the route, quotes and space that surround it; empty when there is none."""
    text = decode_words(text) if "=?" in text else text
    for _ in range(text.count("(", 0, _MAX_SIMPLE)):
        text = _COMMENT.sub("", text)
    quoted = text.strip().startswith('"') and '"@' in text
    text = text.strip() if quoted else "".join(text.split()).strip("'\"`")
    if text.startswith("["):
        text = text[1:].removesuffix("]")
    if text.startswith("@") and ":" in text:  # RFC 5322 §4.4: <@relay:user@host>
        text = text.rpartition(":")[2]
    text = text.removeprefix("mailto:").removeprefix("MAILTO:")
    return text.lower()[:320].rstrip(".") if "@" in text else ""


def _name(text: str) -> str:
    """A display name in one line."""
    name = _BLANK.sub(" ", decode_words(text)).strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name[:_MAX_NAME]
