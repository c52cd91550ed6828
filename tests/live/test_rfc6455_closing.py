"""RFC 6455 §5.5.1, §7: every close code, valid or not, reasons, and what follows a close.

Seen to fail when what follows a close is answered.
"""

from __future__ import annotations

from websockets.frames import Opcode

from server.store.pool import Store
from tests.live.desk import live_desk
from tests.live.raw import masked, raw
from tests.live.rfc6455 import PING, PONG, Case, broken, faults

ALLOWED = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4400, 4999]
NOT_ALLOWED = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65535]


def close(code: int, reason: bytes = b"") -> bytes:
    return masked(Opcode.CLOSE, code.to_bytes(2, "big") + reason)


CLOSES = {
    **{f"code {code}": Case(close(code), [], code) for code in ALLOWED},
    **{f"code {code} and a reason": Case(close(code, b"why"), [], code) for code in ALLOWED},
    **{f"code {code}": broken(close(code)) for code in NOT_ALLOWED},
    **{f"code {code} and a reason": broken(close(code, b"why")) for code in NOT_ALLOWED},
    "no code": Case(masked(8, b""), [], 1005),
    "half a code": broken(masked(8, b"\x03")),
    "the longest reason": Case(close(1000, b"x" * 123), [], 1000),
    "a longer reason": broken(close(1000, b"x" * 124)),
    "a reason in UTF-8": Case(close(1000, "auf Wiederhören".encode()), [], 1000),
    **{
        f"a reason of {reason.hex()}": broken(close(1000, reason), 1007)
        for reason in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"bye \xe2\x82", b"\xf4\x90\x80\x80")
    },
    "a message before": Case(masked(1, PING) + close(1000), [PONG], 1000),
    "a ping after": Case(close(1000) + masked(9, b"?"), [], 1000),
    "a message after": Case(close(1000) + masked(1, PING), [], 1000),
    "another close after": Case(close(1001) + close(4000), [], 1001),
    "garbage after": Case(close(1000) + b"\xff" * 500, [], 1000),
    "a close after a fault": Case(b"\x81\x00" + close(1000), [], 1002),
    "a ping after a fault": Case(masked(3, b"") + masked(9, b"?"), [], 1002),
}


async def test_a_close_is_answered_with_its_code_or_as_a_fault(store: Store) -> None:
    async with live_desk(store) as desk:
        assert await faults(desk.port, CLOSES) == {}


async def test_who_goes_without_a_close_is_gone(store: Store) -> None:
    async with live_desk(store) as desk:
        for last in (b"", masked(1, PING)[:5], masked(1, b"x", fin=False)):
            async with raw(desk.port) as client:
                await client.write(last)
                client.writer.write_eof()
                assert await client.reader.read() == b""
        assert not desk.running.live._connections
