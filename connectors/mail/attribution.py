"""Where somebody is said to have written what follows: `On Monday Vic wrote:`, in many languages and orders.

A date and a person are asked for, and more where the lines below are not marked as quoted: what is taken for
an attribution there folds everything under it.
"""

from __future__ import annotations

import re

from connectors.mail.phrases import CITING, OPENER, WEEKDAY, WROTE

_WINDOW = 4  # lines over which an attribution may be wrapped
_AHEAD = 10
_MAX_ATTRIBUTIONS = 150  # looked at; a mail with more is no mail
_ENDS = (":", "：", "写道", "寫道", "작성", ":*", "wrote")
_BIDI = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"))
_LAST = frozenset(ends[-1] for ends in _ENDS) | {">"} | frozenset(map(chr, _BIDI))
_SENTENCE_END = re.compile(r"(?:[!?]|(?<!\d)\.)$")  # an ordinal does not end one
_CLOCK = r"\d{1,2}[:.hH]\s?\d{2}|\d{1,2}\s?(?:am|pm|uhr)\b|\d{1,2}[時时시]"
_YEAR = r"\b\d{4}\b|\d{4}[年년]|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2}"
_MONTH = r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b"
_WHEN = re.compile(rf"(?i){_CLOCK}|{_YEAR}|{_MONTH}")
_EXACTLY = re.compile(rf"(?i)(?=.*(?:{_YEAR})).*(?:{_CLOCK})")
_ON_A_DAY = re.compile(
    rf"(?i)[^,]{{3,20}},[^,]{{3,30}}(?:,[^,]{{0,12}})?(?:{_YEAR})[^,]{{0,6}}, ?"
    r"(?!(?:the|our|my|your|an?|we|they|s?he|i|der|die|das|wir|ich|le|la|il|el|los)\b)\S"
)
_ON_A_WEEKDAY = re.compile(rf"(?i)\s*(?:[^\W\d_]{{1,3}} )?{WEEKDAY}\b.{{2,40}}?(?:{_YEAR})")
_USER = re.compile(r"(?i)\b(?:пользователь|użytkownik|користувач)\b")  # Gmail says so of everybody
_IN_MESSAGE = re.compile(r"(?i)in (?:message|article) <[^<>\s]{3,200}>,? \S")
_SHORT_DAY = re.compile(r"(?i)\s*[^\W\d_]{1,4} \d{1,2}[./ ] ?[^\s,]{1,12},")  # `On 3 March,`
_DAY_ALONE = re.compile(rf"(?i)[\w\s.,/:()+-]{{0,20}}(?:{_YEAR})[\w\s.,/:()+-]{{0,30}}:$")
_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]")
_ADDRESS_ALONE = re.compile(r"[\"“<(\[]?[^\s<>@]{1,100}@[^\s<>@]{1,100}\.[^\W\d_]{2,24}[\"”>)\]]?$")
_NAME = r"[^\W\d_][\w.'’-]{0,30}"
_PERSON = re.compile(
    rf"[\"“]?{_NAME}(?:[ ,]{{1,2}}{_NAME}){{0,5}}[\"”]? ?"
    r"(?:[<(\[][^<>()\[\]\s]{1,100}@[^<>()\[\]\s]{1,100}[>)\]] ?)?$"
)


def exactly(line: str) -> bool:
    """Whether a line has a date and a time of day."""
    return _EXACTLY.match(line) is not None


def has_address(line: str) -> bool:
    return _ADDRESS.search(line) is not None


class Attributions:
    """The attributions of one text, given its lines and which of them are marked as quoted."""

    def __init__(self, lines: list[str], quoted: list[bool]) -> None:
        self._lines = lines
        self._quoted = quoted

    def find(self) -> dict[int, int]:
        """Where attributions begin, and over how many lines they stretch."""
        found: dict[int, int] = {}
        taken, tried = -1, 0
        for end in [at for at, line in enumerate(self._lines) if line[-1:] in _LAST]:
            if self._quoted[end]:
                continue
            shown = self._shown(end)
            if shown.endswith(_ENDS) or (shown[-1:] == ">" and (shown[0].isdigit() or self._is_dated(end))):
                tried += 1
                if tried > _MAX_ATTRIBUTIONS:
                    break
                if shown[-1] == ">" and self._is_dated(end):
                    found[end] = 2
                    continue
                begin = self._begin(end, taken)
                if begin is not None:
                    found[begin] = end - begin + 1
                    taken = end
        return found

    def _shown(self, index: int) -> str:
        line = self._lines[index]
        return (line if line.isascii() else line.translate(_BIDI)).strip()

    def _is_dated(self, index: int) -> bool:
        """Whether a line is a person, and the next nothing but an instant: Notes writes so above a quote."""
        if index + 1 >= len(self._lines) or len(self._lines[index + 1]) > 40:
            return False
        below = self._lines[index + 1].strip()
        if not below[:1].isdigit() or _EXACTLY.match(below) is None:
            return False
        return _PERSON.match(self._shown(index)) is not None

    def _begin(self, end: int, taken: int) -> int | None:
        """The line at which the attribution begins that ends here."""
        part: list[str] = []
        nearest: int | None = None
        for begin in range(end, max(taken, end - _WINDOW), -1):
            line = self._shown(begin)
            if not line or self._quoted[begin] or (begin < end and _SENTENCE_END.search(line)):
                break  # the last words before it
            part.insert(0, line)
            opens = OPENER.match(line) is not None and _WHEN.search(line) is not None
            if not (opens or _ADDRESS.search(line) or "<" in line or begin == end):
                continue
            if self._is_attribution(" ".join(part), end):
                nearest = begin
            if opens:
                break
        return nearest

    def _is_attribution(self, joined: str, end: int) -> bool:
        """A date, and who wrote or an address; without marks behind it, more than that."""
        marked = self._is_marked_below(end)
        if not _WHEN.search(joined):
            return len(joined) < 160 and self._is_undated(joined, marked)
        address = _ADDRESS.search(joined) is not None
        ended = joined.endswith((":", "：", "道", "성", "*"))
        if ended and address and ("<" in joined or "(" in joined):
            return True
        if joined.endswith(">") and address:
            return marked
        found = WROTE.search(joined)
        opened = OPENER.match(joined) is not None
        exactly = _EXACTLY.match(joined) is not None
        if not ended:
            return found is not None and opened and (marked or (exactly and address and "<" in joined))
        if found is None:
            return marked and opened and exactly
        if marked:
            return exactly or opened or address
        if opened:
            on_a_day = _ON_A_DAY.match(joined) is not None or _USER.search(joined) is not None
            return address or exactly or on_a_day or _on_a_weekday(joined, found.start(), found.end())
        return address or (
            exactly and _is_named(joined[: found.start()]) and _says_when(joined[found.end() :])
        )

    def _is_undated(self, joined: str, marked: bool) -> bool:
        """`Vic Visitor wrote:` above a quote, without a date; with an address the quote may be unmarked."""
        found = WROTE.search(joined)
        if found is None:
            cites = CITING.match(joined) is not None
            return cites and (marked or (_ADDRESS.search(joined) is not None and joined.endswith(">:")))
        who = joined[: found.start()].strip()
        if not marked:
            if joined[found.end() :].strip() != ":":
                return False
            if _IN_MESSAGE.match(joined) or _ADDRESS_ALONE.match(who):
                return True
            return who.endswith((">", ")")) and _ADDRESS.search(who) is not None and bool(_PERSON.match(who))
        if _is_named(who) or _ADDRESS.search(joined) is not None or " via " in who:
            return True
        return _SHORT_DAY.match(joined) is not None and _is_named(who.rpartition(",")[2])

    def _is_marked_below(self, end: int) -> bool:
        after = next(
            (at for at in range(end + 1, min(end + 1 + _AHEAD, len(self._lines))) if self._lines[at]), None
        )
        return after is not None and self._quoted[after]


def _is_named(who: str) -> bool:
    """Whether words are a person's name: no more than a few, and none of them small."""
    who = who.strip()
    if _PERSON.match(who) is None:
        return False
    return not any(word[0].islower() for word in who.split("<")[0].split())


def _on_a_weekday(joined: str, start: int, end: int) -> bool:
    """Whether a weekday, its date and a name stand around the verb, and nothing else is told there."""
    if _ON_A_WEEKDAY.match(joined) is None:
        return False
    before, after = joined[:start].rpartition(",")[2], joined[end:].rstrip(" :：")
    return _is_named(before) or (bool(after) and _is_named(after))


def _says_when(after: str) -> bool:
    return _DAY_ALONE.match(after.strip()) is not None
