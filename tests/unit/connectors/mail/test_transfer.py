"""Bodies whose encoding is named oddly, or never took place."""

import base64

import pytest

from connectors.mail.transfer import decoded

WORDS = b"Where is my parcel?\nIt should have come on Monday, and it did not.\nCarla\n"


def read(body: bytes, encoding: str) -> bytes:
    return decoded(memoryview(body), encoding)


@pytest.mark.parametrize(
    "name", ["base64", "BASE64", "base64;", '"base64"', "Base-64", "base64 (so to say)", "=?utf-8?Q?base64?="]
)
def test_base64_goes_by_several_names(name: str) -> None:
    assert read(base64.encodebytes(WORDS), name) == WORDS


@pytest.mark.parametrize(
    "name",
    ["quoted-printable", "Quoted-Printable;", "quoted printable", "quoted_printable", "quotedprintable"],
)
def test_quoted_printable_goes_by_several_names(name: str) -> None:
    assert read(b"caf=C3=A9", name) == "café".encode()


@pytest.mark.parametrize("name", ["7bit", "8bit;", "7-bit", "binary", "plain", "spam", "", "base32"])
def test_what_is_no_encoding_is_taken_as_it_is(name: str) -> None:
    assert read(b"a=3D\n", name) == b"a=3D\n"


@pytest.mark.parametrize(
    "body", [WORDS, b"<html><body>Where is it?</body></html>\n", b"%PDF-1.7\n%\xe2\xe3\xcf\n"]
)
def test_what_was_never_encoded_is_taken_as_it_is(body: bytes) -> None:
    assert read(body, "base64") == body


@pytest.mark.parametrize(
    "body",
    [
        base64.encodebytes(WORDS * 9).replace(b"\n", b"\r\n  "),
        b"V2hl cmUg aXMg bXkg cGFy Y2Vs Pw== ",
        b"V2hlcmUgaXMgbXkgcGFyY2VsPw",
        b"b'V2hlcmUgaXMgbXkgcGFyY2VsPw=='",
        b"V2hlcmUg\naXMgbXkg\ncGFyY2Vs\nPw==\n-- \nfooter",
    ],
)
def test_code_in_an_odd_form_is_still_code(body: bytes) -> None:
    assert read(body, "base64").startswith(b"Where is my parcel?")


@pytest.mark.parametrize("length", [8, 51, 58, 200, 201, 600])
@pytest.mark.parametrize(
    "footer",
    [
        b"_____________________________________\r\nParcels mailing list\r\nhttps://lists.example.test/parcels\r\n",
        b"\r\n-- \r\nSent to all who keep parcels\r\n",
    ],
)
def test_what_a_list_writes_below_the_code_is_none_of_it(length: int, footer: bytes) -> None:
    text = (b"Where is my parcel, and why is it late? " * 20)[:length]

    assert decoded(memoryview(base64.encodebytes(text).replace(b"\n", b"\r\n") + footer), "base64") == text


def test_text_of_single_words_is_no_code_above_a_footer() -> None:
    text = b"Test\n\nThat was all, thank you (and goodbye).\n"

    assert decoded(memoryview(text), "base64") == text


@pytest.mark.parametrize("gap", [b"", b" ", b" \t "])
def test_a_soft_break_may_have_space_behind_it(gap: bytes) -> None:
    assert read(b"My par=" + gap + b"\r\ncel = late =" + gap + b"\ncoming", "quoted-printable") == (
        b"My parcel = late coming"
    )


LINES = [b"Line %03d says where the parcel is, and when.\n" % number for number in range(60)]
CODE = base64.encodebytes(b"".join(LINES)).replace(b"\n", b"\r\n")


@pytest.mark.parametrize("at", [0, 30, 1000, 2000])
@pytest.mark.parametrize(
    ("taken", "put"),
    [(1, b"\xc3"), (1, b""), (0, b"A"), (3, b""), (0, b"Zx"), (1, b"="), (0, b"\r\n"), (1, b"\n")],
)
def test_code_is_read_on_behind_a_damaged_line(at: int, taken: int, put: bytes) -> None:
    found = read(CODE[:at] + put + CODE[at + taken :], "base64")

    kept = set(found.splitlines(keepends=True))
    assert len(found) == len(b"".join(LINES))
    assert sum(line in kept for line in LINES) >= len(LINES) - 3


def test_code_in_lines_of_several_widths_is_not_damaged() -> None:
    code = CODE.replace(b"\r\n", b"")
    lines = [code[:40], code[40:116], *(code[at : at + 76] for at in range(116, len(code), 76))]

    assert read(b"\r\n".join(lines), "base64") == b"".join(LINES)
    assert read(b"\r\n".join(lines).rstrip(b"="), "base64") == b"".join(LINES)
