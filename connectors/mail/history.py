"""Where quoted history begins in a text: an attribution, a separator, a block of header fields.

Each question looks at a few lines at most, and cheap questions come before expressions, since most lines
of most mails are none of it.
"""

from __future__ import annotations

import re

from connectors.mail.phrases import (
    CITING,
    FIELD,
    FORWARD,
    FROM_FIELD,
    OPENER,
    SENT_FROM,
    SEPARATOR,
    SUBJECT_FIELD,
    WROTE,
)

_WINDOW = 4  # lines over which an attribution may be wrapped
_BLOCK = 9  # lines in which header fields are looked for
_AHEAD = 10
_MAX_ATTRIBUTIONS, _MAX_RULES, _MAX_BLOCKS = 150, 100, 150  # looked at; a mail with more is no mail
_ENDS = (":", "：", "写道", "寫道", "작성", ":*", "wrote")
_LAST = frozenset(ends[-1] for ends in _ENDS) | {">"}
_RULES = frozenset("-_=*—")
_BREAKS = _RULES | {""}
_FIRSTS = _RULES | set(" \t\ufeff>")
_RULE = re.compile(r"[ \t]*[_=*—-]{3,}[ \t]*$")
_BETWEEN_DASHES = re.compile(r"[ \t]*-{3,}[ \t]*[^\s-][^\n]{2,300}?[ \t]*-{3,}$")
_PADDED = re.compile(r">>> [^\n]{1,200} >>>$")  # GroupWise
_SENTENCE_END = re.compile(r"(?:[!?]|(?<!\d)\.)$")  # an ordinal does not end one
_CLOCK = r"\d{1,2}[:.hH]\s?\d{2}|\d{1,2}\s?(?:am|pm|uhr)\b|\d{1,2}[時时시]"
_WHEN = re.compile(rf"(?i){_CLOCK}|\b\d{{4}}\b|\d{{4}}[年년]|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2}}")
_EXACTLY = re.compile(
    rf"(?i)(?=.*(?:\b\d{{4}}\b|\d{{4}}[年년]|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2}})).*(?:{_CLOCK})"
)
_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]")
_ANY_FIELD = re.compile(r"[ \t]*\*{0,2}[^\W\d_][^\n:：]{0,24}[:：]\*{0,2}[ \t]*\S")
_PERSON = re.compile(
    r"(?:[^\W\d_][\w.'’-]{0,30}[ ,]{0,2}){1,4}(?:[<(\[][^<>()\[\]\s]{1,100}@[^<>()\[\]\s]{1,100}[>)\]] ?)?$"
)
_FIRST_FIELDS = frozenset(FROM_FIELD.split("|"))
_SUBJECT_FIELDS = frozenset(SUBJECT_FIELD.split("|"))
_LIST = re.compile(r"(?i)mailing list|listinfo|unsubscribe|https?://")


def is_padded(line: str) -> bool:
    """Whether a line that looks quoted is an attribution (`>>> Vic <vic@…> 28.1.2026 10:00 >>>`)."""
    return _PADDED.match(line) is not None and _EXACTLY.match(line) is not None


class History:
    """The lines of one text, without the space at their ends, and which of them are marked as quoted."""

    def __init__(self, lines: list[str], quoted: list[bool]) -> None:
        self._lines = lines
        self._quoted = quoted
        self._rules = self._blocks = 0
        self._attributions = self._find_attributions()

    def may_begin(self, index: int, line: str) -> bool:
        """Whether `begins` has to look: a cheap question, since most lines are nothing of the kind."""
        head = line[:40]
        return (
            ":" in head
            or line[0] in _FIRSTS
            or line[-1] == ":"
            or "：" in head
            or index in self._attributions
        )

    def begins(self, index: int, line: str) -> int:
        """How many lines, from this one, say that history follows; 0 when they do not."""
        first = line[:1]
        if not first:
            return 0
        if first in " \t\ufeff":
            first = line.lstrip(" \t\ufeff")[:1]
        if index in self._attributions:
            return self._attributions[index]
        if first == ">":
            return int(is_padded(line))
        if first in _RULES:
            if SEPARATOR.match(line) or (_BETWEEN_DASHES.match(line) and WROTE.search(line)):
                return 1 + self._fields_below(index + 1)
            if self._rules < _MAX_RULES and _RULE.match(line):
                self._rules += 1
                return self._below_rule(index)
        if line[-1] == ":" and FORWARD.match(line):
            return 1 + self._fields_below(index + 1)
        return self._header_block(index) if ":" in line[:40] or "：" in line[:40] else 0

    def is_marked(self, index: int) -> bool:
        """Whether what follows is marked as quoted, line by line: then answers may stand in it."""
        after = self._next_text(index)
        return after is None or self._quoted[after]

    def is_sent_from(self, index: int) -> bool:
        """Whether a telephone wrote this line: its paragraph ends with it."""
        after = index + 1
        if after < len(self._lines) and not self._quoted[after] and after not in self._attributions:
            following = self._lines[after]
            field = ":" in following[:40] and FIELD.match(following) is not None
            if following[:1] not in _BREAKS and not field:
                return False
        return SENT_FROM.match(self._lines[index]) is not None

    def _next_text(self, index: int) -> int | None:
        """The next line that is not blank, of those that follow closely."""
        return next(
            (at for at in range(index, min(index + _AHEAD, len(self._lines))) if self._lines[at]), None
        )

    def _below_rule(self, index: int) -> int:
        """A rule counts above header fields, in whatever language, and above the footer of a list."""
        following = self._next_text(index + 1)
        if following is None:
            return 0
        block = self._header_block(following) or self._unknown_block(following)
        if block:
            return following + block - index
        rest = self._lines[index + 1 :]
        is_footer = len(rest) <= 12 and self._lines[index].lstrip().startswith("_" * 8)
        return len(rest) + 1 if is_footer and _LIST.search("\n".join(rest)) else 0

    def _header_block(self, index: int) -> int:
        """The length of a block `From:`, `Sent:`, `To:`, … in some language: three fields of nine lines."""
        line = self._lines[index]
        first = FIELD.match(line)
        if first is None or self._blocks >= _MAX_BLOCKS:
            return 0
        self._blocks += 1
        leads = first["name"].lower() in _FIRST_FIELDS
        names: set[str] = set()
        last, address, instant = index, False, False
        for at, each in enumerate(self._lines[index : index + _BLOCK], index):
            field = FIELD.match(each)
            if field is None and not each and names & _SUBJECT_FIELDS:
                break
            if field is not None:
                names.add(field["name"].lower())
                last = at
                address = address or "@" in each
                instant = instant or _EXACTLY.match(each) is not None
        about = bool(names & _SUBJECT_FIELDS)
        known = (
            (len(names) >= 3 and (about or address)) or (len(names) == 2 and address and instant)
            if leads
            else len(names) >= 4 and about and bool(names & _FIRST_FIELDS)
        )
        return last - index + 1 if known else 0

    def _unknown_block(self, index: int) -> int:
        """A block of fields in a language that we do not know: three at once, with an address or a date."""
        block = self._lines[index : index + 4]
        fields = [line for line in block if _ANY_FIELD.match(line)]
        if len(fields) < 3 or not (_ADDRESS.search(block[0]) or any(_EXACTLY.match(line) for line in block)):
            return 0
        return len(block) if block[-1] else len(block) - 1

    def _fields_below(self, index: int) -> int:
        """How many lines the header fields below a separator take."""
        following = self._next_text(index)
        if following is None or following > index + 2:
            return 0
        at = following
        while at < len(self._lines) and at < index + _BLOCK and FIELD.match(self._lines[at]):
            at += 1
        return at - index if at > following else 0

    def _find_attributions(self) -> dict[int, int]:
        """Where attributions (`On Monday Vic wrote:`) begin, and over how many lines they stretch."""
        found: dict[int, int] = {}
        taken, tried = -1, 0
        for end, line in enumerate(self._lines):
            if line[-1:] not in _LAST or self._quoted[end]:
                continue
            if line.endswith(_ENDS) or (line[-1] == ">" and line[0].isdigit()):
                tried += 1
                if tried > _MAX_ATTRIBUTIONS:
                    break
                begin = self._attribution(end, taken)
                if begin is not None:
                    found[begin] = end - begin + 1
                    taken = end
        return found

    def _attribution(self, end: int, taken: int) -> int | None:
        """The line at which the attribution begins that ends here."""
        part: list[str] = []
        nearest: int | None = None
        for begin in range(end, max(taken, end - _WINDOW), -1):
            line = self._lines[begin].strip()
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
        if not _WHEN.search(joined):
            return len(joined) < 160 and self._is_undated(joined, end)
        address = _ADDRESS.search(joined) is not None
        ended = joined.endswith((":", "：", "道", "성", "*"))
        if ended and address and ("<" in joined or "(" in joined):
            return True
        if joined.endswith(">") and address:
            return self._is_answered(end)
        wrote = WROTE.search(joined) is not None
        opened = OPENER.match(joined) is not None
        marked = self._is_answered(end)
        if not ended:
            return wrote and marked and opened
        if wrote and marked and _EXACTLY.match(joined):
            return True
        if wrote and (opened or address):
            return marked or address or _EXACTLY.match(joined) is not None
        return marked and opened and _EXACTLY.match(joined) is not None

    def _is_undated(self, joined: str, end: int) -> bool:
        """`Vic Visitor wrote:` above a quote, without a date."""
        found = WROTE.search(joined)
        if found is None or not self._is_answered(end):
            return CITING.match(joined) is not None and self._is_answered(end)
        who = joined[: found.start()].strip()
        named = _PERSON.match(who) is not None and not any(
            word[0].islower() for word in who.split("<")[0].split()
        )
        return named or _ADDRESS.search(joined) is not None

    def _is_answered(self, end: int) -> bool:
        after = self._next_text(end + 1)
        return after is not None and self._quoted[after]
