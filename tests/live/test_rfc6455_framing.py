"""RFC 6455 §5.1, §5.2, §5.5: lengths, masks, reserved bits and opcodes, control frames.

Seen to fail when lengths need not be in their shortest form, and when control frames may be long.
"""

from __future__ import annotations

from itertools import product

from websockets.frames import Opcode

from server.store.pool import Store
from tests.live.desk import live_desk
from tests.live.raw import masked
from tests.live.rfc6455 import INVALID, PING, PONG, Case, broken, faults, pong

MAX_BYTES = 100_000
MASK = b"\x37\xfa\x21\x3d"
KINDS = {"text": 0x1, "cont": 0x0, "binary": 0x2, "close": 0x8, "ping": 0x9, "pong": 0xA}


def padded(size: int) -> bytes:
    """A message of this size that is answered by a pong."""
    return b'{"op":"ping","x":"' + b"x" * (size - 20) + b'"}'


def headed(first: int, length: bytes, payload: bytes = b"") -> bytes:
    """A masked frame whose length is written as the test likes."""
    return bytes((first,)) + length + MASK + masked(Opcode.TEXT, payload)[-len(payload) or 1 << 30 :]


LENGTHS = {
    "an empty text": Case(masked(Opcode.TEXT, b""), [INVALID]),
    "a text of one byte": Case(masked(Opcode.TEXT, b"x"), [INVALID]),
    **{
        f"a text of {size}": Case(masked(Opcode.TEXT, padded(size)), [PONG])
        for size in (124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, MAX_BYTES)
    },
    "a byte too much": broken(masked(Opcode.TEXT, padded(MAX_BYTES + 1)), 1009),
    "far too much, by its head": broken(b"\x81\xff" + (1 << 62).to_bytes(8, "big"), 1009),
    "the highest bit of a length": broken(b"\x81\xff" + (1 << 63).to_bytes(8, "big")),
    "all bits of a length": broken(b"\x81\xff" + b"\xff" * 8),
    **{
        f"{size} written in two bytes": broken(headed(0x81, b"\xfe" + size.to_bytes(2, "big"), b"x" * size))
        for size in (0, 1, 125)
    },
    **{
        f"{size} written in eight bytes": broken(headed(0x81, b"\xff" + size.to_bytes(8, "big"), b"x" * size))
        for size in (0, 125, 126, 65535)
    },
    "125 written in two bytes in a fragment": broken(headed(0x01, b"\xfe\x00\x7d", b"x" * 125)),
}

MASKS = {
    **{
        f"a mask of {mask.hex()}": Case(masked(Opcode.TEXT, padded(90), mask=mask), [PONG])
        for mask in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0")
    },
    **{f"{name} without a mask": broken(bytes((0x80 | opcode, 0))) for name, opcode in KINDS.items()},
    "a long text without a mask": broken(b"\x81\x7e\x01\x00" + b"x" * 256),
    "no mask after a good frame": Case(masked(Opcode.TEXT, PING) + b"\x81\x00", [PONG], 1002),
}

RESERVED = {
    **{
        f"reserved bits {bits:03b} of {name}": broken(bytes((0x80 | bits << 4 | opcode, 0x80)) + MASK)
        for bits, (name, opcode) in product(range(1, 8), KINDS.items())
    },
    **{
        f"opcode {opcode:x}, {size} bytes, fin {fin}": broken(masked(opcode, b"x" * size, fin=fin))
        for opcode, size, fin in product((3, 4, 5, 6, 7, 11, 12, 13, 14, 15), (0, 5), (True, False))
    },
    "a reserved opcode after a good frame": Case(masked(Opcode.TEXT, PING) + masked(5, b"x"), [PONG], 1002),
}

CONTROL = {
    **{
        f"a ping of {size}": Case(masked(Opcode.PING, b"\xfe" * size), [pong(b"\xfe" * size)])
        for size in (0, 1, 124, 125)
    },
    **{f"{name} of 126": broken(masked(KINDS[name], b"x" * 126)) for name in ("ping", "pong", "close")},
    **{f"{name} of 70000": broken(masked(KINDS[name], b"x" * 70_000)) for name in ("ping", "pong", "close")},
    **{
        f"{name} in pieces": broken(masked(KINDS[name], b"", fin=False)) for name in ("ping", "pong", "close")
    },
    "a piece of a ping, and its rest": broken(masked(9, b"a", fin=False) + masked(0, b"b")),
    "pings in their order": Case(
        b"".join(masked(Opcode.PING, b"%d" % number) for number in range(40)),
        [pong(b"%d" % number) for number in range(40)],
    ),
    "pongs that nobody asked for": Case(
        masked(10, b"") + masked(10, b"x" * 125) + masked(9, b"?"), [pong(b"?")]
    ),
    "pings and messages in their order": Case(
        (masked(Opcode.PING, b"a") + masked(Opcode.TEXT, PING)) * 20, [pong(b"a"), PONG] * 20
    ),
    "many messages in one segment": Case(masked(Opcode.TEXT, PING) * 100, [PONG] * 100),
}


async def test_every_length_is_read_and_only_its_shortest_form(store: Store) -> None:
    async with live_desk(store, max_frame_bytes=MAX_BYTES) as desk:
        assert await faults(desk.port, LENGTHS) == {}


async def test_what_comes_is_masked(store: Store) -> None:
    async with live_desk(store) as desk:
        assert await faults(desk.port, MASKS) == {}


async def test_what_is_reserved_is_refused(store: Store) -> None:
    async with live_desk(store) as desk:
        assert await faults(desk.port, RESERVED) == {}


async def test_control_frames_are_short_whole_and_answered_in_order(store: Store) -> None:
    async with live_desk(store) as desk:
        assert await faults(desk.port, CONTROL) == {}
