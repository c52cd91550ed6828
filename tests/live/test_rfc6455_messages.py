"""RFC 6455 §5.4, §5.6, §8.1: messages in fragments, and their UTF-8.

Seen to fail when a whole message is let through within another, and when UTF-8 is judged for each fragment
alone.
"""

from __future__ import annotations

from websockets.frames import Opcode

from server.realtime.careful import MAX_FRAGMENTS
from server.store.pool import Store
from tests.live.desk import live_desk
from tests.live.raw import masked
from tests.live.rfc6455 import INVALID, PING, PONG, Case, broken, faults, pieces, pong

MAX_BYTES = 10_000
BEGIN, GO_ON, END = masked(1, PING[:3], fin=False), masked(0, PING[3:7], fin=False), masked(0, PING[7:])
WHOLE = masked(Opcode.TEXT, PING)

FRAGMENTS = {
    "two fragments": Case(pieces(PING[:5], PING[5:]), [PONG]),
    "as many fragments as bytes": Case(pieces(*(bytes((byte,)) for byte in PING)), [PONG]),
    "empty fragments at the begin, between and at the end": Case(
        pieces(b"", PING[:5], b"", b"", PING[5:], b""), [PONG]
    ),
    "nothing but empty fragments": Case(pieces(b"", b"", b""), [INVALID]),
    "a ping between": Case(BEGIN + masked(9, b"?") + GO_ON + END, [pong(b"?"), PONG]),
    "pings between all": Case(
        masked(9, b"0")
        + BEGIN
        + masked(9, b"1")
        + masked(9, b"2")
        + GO_ON
        + masked(9, b"3")
        + END
        + masked(9, b"4"),
        [pong(b"0"), pong(b"1"), pong(b"2"), pong(b"3"), PONG, pong(b"4")],
    ),
    "pongs between": Case(BEGIN + masked(10, b"") + GO_ON + masked(10, b"x") + END, [PONG]),
    "one message in fragments after another": Case((BEGIN + GO_ON + END) * 10, [PONG] * 10),
    "whole ones before and after": Case(WHOLE + BEGIN + GO_ON + END + WHOLE, [PONG] * 3),
    "as many fragments as are taken": Case(pieces(*[b" "] * (MAX_FRAGMENTS - 1), PING), [PONG]),
    "too many fragments": broken(
        masked(1, b" ", fin=False) + masked(0, b" ", fin=False) * MAX_FRAGMENTS, 1008
    ),
    "too many empty fragments": broken(
        masked(1, b"", fin=False) + masked(0, b"", fin=False) * MAX_FRAGMENTS, 1008
    ),
    "together too long": broken(pieces(b"x" * 6000, b"x" * 4001), 1009),
    "together as long as may be": Case(
        pieces(b'{"op":"ping","x":"' + b"x" * 4000, b"x" * 5980 + b'"}'), [PONG]
    ),
    "a continuation of nothing": broken(masked(0, PING)),
    "a continuation of nothing, to be continued": broken(masked(0, PING, fin=False)),
    "an empty continuation of nothing": broken(masked(0, b"")),
    "a continuation of what has ended": Case(BEGIN + GO_ON + END + END, [PONG], 1002),
    "a continuation of a whole one": Case(WHOLE + END, [PONG], 1002),
    "a new text within": broken(BEGIN + WHOLE),
    "a new text within, in pieces": broken(BEGIN + BEGIN),
    "a new binary within": broken(BEGIN + masked(2, b"x")),
    "a text within a binary": broken(masked(2, b"x", fin=False) + WHOLE),
    "a close within": Case(BEGIN + masked(8, b"\x03\xe8"), [], 1000),
    "a reserved opcode within": broken(BEGIN + masked(3, b"")),
}

VALID = [
    "κόσμε", "Hello-µ@ßöäüàá-UTF-8!!", "\0", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd",
    "\ufffe", "\uffff", "\U00010000", "\U0001f600", "\U0010ffff",
]  # fmt: skip
INVALID_BYTES = {
    "a lone continuation": b"\x80", "the last continuation": b"\xbf", "continuations": b"\x80\xbf\x80\xbf",
    "a beginning alone": b"\xc2 ", "three bytes cut": b"\xe2\x82 ", "four bytes cut": b"\xf0\x9f\x98 ",
    "cut at the end": b"\xe2\x82", "four bytes cut at the end": b"\xf0\x9f\x98",
    "overlong in two": b"\xc0\x80", "overlong slash": b"\xc0\xaf", "overlong in two, the last": b"\xc1\xbf",
    "overlong in three": b"\xe0\x80\xaf", "overlong in three, the last": b"\xe0\x9f\xbf",
    "overlong in four": b"\xf0\x80\x80\xaf", "overlong in four, the last": b"\xf0\x8f\xbf\xbf",
    "the first surrogate": b"\xed\xa0\x80", "the last surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond the last": b"\xf4\x90\x80\x80", "far beyond": b"\xf7\xbf\xbf\xbf",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80", "fe": b"\xfe", "ff": b"\xff",
}  # fmt: skip


def message(text: bytes) -> bytes:
    return b'{"op":"ping","x":"' + text + b'"}' if text[0] > 31 else b" " + PING


UTF_8 = {
    **{
        f"{text!a} cut at {cut}": Case(pieces(whole[:cut], whole[cut:]), [PONG])
        for text in VALID
        for whole in [message(text.encode())]
        for cut in range(17, len(whole))
    },
    **{f"{text!a} whole": Case(masked(1, message(text.encode())), [PONG]) for text in VALID},
    **{
        f"{text!a} byte by byte": Case(pieces(*(bytes((byte,)) for byte in message(text.encode()))), [PONG])
        for text in VALID
    },
}
NOT_UTF_8 = {
    **{f"{name}, alone": broken(masked(1, data), 1007) for name, data in INVALID_BYTES.items()},
    **{f"{name}, at the end": broken(masked(1, b"abc" + data), 1007) for name, data in INVALID_BYTES.items()},
    **{
        f"{name}, within": broken(masked(1, message(b"a" + data)), 1007)
        for name, data in INVALID_BYTES.items()
    },
    **{
        f"{name}, in pieces": broken(pieces(b"abc", *(bytes((byte,)) for byte in data)), 1007)
        for name, data in INVALID_BYTES.items()
    },
    "good messages before": Case(WHOLE + masked(1, b"\xff"), [PONG], 1007),
}


async def test_a_message_may_come_in_fragments_and_only_in_order(store: Store) -> None:
    async with live_desk(store, max_frame_bytes=MAX_BYTES) as desk:
        assert await faults(desk.port, FRAGMENTS) == {}


async def test_a_text_is_utf_8_however_it_is_cut(store: Store) -> None:
    async with live_desk(store) as desk:
        assert await faults(desk.port, UTF_8) == {}


async def test_what_is_not_utf_8_is_closed_with_1007(store: Store) -> None:
    async with live_desk(store) as desk:
        assert await faults(desk.port, NOT_UTF_8) == {}
