"""What was written anew in a mail, told apart from quoted history and signature.

Nothing is deleted: `split` gives segments that, put together, are the text. It reads line by line and
looks at each line a fixed number of times, so its time is linear in the text. Where it cannot tell, words
stay in the reply: too much is a nuisance, too little is a lost answer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from typing import Literal

import msgspec

from connectors.mail.device import device_line_candidates
from connectors.mail.history import History, is_padded
from connectors.mail.signature import is_rule, lines_below_rule

Kind = Literal["reply", "quote", "signature"]
_MAX_LINE = 600
_MAX_LINES = 20_000  # of these on, a line is like the last one
_MAX_SIGNATURE = 40
_MAX_UNMARKED = 15  # lines below a bare "--", which people also draw between two thoughts
_LEADS = frozenset(">| \t\ufeff")
_DASHES = frozenset("-—–")
_RULES = frozenset("-_=—–*")
_QUOTED = re.compile(r"[ \t\ufeff]*\|?>")
_LINK_OPENED = re.compile(r"[(<]\s?https?://[^\s()<>]*$")
_LINK_CLOSED = re.compile(r"[^\s()<>]{0,400}[)>][\s>]*$")
_LINK_ALONE = re.compile(r"\s*[(<]https?://[^\s()<>]{1,400}[)>][\s>]*$")
_MAX_LINK = 3  # lines over which a link may be wrapped
# A reply in whose last line the attribution was put.
_SHARED = re.compile(
    r"(?<=[^\s-])(?:-{2,3} ?| )(?=On (?:\d|Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Ju[nl]|Aug|Sep"
    r"|Oct|Nov|Dec)[^\n]{8,300}\bwrote:\s*$)"
)
_SIGNATURE = re.compile(r"(?:--|—|–)[ \t\xa0]{0,3}$")


class Segment(msgspec.Struct, frozen=True):
    """A run of lines of one kind, line ends included."""

    kind: Kind
    text: str


class Reply(msgspec.Struct, frozen=True):
    """What was written anew, and the signature below it."""

    text: str
    signature: str


@lru_cache(maxsize=1)  # a mail is read, then shown
def split(text: str) -> tuple[Segment, ...]:
    """The text as runs of reply, quote and signature, in order; their texts joined are the text."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    if not lines:
        return ()
    if " wrote:" in text:
        lines = [piece for line in lines for piece in (_apart(line) if " wrote:" in line else (line,))]
    kinds = line_kinds(lines)
    segments: list[Segment] = []
    at = 0
    for kind, run in groupby(kinds):
        count = len(list(run))
        segments.append(Segment(kind, "".join(lines[at : at + count])))
        at += count
    return tuple(segments)


def reply_of(segments: tuple[Segment, ...]) -> Reply:
    """The reply in a text that was split; the whole text where it would be nothing (a bare forward).

    Answers between quotes keep the quotes that they answer; a quote above or below all of them goes.
    """
    signature = "".join(each.text for each in segments if each.kind == "signature")
    said = [index for index, each in enumerate(segments) if each.kind == "reply" and each.text.strip()]
    if not said:
        return Reply("".join(each.text for each in segments).strip(), "")
    quotes = [index for index, each in enumerate(segments) if each.kind == "quote"]
    between = bool(quotes) and any(quotes[0] < index < quotes[-1] for index in said)
    kept = ("reply", "quote") if between else ("reply",)
    text = ""
    gap = False
    for each in segments[: said[-1] + 1]:
        if each.kind in kept:
            text = _closed(text, each.text) if gap else text + each.text
        gap = each.kind not in kept
    return Reply(text.strip(), signature.strip())


def _closed(above: str, below: str) -> str:
    """Two texts between which something was left out, a blank line between them at most."""
    blank = above.endswith("\n\n") or below.startswith("\n")
    return above.rstrip("\n") + ("\n\n" if blank else "\n") + below.lstrip("\n")


def reply_text(text: str) -> str:
    """What was written anew in a text."""
    return reply_of(split(text)).text


def _apart(line: str) -> list[str]:
    """The line, or what was written anew in it and the attribution behind that."""
    shared = _SHARED.search(line) if len(line) < _MAX_LINE and line.rstrip().endswith(" wrote:") else None
    return [line] if shared is None else [line[: shared.start()], line[shared.start() :]]


def line_kinds(whole: list[str]) -> list[Kind]:
    """One kind for each line, with or without its end."""
    lines = [line[:_MAX_LINE].rstrip() for line in whole[:_MAX_LINES]]
    quoted = [
        line[:1] in _LEADS and ((line[0] == ">" and line[-1] not in "<>") or _is_quoted(line))
        for line in lines
    ]
    if True in quoted:
        _mark_broken_links(lines, quoted)
    history = History(lines, quoted)
    candidates = history.candidates() | device_line_candidates(lines)
    kinds: list[Kind] = []
    for index in sorted(candidates.union(index for index, marked in enumerate(quoted) if marked)):
        if index >= len(kinds):
            kinds += ["reply"] * (index - len(kinds))
            kinds += ["quote"] if quoted[index] else _begun(history, lines, quoted, index, whole[index])
    kinds = kinds[: len(lines)]
    kinds += ["reply"] * (len(lines) - len(kinds))
    return kinds + [kinds[-1]] * (len(whole) - len(kinds))


def _begun(history: History, lines: list[str], quoted: list[bool], index: int, whole: str) -> list[Kind]:
    """The kinds of the lines from this one on, as far as it decides; `whole` is the line with its end."""
    line = lines[index]
    if begun := history.begins(index, line):
        marked = history.is_marked(index + begun)
        return ["quote"] * (begun if marked else len(lines) - index)
    if line[:1] in _DASHES and _SIGNATURE.match(line):
        return _below(
            history, lines, quoted, index, _MAX_SIGNATURE if whole.rstrip("\r\n") == "-- " else _MAX_UNMARKED
        )
    if line[:1] in _RULES and is_rule(line):
        return ["signature"] * lines_below_rule(lines, quoted, index, history.begins) or ["reply"]
    return ["signature" if history.is_sent_from(index) else "reply"]


def _is_quoted(line: str) -> bool:
    """Whether a line is marked as quoted; arrows on both of its sides are an ornament."""
    return _QUOTED.match(line) is not None and not (line.endswith("<<") or is_padded(line))


def _mark_broken_links(lines: list[str], quoted: list[bool]) -> None:
    """A link that was wrapped within a quote loses the marks of its next lines, which belong to it."""
    for index in range(1, len(lines)):
        if quoted[index] or not quoted[index - 1] or not lines[index]:
            continue
        if _LINK_ALONE.match(lines[index]):
            quoted[index] = index + 1 < len(lines) and quoted[index + 1]
        elif _LINK_OPENED.search(lines[index - 1]):
            for end in range(index, min(index + _MAX_LINK, len(lines))):
                if _LINK_CLOSED.match(lines[end]):
                    quoted[index : end + 1] = [True] * (end + 1 - index)
                    break


def _below(history: History, lines: list[str], quoted: list[bool], index: int, most: int) -> list[Kind]:
    """The lines of a signature from its dashes to the next quote or history; too many are none."""
    end = index + 1
    written = 0
    while end < len(lines) and not quoted[end] and not history.begins(end, lines[end]):
        written += bool(lines[end])
        end += 1
    return ["signature" if written <= most else "reply"] * (end - index)
