"""Where quoted history begins in a text: an attribution, a separator, a block of header fields.

Each question looks at a few lines at most, and cheap questions come before expressions, since most lines
of most mails are none of it.
"""

from __future__ import annotations

import re
from itertools import takewhile

from connectors.mail.attribution import Attributions, exactly, has_address
from connectors.mail.device import is_device_line
from connectors.mail.phrases import FIELD, FORWARDED, FROM_FIELD, SEPARATOR, SUBJECT_FIELD, WROTE

_BLOCK = 9  # lines in which header fields are looked for
_AHEAD = 10
_PASTED = 20
_SHORT = 66  # characters
_MAX_RULES, _MAX_BLOCKS = 100, 150  # looked at; a mail with more is no mail
_RULES = frozenset("-_=*—‐–#")
_BREAKS = _RULES | {""}
_FIRSTS = _RULES | set(" \t\ufeff>")
_RULE = re.compile(r"[ \t]*[_=*—-]{3,}[ \t]*$")
_FRAMED = re.compile(r"\s*[-_=*#‐–—]{2,}+[^\n]{1,120}?[-_=*#‐–—]{2}")
_BETWEEN_DASHES = re.compile(r"[ \t]*-{3,}[ \t]*[^\s-][^\n]{2,300}?[ \t]*-{3,}$")
_PADDED = re.compile(r">>> [^\n]{1,200} >>>$")  # GroupWise
_ANY_FIELD = re.compile(r"[ \t]*\*{0,2}[^\W\d_][^\n:：]{0,24}[:：]\*{0,2}[ \t]*\S")
_FIRST_FIELDS = frozenset(FROM_FIELD.split("|"))
_SUBJECT_FIELDS = frozenset(SUBJECT_FIELD.split("|"))
_SENDER = frozenset(
    {"from", "von", "från", "fra", "od", "lähettäjä", "от", "від", "kimden", "差出人", "发件人"}
)
_TRANSPORT = re.compile(
    r"(?i)(?:message-id|received|return-path|delivered-to|mime-version|x-[\w-]{1,60}): ?\S"
)
_FIELDS_INSIDE = re.compile(r"(?:^|\s)(?:From|To|Sent|Subject): ")
_LIST = re.compile(r"(?i)mailing list|listinfo|unsubscribe|https?://")


def is_padded(line: str) -> bool:
    """Whether a line that looks quoted is an attribution (`>>> Vic <vic@…> 28.1.2026 10:00 >>>`)."""
    return _PADDED.match(line) is not None and exactly(line)


class History:
    """The lines of one text, without the space at their ends, and which of them are marked as quoted."""

    def __init__(self, lines: list[str], quoted: list[bool]) -> None:
        self._lines = lines
        self._quoted = quoted
        self._rules = self._blocks = 0
        self._attributions = Attributions(lines, quoted).find()

    def candidates(self) -> set[int]:
        """The lines at which `begins` has to look: cheap questions, since most lines are none."""
        found = {
            index
            for index, line in enumerate(self._lines)
            if line[:1] in _FIRSTS
            or (":" in line and (":" in line[:40] or line[-1] == ":"))
            or ("：" in line and "：" in line[:40])
        }
        return found | self._attributions.keys()

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
            framed = _FRAMED.match(line) is not None
            if framed and (SEPARATOR.match(line) or (_BETWEEN_DASHES.match(line) and WROTE.search(line))):
                return 1 + self._fields_below(index + 1)
            if self._rules < _MAX_RULES and _RULE.match(line):
                self._rules += 1
                return self._below_rule(index)
            if framed and self._rules < _MAX_RULES and _BETWEEN_DASHES.match(line):
                self._rules += 1
                return self._below_title(index)
        if line[-1] == ":" and len(line) < _SHORT and self._blocks < _MAX_BLOCKS and FORWARDED.match(line):
            self._blocks += 1
            return self._below_forwarded(index)
        return self._header_block(index) if ":" in line[:40] or "：" in line[:40] else 0

    def is_marked(self, index: int) -> bool:
        """Whether what follows is marked as quoted, line by line: then answers may stand in it."""
        after = self._next_text(index)
        return after is None or self._quoted[after]

    def is_sent_from(self, index: int) -> bool:
        """Whether a telephone wrote this line: its paragraph ends with it, or with more of the kind."""
        line, after = self._lines[index], index + 1
        if after < len(self._lines) and not self._quoted[after] and after not in self._attributions:
            following = self._lines[after]
            if following[:1] not in _BREAKS:
                field = ":" in following[:40] and FIELD.match(following) is not None
                if not field and (len(line) > _SHORT or not is_device_line(following)):
                    return False
        return is_device_line(line)

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
        block = (
            self._header_block(following)
            or self._unknown_block(following)
            or self._sender_block(following)
            or self._attributions.get(following, 0)
        )
        if block:
            return following + block - index
        rest = self._lines[index + 1 :]
        is_footer = len(rest) <= 12 and self._lines[index].lstrip().startswith("_" * 8)
        return len(rest) + 1 if is_footer and _LIST.search("\n".join(rest)) else 0

    def _below_title(self, index: int) -> int:
        """Words between rules count above the header fields of a mail, in whatever language they are."""
        following = self._next_text(index + 1)
        if following is None or following > index + 2:
            return 0
        block = self._header_block(following) or self._unknown_block(following, wholly=True)
        return following + block - index if block else 0

    def _below_forwarded(self, index: int) -> int:
        """What is said to be passed on counts above its header fields, and above what is marked."""
        following = self._next_text(index + 1)
        if following is None:
            return 0
        block = self._header_block(following) or self._unknown_block(following)
        if block:
            return following + block - index
        fields = self._fields_below(index + 1)
        return 1 + fields if fields or self._quoted[following] else 0

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
        if len(_FIELDS_INSIDE.findall(line)) >= 3 and has_address(line):
            return 1
        if self._is_shown(index):
            return 0
        for at, each in enumerate(self._lines[index : index + _BLOCK], index):
            field = FIELD.match(each)
            if field is None and not each and names & _SUBJECT_FIELDS:
                break
            if field is not None:
                if at > index and field["name"].lower() in _SENDER and names & _SENDER:
                    break  # the block of another mail
                names.add(field["name"].lower())
                last = at
                address = address or "@" in each
                instant = instant or exactly(each)
        about = bool(names & _SUBJECT_FIELDS)
        sent = about and address and instant and bool(names & _FIRST_FIELDS)
        known = (
            (len(names) >= 3 and (about or address)) or (len(names) == 2 and address and instant)
            if leads
            else (len(names) >= 4 and about and bool(names & _FIRST_FIELDS)) or (len(names) >= 3 and sent)
        )
        return last - index + 1 if known else 0

    def _is_shown(self, index: int) -> bool:
        """Whether fields that only mail systems write stand above, which people paste to show them."""
        above = self._lines[max(0, index - _PASTED) : index]
        paragraph = takewhile(bool, reversed(above))
        return any(_TRANSPORT.match(line) for line in paragraph)

    def _unknown_block(self, index: int, wholly: bool = False) -> int:
        """A block of fields in a language that we do not know: three at once, with an address or a date.

        `wholly` asks for both.
        """
        block = self._lines[index : index + 4]
        fields = [line for line in block if _ANY_FIELD.match(line)]
        shown = (has_address(block[0]), any(map(exactly, block)))
        if len(fields) < 3 or not (all(shown) if wholly else any(shown)):
            return 0
        return len(block) if block[-1] else len(block) - 1

    def _sender_block(self, index: int) -> int:
        """Two fields, the first of them with who sent it: enough only where a rule stands above."""
        first = FIELD.match(self._lines[index])
        if first is None or first["name"].lower() not in _FIRST_FIELDS or not has_address(self._lines[index]):
            return 0
        fields = self._fields_below(index)
        return fields if fields > 1 else 0

    def _fields_below(self, index: int) -> int:
        """How many lines the header fields below a separator take."""
        following = self._next_text(index)
        if following is None or following > index + 2:
            return 0
        at = following
        while at < len(self._lines) and at < index + _BLOCK and FIELD.match(self._lines[at]):
            at += 1
        return at - index if at > following else 0
