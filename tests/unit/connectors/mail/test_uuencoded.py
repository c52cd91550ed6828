"""Files inside a text."""

import binascii

import pytest

from connectors.mail.uuencoded import WrittenFile, take_files

DATA = bytes(range(100))
LINES = "".join(binascii.b2a_uu(DATA[at : at + 45]).decode() for at in range(0, 100, 45))


def test_each_file_is_taken_out_of_the_text() -> None:
    text = f"above\nbegin 644 a b.bin\n{LINES}`\nend\nbetween\nbegin 0755 c\n#0V%T\n`\nend\nbelow"
    kept, files = take_files(text)
    assert kept == "above\nbetween\nbelow"
    assert files == [WrittenFile("a b.bin", DATA), WrittenFile("c", b"Cat")]


def test_a_file_that_was_cut_off_keeps_what_came() -> None:
    assert take_files("begin 644 c\n#0V%T\n") == ("", [WrittenFile("c", b"Cat")])


def test_spaces_that_a_relay_took_are_read_as_zeros() -> None:
    assert take_files("begin 644 c\n#\nend\n")[1] == [WrittenFile("c", bytes(3))]


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 steps\nwalk on\nend\n",
        "begin 644 steps\nend\n",
        "begin with this\n#0V%T\nend\n",
        "begin 644 c\n#0V%T\nand more words\nend\n",
        "begin 644 c",
    ],
)
def test_words_that_look_like_a_file_stay(text: str) -> None:
    assert take_files(text) == (text, [])
