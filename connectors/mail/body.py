"""What a person reads in a mail, and what is attached to it: the walk over every part.

Inline images nested in multipart/related count as attachments with a content id; of alternatives the
last that can be shown wins for HTML, the first for text. A winmail.dat becomes what is packed in it.
"""

from __future__ import annotations

import html as html_entities
import re
from dataclasses import dataclass, field
from io import IncrementalNewlineDecoder

from connectors.mail.calendar import invitation_text
from connectors.mail.charset import decode
from connectors.mail.enriched import enriched_to_text
from connectors.mail.filename import clean_name, invent_name
from connectors.mail.headers import decode_words, parameters, unfold
from connectors.mail.lzfu import decompress
from connectors.mail.mime import Part, Tree
from connectors.mail.rich import read_rich
from connectors.mail.text import bounded_html, html_to_text, unflow
from connectors.mail.tnef import Packed, is_tnef, unpack
from connectors.mail.uuencoded import take_files
from server.domain.inbound import InboundAttachment

MAX_TEXT = 1_000_000
_MAX_ENCODED = 13 * MAX_TEXT  # a character takes four bytes, each of them three in quoted-printable
_CUT = "\n[The text was cut here; the raw mail holds all of it.]"
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,60}/[a-z0-9][a-z0-9.+_-]{0,100}")  # RFC 6838 §4.2
_FILE = re.compile(r"[^:\s][^:]{0,150}\.[A-Za-z0-9]{1,5}")
_CONTENT_ID = re.compile(r"<([^<>]{1,500})>")
_SUBJECT = re.compile(rb"^subject[ \t]*:([^\n]*(?:\n[ \t]+[^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\n\r?\n")
_UNTYPED_HTML = re.compile(r"\s{0,99}<(?:!doctype html|html)\b", re.IGNORECASE)
_MAX_FORWARDED, _MAX_COMPARED = 2, 100_000
_ENRICHED = frozenset({"text/enriched", "text/richtext"})
_SHOWN = frozenset({"text/plain", "text/html"}) | _ENRICHED
_OTHER_FORMS = frozenset({"text/x-amp-html", "text/watch-html"})  # of the same words, for other readers
_NO_WORDS = frozenset({"text/calendar", "text/css", "text/javascript", "text/rfc822-headers"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


@dataclass(slots=True)
class Block:
    """One thing to read, in the forms that it came in."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Body:
    """What the walk gathers. `spare` is shown when nobody wrote a text, else `rich` (packed rich text), else
    what a `forwarded` mail says."""

    blocks: list[Block] = field(default_factory=list)
    attachments: list[InboundAttachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    spare: list[Block] = field(default_factory=list)
    rich: list[bytes] = field(default_factory=list)
    forwarded: list[bytes] = field(default_factory=list)

    def text(self) -> str:
        shown = [
            block.text if block.text is not None else html_to_text(block.html or "") for block in self.blocks
        ]
        whole = "\n".join(part.strip("\n") for part in shown if part.strip())
        if len(whole) > MAX_TEXT:
            self.defects.append("the text is too long and was cut")
            return whole[:MAX_TEXT] + _CUT
        return whole

    def html(self) -> str | None:
        return _html_of(self.blocks) if any(block.html for block in self.blocks) else None


def read_body(root: Part, depth: int = 0) -> Body:
    """Walk the tree of a mail, which is `depth` levels inside of forwarded ones."""
    body = Body()
    body.blocks = _walk(root, body, top=True)
    if not _says_something(body.blocks):
        body.blocks = body.spare or _last_resort(body, depth) or body.blocks
    return body


def _last_resort(body: Body, depth: int) -> list[Block]:
    """What a mail says that is only a wrapping around something."""
    for data in body.rich[:1]:
        return [_rich_block(data, body)]
    for data in body.forwarded[:1] if depth < _MAX_FORWARDED else ():
        return read_body(Tree(data).root, depth + 1).blocks
    return []


def _html_of(blocks: list[Block]) -> str:
    return "\n".join(
        block.html if block.html is not None else f"<pre>{html_entities.escape(block.text or '')}</pre>"
        for block in blocks
        if block.html or (block.text or "").strip()
    )


def _says_something(blocks: list[Block]) -> bool:
    return any((block.text or block.html or "").strip() for block in blocks)


def _walk(part: Part, body: Body, *, top: bool = False) -> list[Block]:
    if part.parts:
        chosen = part.type == "multipart/alternative"
        walked = [
            _walk(child, body, top=top and (chosen or index == 0))
            for index, child in enumerate(part.parts)
            if not (chosen and child.type in _OTHER_FORMS)
        ]
        if chosen:
            return _choose(walked)
        return [block for blocks in walked for block in blocks]
    if part.type.startswith("multipart/"):
        return []
    disposition, given = parameters(part.headers.text("content-disposition"))
    if _is_shown(part, disposition, given, top=top):
        return [_block(part, body)]
    _attach(part, body, disposition, given)
    return []


def _choose(walked: list[list[Block]]) -> list[Block]:
    """One thing in several forms: the first that has text, the last that has HTML; of texts alone, each."""
    texts = [blocks for blocks in walked if any(block.text is not None for block in blocks)]
    htmls = [blocks for blocks in walked if any(block.html is not None for block in blocks)]
    if texts and htmls and texts[0] is not htmls[-1]:
        text = "\n".join(block.text or "" for block in texts[0])
        beside = [block.text for block in htmls[-1] if block.html is None and block.text]
        if beside and (told := "".join(text[:_MAX_COMPARED].split())):  # such as the footer of a list
            text = "\n".join([text.rstrip(), *(one for one in beside if "".join(one.split()) not in told)])
        return [Block(text if text.strip() else None, _html_of(htmls[-1]))]
    if htmls:
        return htmls[-1]
    said: dict[str, Block] = {}  # some programs put two texts here that say different things
    for block in (block for blocks in texts for block in blocks):
        said.setdefault("".join((block.text or "").split()), block)
    return list(said.values())


def _is_shown(part: Part, disposition: str, given: dict[str, str], *, top: bool) -> bool:
    """Whether a leaf is text to read: not marked as an attachment, and not a named file (RFC 8621 §4.1.4)."""
    if part.type not in _SHOWN or disposition == "attachment" or given.get("filename", "").strip():
        return False
    return top or not _named(part, given).strip()


def _block(part: Part, body: Body) -> Block:
    data = part.content(_MAX_ENCODED)
    declared = part.parameters.get("charset")
    text, defect = decode(data, declared or _declared_in_html(part, data))
    if defect:
        body.defects.append(defect)
    if "\r" in text:
        text = IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)
    text = text.removeprefix("\ufeff")
    if part.type == "text/html" or (not part.headers.has("content-type") and _UNTYPED_HTML.match(text)):
        return _html_block(text, body)
    if part.type in _ENRICHED:
        return Block(text=enriched_to_text(text, older=part.type == "text/richtext"))
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    text, files = take_files(text)
    for file in files:
        _add(body, clean_name(file.name), "application/octet-stream", None, file.data, inline=False)
    return Block(text=text)


def _html_block(text: str, body: Body) -> Block:
    html, defect = bounded_html(text)
    if defect:
        body.defects.append(defect)
    return Block(html=html)


def _rich_block(data: bytes, body: Body) -> Block:
    form, text = read_rich(decompress(data))
    return _html_block(text, body) if form == "html" else Block(text=text)


def _declared_in_html(part: Part, data: bytes) -> str | None:
    """The charset in a meta tag, for HTML whose header names none."""
    if part.type != "text/html":
        return None
    head = data[:2000].lower().replace(b"&quot;", b"")
    at = head.find(b"charset=")
    if at < 0:
        return None
    return (
        head[at + 8 : at + 48].split(b">")[0].strip(b"\"' /").split(b'"')[0].decode("ascii", "replace")
        or None
    )


def _attach(part: Part, body: Body, disposition: str, given: dict[str, str]) -> None:
    data = part.content()
    name = clean_name(given.get("filename") or _named(part, given) or _location(part))
    if (part.type in _TNEF or name.lower() == "winmail.dat") and is_tnef(data):
        packed = unpack(data)
        if packed.files or packed.text or packed.html or packed.rich:
            _unpacked(packed, body)
            return
    if part.type in ("message/rfc822", "message/global"):
        name = name or _subject_of(data)
        body.forwarded.append(data)
    elif disposition != "attachment" and (part.type in _SHOWN or (not name and _is_other_text(part.type))):
        body.spare.append(_block(part, body))
    if part.type == "message/delivery-status":
        body.spare.append(Block(text=decode(data, None)[0].replace("\r\n", "\n")))
    if part.type == "text/calendar":
        text = invitation_text(decode(data, part.parameters.get("charset") or "utf-8")[0])
        body.spare += [Block(text=text)] if text else []
    written = part.headers.text("content-id")
    found = _CONTENT_ID.search(written)
    content_id = (found[1] if found else written.strip().strip("<>"))[:500] or None
    inline = disposition == "inline" or (content_id is not None and disposition != "attachment")
    _add(body, name, part.type, content_id, data, inline=inline)


def _named(part: Part, given: dict[str, str]) -> str:
    """The name that a type gives, or one whose field or parameter was mistaken for the other."""
    return part.parameters.get("name") or part.parameters.get("filename") or given.get("name") or ""


def _is_other_text(kind: str) -> bool:
    """Whether that is a text of a kind unknown here, which reads as a plain one (RFC 2046 §4.1.4)."""
    return kind.startswith("text/") and kind not in _NO_WORDS and kind not in _OTHER_FORMS


def _location(part: Part) -> str:
    """The last step of a Content-Location (RFC 2557 §4.2), where it looks like the name of a file."""
    last = part.headers.decoded("content-location").partition("?")[0].rpartition("/")[2]
    return last if _FILE.fullmatch(last) else ""


def _add(body: Body, name: str, kind: str, content_id: str | None, data: bytes, *, inline: bool) -> None:
    body.attachments.append(
        InboundAttachment(
            name=name or invent_name(kind, len(body.attachments) + 1),
            type=kind if _TYPE.fullmatch(kind) else "application/octet-stream",
            size=len(data),
            content_id=content_id,
            inline=inline,
            data=data,
        )
    )


def _unpacked(packed: Packed, body: Body) -> None:
    """What a winmail.dat holds, in its place: files, and a text where the mail has none of its own."""
    for file in packed.files:
        kind = file.type.lower().strip() or "application/octet-stream"
        inline = file.content_id is not None
        _add(body, clean_name(file.name), kind, file.content_id, file.data, inline=inline)
    if packed.html:
        body.spare.append(_html_block(decode(packed.html, None)[0], body))
    elif packed.text:
        body.spare.append(Block(text=packed.text.replace("\r\n", "\n").replace("\r", "\n")))
    elif packed.rich:
        body.rich.append(packed.rich)
    if not packed.whole:
        body.defects.append("the packed file (winmail.dat) could not be read to its end")


def _subject_of(data: bytes) -> str:
    """A name for a forwarded mail, from its subject."""
    found = _SUBJECT.search(_HEADER_END.split(data[:20_000], maxsplit=1)[0])
    subject = clean_name(decode_words(unfold(found[1])).replace("/", "-").strip()) if found else ""
    return f"{subject}.eml" if subject else ""
