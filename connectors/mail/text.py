"""HTML to the text that a person would read aloud, and flowed text to paragraphs.

Quoted history in HTML comes out as lines that begin with `>`, so that `quote` finds it in either form.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 1_000_000
_RULE = "_" * 32
_MAX_DEPTH = 200
_MAX_REPEATED = 200_000


def _tags(*names: str) -> frozenset[str]:
    return frozenset(" ".join(names).split())


_TAG = re.compile(r"<(/?[a-z][a-z0-9]{0,15})")
# A parser closes these by itself, so an unclosed one does not nest.
_FLAT = _tags(
    "area base basefont br col embed frame hr img input link meta p li td th tr dd dt option source wbr",
    "thead tbody tfoot html head body param track",
)
_FORMATTING = _tags("a b big code em font i nobr s small strike strong tt u")
# How much deeper a tag leads: nowhere when it is flat; twice as much, to be halved, when it formats.
_STEPS = {f"{slash}{tag}": 0 for tag in _FLAT for slash in ("", "/")}
_STEPS |= dict.fromkeys(_FORMATTING, 2) | {f"/{tag}": -2 for tag in _FORMATTING}
_SKIPPED = _tags("script style head title template noscript object iframe svg math")
_BLOCKS = _tags(
    "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6",
    "header hr li main nav ol p pre section table tr ul",
)
_MARKED = frozenset({"blockquote", "div", "pre"})
_NOTHING = (None, None, None)
# Classes and ids by which mail programs say that an element is a signature.
SIGNATURES = re.compile(
    r"\b(?:x_)?(?:gmail_signature|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature"
    r"|AppleMailSignature|Signature|lineBreakAtBeginningOfSignature)\b"
)
_INDENTED = re.compile(r"border:\s?(?:none|0)|border-(?:left|width):\s?(?:none|0)")
_SPACED = _tags("blockquote dl h1 h2 h3 h4 h5 h6 ol p pre table ul")


def bounded_html(html: str) -> tuple[str, str | None]:
    """The HTML when a parser can take it in time, else its text only; and what was wrong.

    HTML parsers need time quadratic in depth, and multiply unclosed formatting (measured: 20 000 nested
    `div`, 220 KB, took nh3 1.5 s; 200 000 took 154 s).
    """
    if len(html) > MAX_HTML:
        return _bare(html[:MAX_HTML]), "the HTML is too large and was taken as text"
    tags, closing = html.count("<"), html.count("</")
    if tags - closing <= _MAX_DEPTH and tags * (tags - closing) <= _MAX_REPEATED:
        return html, None  # too few to be deep
    depth = formatting = repeated = 0
    for tag in _TAG.findall(html if html.islower() else html.lower()):
        repeated += formatting  # elements that a parser may open anew in every block
        step = _STEPS.get(tag)
        if step is None:
            step = -1 if tag[0] == "/" else 1
        elif step > 1 or step < -1:
            step //= 2
            formatting += step
            formatting = formatting if formatting > 0 else 0
        depth += step
        depth = depth if depth > 0 else 0
        if depth > _MAX_DEPTH or repeated > _MAX_REPEATED:
            return _bare(html), "the HTML is nested too deeply and was taken as text"
    return html, None


def _bare(html: str) -> str:
    """The HTML without anything that looks like a tag; linear, as no match passes a second `<`."""
    return re.sub(r"<[^<>]*>", " ", html).replace("<", "&lt;")


def html_to_text(html: str) -> str:
    """The text of bounded HTML: blocks on lines of their own, links with their address."""
    root = LexborHTMLParser(html).root
    if root is None:
        return ""
    writer = _Writer()
    _walk(root, writer, 0)
    return writer.text()


class _Writer:
    """Gathers text: runs of space become one, blocks begin new lines, quotes are marked."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._wanted_blanks = 0
        self._signature = (0, 0)
        self.quote_depth = 0
        self.verbatim = 0

    def write(self, text: str) -> None:
        if self.verbatim:
            first, *rest = text.split("\n")
            self._put(first)
            for line in rest:
                self.end_line(force=True)
                self._put(line)
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", text)
        if not self._line or self._line[-1].endswith(" "):
            words = words.removeprefix(" ")
        self._put(words)

    def _put(self, text: str) -> None:
        if not text:
            return
        if self._wanted_blanks and self._lines:
            self._lines += [self._prefix().rstrip()] * self._wanted_blanks
        self._wanted_blanks = 0
        self._line.append(text)

    def end_line(self, *, force: bool = False) -> None:
        if self._line or force:
            self._lines.append(self._prefix() + "".join(self._line).rstrip())
            self._line = []

    def rule(self) -> None:
        """A line across, as mail programs draw it in plain text above the header of a quoted mail."""
        self.end_line()
        if not self._lines or not self._lines[-1].endswith(_RULE):
            self._put(_RULE)
            self.end_line()

    def blank(self) -> None:
        self._wanted_blanks = 1

    def begin(self) -> int:
        """The number of the line that comes next."""
        self.end_line()
        return len(self._lines)

    def signed(self, begun: int) -> None:
        """What was written since then is a signature, the last one or more of it."""
        self.end_line()
        first, end = self._signature
        self._signature = (begun if any(self._lines[end:begun]) else first, len(self._lines))

    def _prefix(self) -> str:
        return "> " * self.quote_depth

    def text(self) -> str:
        self.end_line()
        self._mark(*self._signature)
        return re.sub(r"\n{4,}", "\n\n\n", "\n".join(self._lines).replace("\xa0", " ")).strip("\n")

    def _mark(self, begun: int, end: int) -> None:
        """Put the two dashes above a signature that lacks them, where nothing but history is below it."""
        if begun == end or not any(self._lines[:begun]):
            return
        below = next((line for line in self._lines[end:] if line), "")
        near = [line.strip() for line in self._lines[max(0, begun - 2) : begun + 2]]
        history = not below or below.startswith((">", _RULE))
        if history and not {"--", "—", "–"}.intersection(near):
            self._lines.insert(begun, "-- ")


def _walk(node: LexborNode, out: _Writer, depth: int) -> None:
    child = node.first_child
    while child is not None:
        tag = child.tag or ""
        if tag == "-text":
            out.write(child.text_content or "")
        elif tag == "br":
            out.end_line(force=True)
        elif tag == "img":
            out.write(child.attributes.get("alt") or "")
        elif tag not in _SKIPPED and not tag.startswith(("-", "!")) and depth < _MAX_DEPTH * 2:
            _element(child, tag, out, depth)
        child = child.next


def _element(node: LexborNode, tag: str, out: _Writer, depth: int) -> None:
    block = tag in _BLOCKS
    if block:
        out.end_line()
    if tag in _SPACED:
        out.blank()
    mark = _mark_of(node, tag, out) if tag in _MARKED else ""
    begun = out.begin() if mark == "signature" and not out.quote_depth else -1
    out.quote_depth += mark == "quote"
    out.verbatim += tag == "pre"
    if tag == "li":
        out.write("- ")
    elif tag in ("td", "th"):
        out.write(" ")
    elif tag == "hr":
        out.rule()
    _walk(node, out, depth + 1)
    if tag == "a":
        _link(node, out)
    if block:
        out.end_line()
    out.verbatim -= tag == "pre"
    out.quote_depth -= mark == "quote"
    if begun >= 0:
        out.signed(begun)
    if tag in _SPACED:
        out.blank()


def _mark_of(node: LexborNode, tag: str, out: _Writer) -> str:
    """Whether an element holds a `quote` or a `signature`; also writes the rule above header fields."""
    attributes = node.attributes
    if tag == "blockquote":
        cited = attributes.get("type") == "cite" or attributes.get("cite")
        return "quote" if cited or not _INDENTED.search(attributes.get("style") or "") else ""
    said = attributes.get("class"), attributes.get("id"), attributes.get("name")
    if said == _NOTHING:
        return ""
    names = " ".join(filter(None, said))
    if "divRplyFwdMsg" in names or "OutlookMessageHeader" in names:
        out.rule()
    if "gmail_attr" in names or "moz-cite-prefix" in names:
        return "quote" if (node.text() or "").rstrip().endswith((":", "：")) else ""
    if "yahoo_quoted" in names or "protonmail_quote" in names or "messageReplySection" in names:  # Spark
        return "quote"
    return "signature" if "ignature" in names and SIGNATURES.search(names) else ""


def _link(node: LexborNode, out: _Writer) -> None:
    """Where a link leads, unless its text says so."""
    target = (node.attributes.get("href") or "").strip()
    shown = re.sub(r"\s+", "", node.text() or "")
    bare = re.sub(r"^(?:https?://|mailto:|tel:)", "", target).rstrip("/")
    if (
        shown
        and bare
        and target.startswith(("http://", "https://"))
        and bare not in shown
        and len(target) < 500
    ):
        out.write(f" ({target})")


def unflow(text: str, *, delete_space: bool) -> str:
    """Paragraphs of format=flowed text (RFC 3676 §4): a line that ends in a space goes on in the next."""
    paragraphs: list[list[str]] = []
    flowing_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        body = line[depth:].removeprefix(" ")  # stuffed
        flowing = body.endswith(" ") and body != "-- "
        shown = body[:-1] if flowing and delete_space else body
        if flowing_depth == depth and body != "-- ":
            paragraphs[-1].append(shown)
        else:
            paragraphs.append([f"{'>' * depth}{' ' if depth else ''}", shown])
        flowing_depth = depth if flowing else -1
    return "\n".join("".join(paragraph) for paragraph in paragraphs)
