"""The text inside files, and files that are not what they say."""

import io
import zipfile

import pytest
from pypdf import PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from connectors.extract.text import MAX_CHARS, File, extract, kind_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(body: str, head: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        xml = f'<?xml version="1.0"?>{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
        archive.writestr("word/document.xml", xml)
    return file.getvalue()


def pdf(*lines: str) -> bytes:
    writer = PdfWriter()
    for line in lines:
        page = writer.add_blank_page(300, 300)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 20 200 Td ({line}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_the_words_of_a_pdf_come_page_after_page() -> None:
    found = extract(File("application/pdf", "invoice.pdf", pdf("Invoice 4711", "Second page")))
    assert found == "Invoice 4711\nSecond page"


def test_paragraphs_of_a_word_document_become_lines() -> None:
    body = "<w:p><w:r><w:t>One </w:t><w:t>lamp</w:t></w:r></w:p><w:p><w:r><w:t>Two</w:t></w:r></w:p>"
    assert extract(File(DOCX, "order.docx", docx(body))) == "One lamp\nTwo\n"


def test_what_was_deleted_in_a_word_document_is_not_its_text() -> None:
    body = "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:t>new</w:t></w:r></w:p>"
    assert extract(File(DOCX, "order.docx", docx(body))) == "new\n"


def test_scripts_and_styles_are_not_the_text_of_a_page() -> None:
    page = b"<style>p{}</style><p>Gr\xc3\xbc\xc3\x9fe <b>aus</b> Wien</p><script>alert(1)</script>"
    assert extract(File("text/html", "a.html", page)) == "Grüße aus Wien"


@pytest.mark.parametrize("data", ["Grüße".encode(), "Grüße".encode("latin-1"), "Grüße".encode("utf-16")])
def test_plain_text_is_read_in_its_charset(data: bytes) -> None:
    assert extract(File("text/plain", "a.txt", data)) == "Grüße"


def test_what_is_no_text_has_none() -> None:
    assert kind_of("image/png", "a.png") is None
    assert extract(File("image/png", "a.png", b"\x89PNG")) == ""


def test_a_kind_is_known_by_type_or_name() -> None:
    assert kind_of("application/octet-stream", "Invoice.PDF") == "pdf"
    assert kind_of("text/plain; charset=utf-8", "pdf") == "text"


def test_a_long_text_is_cut() -> None:
    assert len(extract(File("text/plain", "a.txt", b"x" * (MAX_CHARS * 8)))) == MAX_CHARS


def test_a_document_with_entities_of_its_own_is_refused() -> None:
    head = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(ValueError, match="document type"):
        extract(File(DOCX, "bomb.docx", docx("<w:p><w:r><w:t>&b;</w:t></w:r></w:p>", head)))


def test_a_document_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="unpacks"):
        extract(File(DOCX, "bomb.docx", docx(" " * 30_000_000)))


@pytest.mark.parametrize("kind", ["application/pdf", DOCX])
def test_a_broken_file_is_an_error_and_no_more(kind: str) -> None:
    with pytest.raises((PyPdfError, zipfile.BadZipFile)):
        extract(File(kind, "broken", b"%PDF-1.7\nPK\x03\x04 nothing of the sort"))
