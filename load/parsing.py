"""What reading a mail costs: bytes to an inbound message and the HTML that is shown, no storage.

Processor time of one process, since others may share the machine; beside the standard library's parser,
which only cuts a mail into parts, on the same mails in the same run.
"""

from __future__ import annotations

import email
import email.policy
import random
import statistics
import time
from collections.abc import Callable

from connectors.inbound.reading import SMALL_BYTES
from connectors.mail.parse import parse
from connectors.mail.quote import split
from connectors.mail.show import shown_html
from load.measures import Bench
from load.measures import goal as goal_of
from load.smtp import TEXT

ROUNDS, EACH = 7, 120
BLOCKED_GOAL_MS = 20
PLAIN_GOAL, ALTERNATIVE_GOAL = 4_000, 1_400  # 250 and 700 microseconds of the whole way's budget
_WORDS = TEXT.lower().replace(",", "").replace("?", "").split()[:16]
_HEAD = (
    "".join(
        f"Received: from mx{number}.load.test (mx{number}.load.test [192.0.2.{number}])\n"
        f"\tby in{number}.parley.test with ESMTPS id {number}abc\n"
        f"\tfor <support@parley.test>; Mon, 23 Nov 2026 10:00:0{number} +0000\n"
        for number in range(4)
    )
    + "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=load.test; s=2026;\n"
    " h=to:subject:message-id:date:from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n"
    " b=dGhpcyBpcyBubyBzaWduYXR1cmU=\n"
    "MIME-Version: 1.0\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nFrom: Carla Costa <carla@load.test>\n"
    "To: Support <support@parley.test>\nSubject: =?utf-8?q?Where_is_my_parcel_f=C3=BCr_Carla=3F?=\n"
    "Message-ID: <1@load.test>\nIn-Reply-To: <2@parley.test>\nReferences: <1@parley.test> <2@parley.test>\n"
)
BOUNDARY = "=_a_boundary"
_WROTE = "On Mon, Nov 23, 2026 at 9:00 AM Support <support@parley.test> wrote:"


def _lines(size: int, seed: int) -> list[str]:
    """Words in lines, so many characters."""
    chosen = random.Random(seed)
    lines: list[str] = []
    while sum(map(len, lines)) < size:
        lines.append(" ".join(chosen.choices(_WORDS, k=12)))
    return lines


def _text(anew: list[str], quoted: list[str]) -> str:
    return "\n".join(anew) + f"\n\n{_WROTE}\n\n" + "\n".join(f"> {line}" for line in quoted) + "\n"


def plain_mail(size: int = 5_000) -> bytes:
    """An answer in plain text above the quote of what it answers."""
    head = f"{_HEAD}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    body = size - len(head)
    text = _text(_lines(body * 2 // 3, 1), _lines(body // 3, 2))
    return (head + text).replace("\n", "\r\n").encode()


def alternative_mail(size: int = 15_000) -> bytes:
    """The same in text and in HTML, as large mail programs write it."""
    body = size - len(_HEAD)
    anew, quoted = _lines(body // 6, 1), _lines(body // 6, 2)
    paragraphs = "".join(
        f'<p class="MsoNormal" style="margin:0;color:#222"><span style="font-size:11.0pt">{line}</span></p>\n'
        for line in anew
    )
    quote = "<br>\n".join(quoted)
    html = (
        f'<div dir="ltr">{paragraphs}</div><blockquote class="gmail_quote" type="cite">{quote}</blockquote>'
    )
    coded = "Content-Transfer-Encoding: quoted-printable\n\n"
    return (
        (
            f'{_HEAD}Content-Type: multipart/alternative; boundary="{BOUNDARY}"\n\n'
            f"--{BOUNDARY}\nContent-Type: text/plain; charset=utf-8\n{coded}{_text(anew, quoted)}\n"
            f"--{BOUNDARY}\nContent-Type: text/html; charset=utf-8\n{coded}{html.replace('=', '=3D')}\n"
            f"--{BOUNDARY}--\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


def _read(raw: bytes) -> None:
    split.cache_clear()
    shown_html(parse(raw), {})


def _stdlib(raw: bytes) -> None:
    for part in email.message_from_bytes(raw, policy=email.policy.default).walk():
        if not part.is_multipart():
            part.get_content()


def _microseconds(work: Callable[[bytes], None], raw: bytes, each: int = EACH) -> float:
    """Processor time of one call: the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(each):
            work(raw)
        rounds.append((time.process_time() - began) / each * 1e6)
    return statistics.median(rounds)


def _hostile(size: int) -> dict[str, bytes]:
    """Mails that cost the most at the size that is still read in the process that serves everybody."""
    head = "From: mailer-daemon@b.test\r\nContent-Type: text/%s\r\n\r\n"
    bodies = {
        "failures": ("plain", "failed:\n\n"), "recipients": ("plain", "user @ recipient following failed "),
        "quotes": ("plain", "> > > > On "), "words": ("plain", "=?utf-8?q?a?= "),
        "tags": ("html", "<b><i><div style='color:red'>"), "quoted pages": ("html", "<blockquote><p>a"),
    }  # fmt: skip
    return {
        name: (head % kind + pattern * (size // len(pattern))).encode()[:size]
        for name, (kind, pattern) in bodies.items()
    }


def _measure_hostile(bench: Bench) -> None:
    cost = {name: _microseconds(_read, raw, 3) / 1e3 for name, raw in _hostile(SMALL_BYTES).items()}
    worst = max(cost, key=lambda name: cost[name])
    bench.add(
        f"the longest that a hostile mail of {SMALL_BYTES // 1024} KiB holds up the others",
        f"{cost[worst]:.1f} ms ({worst})",
        goal_of(cost[worst] < BLOCKED_GOAL_MS, f"under {BLOCKED_GOAL_MS} ms"),
    )


async def measure_parsing(bench: Bench) -> None:
    """Mails read per second of one processor, beside the standard library."""
    for name, raw, goal in (
        ("plain", plain_mail(), PLAIN_GOAL),
        ("alternative", alternative_mail(), ALTERNATIVE_GOAL),
    ):
        ours, theirs = _microseconds(_read, raw), _microseconds(_stdlib, raw, EACH // 4)
        rate = 1e6 / ours
        bench.add(
            f"{name} mails of {len(raw) / 1000:.1f} KB read per second of a processor",
            f"{rate:,.0f} ({ours:,.0f} µs)",
            f"goal {goal:,}: {'reached' if rate >= goal else 'not reached'}; "
            f"the standard library cuts them in {theirs:,.0f} µs",
        )
    _measure_hostile(bench)
