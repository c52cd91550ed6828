"""A photo as a customer might send one, drawn: a lamp's glow on a wall, as a PNG (W3C PNG, §5 and §11)."""

from __future__ import annotations

import struct
import zlib
from random import Random

WIDTH, HEIGHT = 240, 180


def draw_glow(chance: Random) -> bytes:
    """The bytes of a picture; another chance, another place of the lamp."""
    centre_x, centre_y = chance.uniform(70, 170), chance.uniform(40, 90)
    shade = chance.choice([(255, 214, 140), (255, 196, 120), (250, 226, 170)])
    rows = bytearray()
    for y in range(HEIGHT):
        rows.append(0)  # each line begins with its filter: none
        for x in range(WIDTH):
            rows += _pixel(x - centre_x, y - centre_y, shade)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _chunk(b"IEND", b"")
    )


def _pixel(x: float, y: float, shade: tuple[int, int, int]) -> bytes:
    if abs(x) < 26 - y * 0.5 and -22 < y < 2:  # the lamp's own shade
        return bytes((74, 52, 34))
    if abs(x) < 2.5 and y >= 2:  # its stem
        return bytes((58, 42, 30))
    strength = 1 / (1 + (x * x + y * y) / 2600)
    return bytes(min(255, int(28 + part * strength)) for part in shade)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
