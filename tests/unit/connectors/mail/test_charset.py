"""Texts whose charset has an odd name, or another than the true one."""

import pytest

from connectors.mail.charset import decode

WORDS = {
    "win-1257": "Žąsis ėda",
    "windows1251": "Куда делась посылка",
    "x-windows-1252": "Größe – “quer”",
    "iso-utf-8": "où est-il",
    "x-euc-jp": "荷物はどこですか",
    "eucjp-win": "荷物はどこですか",
    "windows-874": "พัสดุอยู่ที่ไหน",
    "windows-949": "소포가 어디에 있나요",
    "chinesebig5": "包裹在哪裡",
    "cp51932": "荷物はどこですか",
    "x-mac-cyrillic": "Посылка",
    "8859_2": "gdzie jest żółta",
}
PYTHON_NAMES = {
    "win-1257": "cp1257",
    "windows1251": "cp1251",
    "x-windows-1252": "cp1252",
    "iso-utf-8": "utf-8",
    "x-euc-jp": "euc-jp",
    "eucjp-win": "euc-jp",
    "windows-874": "cp874",
    "windows-949": "cp949",
    "chinesebig5": "big5",
    "cp51932": "euc-jp",
    "x-mac-cyrillic": "mac-cyrillic",
    "8859_2": "iso-8859-2",
}


@pytest.mark.parametrize("name", WORDS)
def test_a_charset_goes_by_several_names(name: str) -> None:
    assert decode(WORDS[name].encode(PYTHON_NAMES[name]), name) == (WORDS[name], None)


@pytest.mark.parametrize("declared", ["gb2312", "windows-1251", "iso-8859-2", "big5", "koi8-r", "shift_jis"])
@pytest.mark.parametrize("words", ["包裹在哪里", "Где посылка?", "한국어"])
def test_utf_8_is_known_under_whatever_name_it_comes(declared: str, words: str) -> None:
    text, defect = decode(words.encode(), declared)
    assert text == words
    assert defect is not None


@pytest.mark.parametrize(
    ("words", "charset"), [("联通", "gb2312"), ("ца", "windows-1251"), ("łódź", "iso-8859-2")]
)
def test_a_few_bytes_that_might_be_utf_8_stay_in_their_charset(words: str, charset: str) -> None:
    assert decode(words.encode(charset), charset) == (words, None)


def test_japanese_signs_beyond_the_standard_are_read() -> None:
    """NEC's row 13 (①, ㈱), which every Japanese mail program writes under the plain names."""
    row = b"\x1b$B" + b"-!-j" + b"\x1b(B ok"
    assert decode(row, "iso-2022-jp")[0] == "①㈱ ok"
    assert decode(bytes.fromhex("ada1 adea") + b" ok", "euc-jp")[0] == "①㈱ ok"


def test_chinese_signs_beyond_the_standard_are_read() -> None:
    assert decode("碁".encode("cp950"), "big5")[0] == "碁"


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        (b"the lamp", "utf-16", "the lamp"),
        ("Grüße".encode(), "utf-16le", "Grüße"),
        ("the lamp".encode("utf-16"), "utf-16", "the lamp"),
        ("the lamp\n".encode("utf-16")[:-1], "utf-16", "the lamp\ufffd"),
        ("你好\n".encode("utf-16-be"), "utf-16be", "你好\n"),
    ],
)
def test_a_wide_charset_is_believed_when_the_bytes_are_wide(
    data: bytes, declared: str, expected: str
) -> None:
    assert decode(data, declared)[0] == expected
