"""What was written anew in a mail, told apart from quoted history and signature.

Nothing is deleted: `split` gives segments that, put together, are the text. It reads line by line and
looks at each line a fixed number of times, so its time is linear in the text.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from connectors.mail.phrases import FIELD, FORWARD, FROM_FIELD, OPENER, SENT_FROM, SEPARATOR, WROTE

Kind = Literal["reply", "quote", "signature"]
_MAX_LINE = 600
_MAX_LINES = 20_000  # of these on, a line is like the last one
_WINDOW = 4  # lines over which an attribution may be wrapped
_ATTRIBUTION_ENDS = (":", "：", "写道", "寫道", "작성")
_MARKS = (">", "|")
_RULES = ("-", "_", "=", "*")
_QUOTED = re.compile(r"[ \t\ufeff]*\|?>")
_WHEN = re.compile(r"\d{1,2}[:.hH]\d{2}|\b\d{4}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]")
_RULE = re.compile(r"\s*[_-]{10,}\s*$")
_SIGNATURE = re.compile(r"--\s{0,3}$")
_FIRST_FIELDS = frozenset(FROM_FIELD.split("|"))


class Segment(msgspec.Struct, frozen=True):
    """A run of lines of one kind, line ends included."""

    kind: Kind
    text: str


def split(text: str) -> list[Segment]:
    """The text as runs of reply, quote and signature, in order; their texts joined are the text."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    kinds = _Reader(text, lines).kinds()
    segments: list[Segment] = []
    start = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or kinds[index] != kinds[start]:
            segments.append(Segment(kinds[start], "".join(lines[start:index])))
            start = index
    return segments


def reply_text(text: str) -> str:
    """What was written anew; the whole text where that would be nothing (a bare forward)."""
    reply = "".join(segment.text for segment in split(text) if segment.kind == "reply")
    return reply.strip() or text.strip()


class _Reader:
    """Goes down the lines once; the tests below look at most a few lines ahead.

    Cheap questions come before expressions: most lines of most mails are neither.
    """

    def __init__(self, text: str, lines: list[str]) -> None:
        self._whole = lines
        self._lines = [line[:_MAX_LINE].rstrip() for line in lines[:_MAX_LINES]]
        self._ends = [line.endswith(_ATTRIBUTION_ENDS) for line in self._lines]
        self._attributed = True in self._ends
        self._forwarded = FORWARD.search(text) is not None
        self._sent_from = SENT_FROM.search(text) is not None

    def kinds(self) -> list[Kind]:
        """One kind for each line."""
        kinds: list[Kind] = []
        mode: Kind = "reply"
        while len(kinds) < len(self._lines):
            index = len(kinds)
            line = self._lines[index]
            first = line.lstrip(" \t\ufeff")[:1]
            if first in _MARKS and _QUOTED.match(line):
                mode = "reply"  # what follows a quote is an answer to it
                kinds.append("quote")
                continue
            attribution = self._attribution(index) if self._attributed else 0
            if attribution and self._answered_inline(index + attribution):
                kinds += ["quote"] * attribution
            elif attribution or self._begins_history(index, first):
                return kinds + ["quote"] * (len(self._whole) - index)
            elif first == "-" and _SIGNATURE.match(line):
                mode = "signature"
                kinds.append("signature")
            else:
                sent_from = self._sent_from and len(line) < 120 and SENT_FROM.match(line)
                kinds.append("signature" if sent_from else mode)
        return kinds + [mode] * (len(self._whole) - len(kinds))

    def _answered_inline(self, index: int) -> bool:
        """Whether the quote after an attribution is marked line by line: answers may stand between."""
        after = self._next_text(index)
        return after is None or bool(_QUOTED.match(self._lines[after]))

    def _begins_history(self, index: int, first: str) -> bool:
        """Whether the rest is history: a separator, or a block of header fields, maybe under a rule."""
        line = self._lines[index]
        if first in _RULES and SEPARATOR.match(line):
            return True
        if self._forwarded and FORWARD.match(line):
            return True
        if first in _RULES and _RULE.match(line):
            following = self._next_text(index + 1)
            return following is not None and self._header_block(following)
        return self._header_block(index)

    def _header_block(self, index: int) -> bool:
        """Whether `From:`, `Sent:`, `To:`, … begin here in some language: three within nine lines."""
        line = self._lines[index]
        first = FIELD.match(line) if ":" in line or "：" in line else None
        if first is None or first["name"].lower() not in _FIRST_FIELDS:
            return False
        fields = (FIELD.match(line) for line in self._lines[index : index + 9])
        return len({field["name"].lower() for field in fields if field is not None}) >= 3

    def _attribution(self, index: int) -> int:
        """Over how many lines an attribution (`On Monday Vic wrote:`) stretches from here; 0 for none."""
        ends = self._ends[index : index + _WINDOW]
        if True not in ends:
            return 0
        part = [line.strip() for line in self._lines[index : index + ends.index(True) + 1]]
        if not all(part) or any(_QUOTED.match(line) for line in part):
            return 0
        if not _is_attribution(" ".join(part)):
            return 0
        if len(part) > 1 and not _begins_attribution(part[0]):
            return 0
        return len(part)

    def _next_text(self, index: int) -> int | None:
        """The next line that is not blank, of the ten that follow."""
        return next((at for at in range(index, min(index + 10, len(self._lines))) if self._lines[at]), None)


def _is_attribution(joined: str) -> bool:
    """A date, and either who wrote or an address in angle brackets."""
    if not _WHEN.search(joined):
        return False
    if WROTE.search(joined) and (OPENER.match(joined) or _ADDRESS.search(joined)):
        return True
    return "<" in joined and bool(_ADDRESS.search(joined))


def _begins_attribution(line: str) -> bool:
    """Whether the first of several lines belongs to it, rather than being the last words before it."""
    if line.endswith((".", "!", "?")):
        return False
    return bool(OPENER.match(line) and _WHEN.search(line)) or bool(_ADDRESS.search(line))
