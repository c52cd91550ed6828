"""Bytes of a text to a string, whatever its charset is called and whether or not that is true.

Never raises and never gives what Postgres refuses: a NUL becomes U+2400 (its visible picture), a lone
surrogate U+FFFD.
"""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_MAX_SAMPLE_BYTES = 16_384
_FEW = 20
# What mail programs write, and the superset that its readers have to use (WHATWG Encoding §4.2).
_ALIASES = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "chinesebig5": "big5",
    "cn-big5": "big5",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp51932": "euc-jp",
    "eucjp-ms": "euc-jp",
    "eucjp-win": "euc-jp",
    "x-mac-ce": "mac_latin2",
}
# The same charsets by other names: `win-1257`, `x-windows-1252`, `8859_2`, `x-euc-jp`, `iso-utf-8`.
_LOOSE_NAMES = (
    (re.compile(r"(?:x-)?(?:windows|win|cp|ibm|ms)[-_]?([0-9]{3,5})"), r"cp\1"),
    (re.compile(r"(?:x-)?(?:iso[-_]?)?8859[-_]?([0-9]{1,2})"), r"iso-8859-\1"),
    (re.compile(r"(?:x|iso)-(.+)"), r"\1"),
)
# Where everybody writes more characters than the standard has.
_WIDER = {"euc_jp": "euc_jis_2004", "big5": "big5hkscs", "iso2022_jp_ext": "iso2022_jp_2004"}
_SURELY = 6
_BYTE_ORDERS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Codecs that are no charsets: slow, or turning text into other text.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def mend(text: str) -> str:
    """The text with what cannot be stored made visible."""
    if text.isascii() and "\x00" not in text:
        return text
    if not _UNSTORABLE.search(text):
        return text
    # A pair of surrogates that arrived as two code points is one character.
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\x00", "\u2400")


def decode(data: bytes, declared: str | None) -> tuple[str, str | None]:
    """The text of `data`, and what was wrong with its charset, if anything.

    Tries what was declared, then UTF-8, then looks at the bytes.
    """
    if data.isascii() and (declared is None or _is_ascii_superset(declared)):
        return mend(data.decode("ascii")), None
    name = (declared or "").strip().strip("\"'").partition("(")[0].strip().lower()
    codec = _codec(name)
    if codec is None:
        text = _guess(data)
        return mend(text), f"unknown charset {name[:40]!r}" if name else None
    if codec in ("cp1252", "cp1254"):  # every byte string decodes: the text may still be UTF-8
        return mend(_utf8_or(codec, data)), None
    if not codec.startswith("utf") and (sure := _surely_utf8(data)):
        return mend(sure), f"the text is UTF-8, and not in its charset {name[:40]!r}"
    # What is really so wide has NULs in every line.
    if codec.startswith(("utf-16", "utf-32")) and b"\0" not in data and (sure := _as_utf8(data)):
        return mend(sure), f"the text is UTF-8, and not in its charset {name[:40]!r}"
    if codec == "utf-16" and data[:2] not in _BYTE_ORDERS and data[::2].count(0) > data[1::2].count(0):
        codec = "utf-16-be"
    try:
        return mend(data.decode(codec)), None
    except (UnicodeError, ValueError):
        return mend(_almost(data, codec)), f"the text is not in its charset {name[:40]!r}"


def _codec(name: str) -> str | None:
    """Python's name of the charset, or None when there is no such charset."""
    name = _ALIASES.get(name, name)
    if not name or len(name) > 40 or not name.isascii() or "\x00" in name:
        return None
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return _codec_by_loose_name(name)
    known = info.name.replace("-", "_")
    text = getattr(info, "_is_text_encoding", True)
    return info.name if text and known not in _NO_CHARSETS else None


def _codec_by_loose_name(name: str) -> str | None:
    for pattern, plain in _LOOSE_NAMES:
        found = pattern.fullmatch(name)
        if found is not None:
            return _codec(found.expand(plain)) if found.expand(plain) != name else None
    return None


def _is_ascii_superset(name: str) -> bool:
    lowered = name.lower()
    return not any(
        mark in lowered for mark in ("utf-7", "utf7", "utf-16", "utf-32", "2022", "hz", "037", "ebcdic")
    )


def _surely_utf8(data: bytes) -> str | None:
    """The text when it is UTF-8 and too much of it to be so by accident in another charset."""
    text = _as_utf8(data)
    if text is None:
        return None
    many = max(data, default=0) >= 0xE0 or len(data) - len(text) >= _SURELY
    return text if many and not data.isascii() else None


def _as_utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _utf8_or(codec: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _with_controls(data, codec)


def _with_controls(data: bytes, codec: str) -> str:
    """Windows charsets leave five bytes undefined; readers show them as the C1 controls that they were."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return data.decode(codec, "replace") if codec != "cp1252" else data.decode("latin-1")


def _almost(data: bytes, codec: str) -> str:
    """The declared charset when nearly everything fits it (a cut or damaged text), else a guess."""
    if codec == "utf-8":
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            pass
    if (wider := _in_wider_charset(data, codec)) is not None:
        return wider
    text = data.decode(codec, "replace")
    bad = text.count("\ufffd")
    if bad * 50 <= len(text) or (codec.startswith("utf") and bad <= 2):
        return text
    return _guess(data)


def _in_wider_charset(data: bytes, codec: str) -> str | None:
    wider = _WIDER.get(codec)
    if wider is None:
        return None
    if codec == "iso2022_jp_ext":  # the wider set is announced otherwise
        data = data.replace(b"\x1b$B", b"\x1b$(Q").replace(b"\x1b$@", b"\x1b$(Q")
    try:
        return data.decode(wider)
    except (UnicodeError, ValueError):
        return None


def _guess(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    sample = data[:_MAX_SAMPLE_BYTES]
    high = sum(byte > 127 for byte in sample)
    if high < _FEW and high * 2 < len(sample):  # a few accents tell nothing: Western, as most mail is
        return _with_controls(data, "cp1252")
    best = from_bytes(sample, steps=3, chunk_size=256).best()
    codec = _codec(best.encoding) if best else None
    return data.decode(codec, "replace") if codec else _with_controls(data, "cp1252")
