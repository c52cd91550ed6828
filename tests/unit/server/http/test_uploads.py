"""Names that strangers chose, and what their files are served as."""

from __future__ import annotations

import io

import pytest

from server.http.api.attachments import disposition, wanted_range
from server.http.problem import RangeNotSatisfiable, UnsupportedMediaType
from server.http.uploads import Upload, clean_name, type_of


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("report.pdf", "report.pdf"),
        ("Übersicht – 2026.xlsx", "Übersicht – 2026.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\win.ini", "win.ini"),
        ("in\u200bvoice.ph\u200bt", "invoice.pht"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        (".htaccess", "htaccess"),
        ("a.txt. . .", "a.txt"),
        ("", "file"),
        ("...", "file"),
        ("/", "file"),
        ("x" * 4096 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 4096, "x" * 200),
    ],
)
def test_a_name_is_only_a_name(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


def kind(head: bytes, says: str, name: str = "a") -> str:
    return type_of(head, Upload(name, says, io.BytesIO()))


def test_a_type_is_told_from_the_content() -> None:
    assert kind(b"\x89PNG\r\n\x1a\n", "text/html") == "image/png"
    assert kind(b"RIFF0000WEBPVP8 ", "x") == "image/webp"
    assert kind(b"plain", "image/png") == "application/octet-stream"
    assert kind(b"<svg", "image/svg+xml") == "application/octet-stream"
    assert kind(b"<html", "text/html; charset=utf-8") == "application/octet-stream"
    assert kind(b"a,b", "text/csv; charset=utf-8") == "text/csv"


@pytest.mark.parametrize("name", ["a.exe", "a.EXE", "a.pdf.js", "b.scr", "c.lnk"])
def test_programs_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        kind(b"x", "text/plain", name)


def test_only_images_that_cannot_run_are_shown() -> None:
    assert disposition("a.png", "image/png").startswith("inline;")
    assert disposition("a.svg", "application/octet-stream").startswith("attachment;")
    assert disposition('ä";x', "text/plain") == (
        "attachment; filename=\"__;x\"; filename*=UTF-8''%C3%A4%22%3Bx"
    )


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, (0, 10)),
        ("bytes=0-", (0, 10)),
        ("bytes=2-4", (2, 3)),
        ("bytes=2-99", (2, 8)),
        ("bytes=-3", (7, 3)),
        ("bytes=-99", (0, 10)),
        ("bytes=0-,0-", (0, 10)),
        ("bytes=-", (0, 10)),
        ("lines=1-2", (0, 10)),
        ("bytes=" + "0-," * 10_000, (0, 10)),
    ],
)
def test_one_range_is_honoured(header: str | None, wanted: tuple[int, int]) -> None:
    assert wanted_range(header, 10) == wanted


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=4-2", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        wanted_range(header, 10)
