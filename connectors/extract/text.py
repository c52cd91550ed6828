"""From a file's bytes to the words in it. Pure, bounded, and run in a sandbox: these bytes are anybody's."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from xml.parsers import expat

import msgspec
from pypdf import PdfReader
from selectolax.lexbor import LexborHTMLParser

from connectors.mail.charset import decode, mend

MAX_CHARS = 200_000  # what the search index takes of one text
MAX_PAGES = 500
MAX_DOCUMENT_BYTES = 20 * 1024 * 1024  # of XML, unpacked
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "


class File(msgspec.Struct, frozen=True):
    """What is to be read."""

    type: str
    name: str
    data: bytes


class _Enough(Exception):
    """As much was read as is wanted."""


def kind_of(mime_type: str, name: str) -> str | None:
    """How a file is read, by its type or else its name: pdf, docx, html, text, or None for not at all."""
    kind, ending = mime_type.partition(";")[0].strip().lower(), PurePosixPath(name.lower()).suffix
    if kind == "application/pdf" or ending == ".pdf":
        return "pdf"
    if kind.endswith("wordprocessingml.document") or ending == ".docx":
        return "docx"
    if kind in ("text/html", "application/xhtml+xml") or ending in (".html", ".htm"):
        return "html"
    if kind.startswith("text/") or ending in (".txt", ".md", ".csv", ".log"):
        return "text"
    return None


def extract(file: File) -> str:
    """The words of a file, at most MAX_CHARS; "" for a kind that is not read.

    Raises whatever a library raises at a broken file.
    """
    readers: dict[str, Callable[[bytes], str]] = {
        "pdf": _pdf, "docx": _docx, "html": _html, "text": _plain,
    }  # fmt: skip
    kind = kind_of(file.type, file.name)
    return "" if kind is None else mend(readers[kind](file.data)[:MAX_CHARS])


def answer(request: bytes) -> bytes:
    """`extract` as a sandbox calls it: a `File` in MessagePack to UTF-8."""
    return extract(msgspec.msgpack.decode(request, type=File)).encode()


def _plain(data: bytes) -> str:
    start = data[: MAX_CHARS * 4]
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return start.decode("utf-16", "replace") if marked else decode(start, None)[0]


def _html(data: bytes) -> str:
    tree = LexborHTMLParser(decode(data[: MAX_CHARS * 20], None)[0])
    tree.strip_tags(["script", "style", "noscript", "template"])
    return tree.body.text(separator=" ", strip=True) if tree.body is not None else ""


def _pdf(data: bytes) -> str:
    reader = PdfReader(io.BytesIO(data))
    found: list[str] = []
    for page in reader.pages[:MAX_PAGES]:
        found.append(page.extract_text())
        if sum(map(len, found)) > MAX_CHARS:
            break
    return "\n".join(found)


def _docx(data: bytes) -> str:
    """The text runs of a word processor's document (ECMA-376 part 1 §17.3.3): paragraphs become lines."""
    found: list[str] = []
    inside = False

    def start(name: str, _: object) -> None:
        nonlocal inside
        inside = name == _WORD + "t"

    def end(name: str) -> None:
        nonlocal inside
        inside = False
        if name in (_WORD + "p", _WORD + "br"):
            found.append("\n")
        elif name == _WORD + "tab":
            found.append("\t")

    def said(text: str) -> None:
        if inside:
            found.append(text)
            if len(found) > MAX_CHARS:
                raise _Enough

    def refuse(*_: object) -> None:
        raise ValueError("a document type of its own")  # the way in for entities that grow

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = said, refuse
    try:
        for piece in _pieces(data):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except _Enough:
        pass
    return "".join(found)


def _pieces(data: bytes) -> Iterator[bytes]:
    """The document's XML, piece by piece; ValueError when it unpacks to more than it should."""
    taken = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("word/document.xml") as document:
        while piece := document.read(65_536):
            taken += len(piece)
            if taken > MAX_DOCUMENT_BYTES:
                raise ValueError("a document that unpacks without end")
            yield piece
