"""Rich text to what it says."""

import random

from connectors.mail.rich import read_rich
from tests.laws.stored import unstorable

HEAD = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Cyr;}}{\colortbl;\red1;}"


def test_paragraphs_signs_and_letters_of_other_charsets_are_read() -> None:
    rtf = HEAD + rb"\f0 Gr\'fc\'dfe\tab\u8364 ?5\par\f1 \'e4\'e0\f0\emdash \{x\}\line{\*\unknown y}end}gone"
    assert read_rich(rtf) == ("text", "Grüße\t€5\nда—{x}\nend")


def test_html_inside_comes_out_without_the_rich_text_that_stands_for_it() -> None:
    rtf = (
        HEAD + rb"\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 a\'e9{\*\htmltag84 &nbsp;}\htmlrtf \'a0"
        rb"\htmlrtf0 b\htmlrtf\par}\htmlrtf0{\*\mhtmltag84 <img src=x>}{\*\htmltag84 <img src=y>}}"
    )
    assert read_rich(rtf) == ("html", "<p>aé&nbsp;b<img src=y>")


def test_a_character_beyond_the_first_plane_comes_as_one() -> None:
    assert read_rich(rb"{\rtf1\u-10179 ?\u-8704 ?}") == ("text", "😀")


def test_any_bytes_give_a_text_that_can_be_stored() -> None:
    chance = random.Random(7)
    pieces = [
        b"{",
        b"}",
        b"\\'",
        b"\\u-10179 ",
        b"\\uc9",
        b"\\*",
        b"\\htmltag",
        b"\\f9",
        b"\\fonttbl",
        b"\0\xff",
    ]
    for _ in range(2000):
        rtf = b"{\\rtf1\\fromhtml" + b"".join(chance.choices(pieces, k=20)) + chance.randbytes(5)
        assert not unstorable(read_rich(rtf)[1])
