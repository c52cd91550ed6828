"""Compressed rich text, as winmail.dat holds it, to rich text ([MS-OXRTFCP]). Total and bounded."""

from __future__ import annotations

MAX_BYTES = 1_000_000
_HEADER_BYTES = 16
_COMPRESSED, _STORED = b"LZFu", b"MELA"
_RING = 4096
# What the text may refer back to before it has said anything (§2.1.2.1).
_BEGINNING = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def decompress(data: bytes) -> bytes:
    """The rich text, as far as it can be read and at most MAX_BYTES of it; empty when it is none."""
    kind, packed = data[8:12], data[_HEADER_BYTES:]
    if kind == _STORED:
        return packed[: min(int.from_bytes(data[4:8], "little"), MAX_BYTES)]
    if kind != _COMPRESSED:
        return b""
    out = bytearray(_BEGINNING)
    most = len(_BEGINNING) + min(int.from_bytes(data[4:8], "little"), MAX_BYTES)
    at, end = 0, len(packed)
    while at < end and len(out) < most:
        control = packed[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                out += packed[at : at + 1]
                at += 1
                continue
            if not _repeat(out, int.from_bytes(packed[at : at + 2], "big")):
                return bytes(out[len(_BEGINNING) : most])
            at += 2
    return bytes(out[len(_BEGINNING) : most])


def _repeat(out: bytearray, reference: int) -> bool:
    """Say again what was said before; False at the end, a reference to what comes next (§2.1.3.1)."""
    back = (len(out) - (reference >> 4)) % _RING
    length = (reference & 15) + 2
    if back == 0 or back > len(out):
        return False
    said = bytes(out[-back:][:length])
    out += said if len(said) == length else (said * (length // back + 1))[:length]
    return True
