"""What mail costs: accepted, turned into interactions, seen in a list, and one of 50 MB passing through."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable

import httpx2
import msgspec

from load import smtp, usage
from load.child import EMAIL, INBOX_ADDRESS, PASSWORD, Child, Folder
from load.measures import Bench, goal, say, share
from load.parsing import BOUNDARY, alternative_mail
from load.people import sign_in
from load.references import reference
from load.usage import Spent
from load.wire import connect, encode

MAILS, MAIL_BYTES, SESSIONS, RUNS = 1_500, 5_000, 10, 5
RATIO_GOAL, TAKEN_GOAL, VISIBLE_GOAL_MS, LARGE_GOAL = 0.7, 1_500, 1_000, 3.0
ALTERNATIVES, ALTERNATIVE_BYTES, ALTERNATIVE_GOAL = 3_000, 14_200, 600  # 15 KB with their heads
PACED_SESSIONS, PACED_EACH, PAUSE_SECONDS = 8, 100, 0.08  # a hundred mails a second
LARGE_BYTES = 45 * 1024 * 1024  # with its head and line ends below the 50 MiB that are taken
TAKEN_SECONDS = 120.0
_TEXT_BEGINS = b"quoted-printable\r\n\r\n"
_TAKEN = 'parley_mails_total{outcome="taken"}'


async def measure_mails(bench: Bench) -> None:
    """Mails through SMTP, each answered with 250 after its commit; then all of them as interactions.

    The reference takes turns with Parley, when it has nothing more to do, so that both have the same machine.
    """
    run_id = f"{time.time_ns():x}"

    def mails(run: int) -> list[bytes]:
        return [smtp.compose(number, f"{run_id}.{run}", INBOX_ADDRESS, MAIL_BYTES) for number in range(MAILS)]

    before, none = taken(bench), Spent(0, 0, 0, 0, 0)
    spent, rates, bares = none, [], []
    with reference("sink") as port:
        for run in range(RUNS + 1):
            began = Spent.until_now(bench.child.pid)
            rates.append(await smtp.run(bench.child.smtp_port, mails(run), INBOX_ADDRESS, SESSIONS))
            await _all_taken(bench, before + MAILS * (run + 1))
            spent = spent.plus(began, Spent.until_now(bench.child.pid))
            bares.append(await smtp.run(port, mails(run), INBOX_ADDRESS, SESSIONS))
            say(f"  mails {run}/{RUNS}: {rates[-1]:,.0f}/s, sink: {bares[-1]:,.0f}/s")
    count = MAILS * (RUNS + 1)
    cost, per_core = spent.each(none, count), count / spent.parley
    rate, bare = statistics.median(rates[1:]), statistics.median(bares[1:])
    ratio = statistics.median(one / other for one, other in zip(rates[1:], bares[1:], strict=True))
    bench.add(
        f"mails of {MAIL_BYTES // 1000} KB through SMTP, 250 after commit, {SESSIONS} sessions",
        f"{rate:,.0f}/s, {ratio:.2f} of the reference",
        f"{goal(ratio >= RATIO_GOAL, f'{RATIO_GOAL}')}; aiosmtpd that throws mail away: {bare:,.0f}/s",
    )
    bench.add(
        "the same mails accepted, read and made interactions, per second of Parley's processor",
        f"{per_core:,.0f}",
        f"{goal(per_core >= TAKEN_GOAL, f'{TAKEN_GOAL:,}')}; {cost}",
    )


async def measure_alternatives(bench: Bench) -> None:
    """Mails of 15 KB in text and HTML, as large mail programs write them, through SMTP to interactions."""
    run_id = f"alternative{time.time_ns():x}"
    shape = alternative_mail(ALTERNATIVE_BYTES)
    mails = [_own(shape, f"{run_id}.{number}".encode()) for number in range(ALTERNATIVES)]
    before, began = taken(bench), Spent.until_now(bench.child.pid)
    await smtp.run(bench.child.smtp_port, mails, INBOX_ADDRESS, SESSIONS)
    await _all_taken(bench, before + ALTERNATIVES)
    none = Spent(0, 0, 0, 0, 0)
    spent = none.plus(began, Spent.until_now(bench.child.pid))
    per_core = ALTERNATIVES / spent.parley
    bench.add(
        f"mails of {len(shape) / 1000:.0f} KB in text and HTML, likewise, per second of Parley's processor",
        f"{per_core:,.0f}",
        f"{goal(per_core >= ALTERNATIVE_GOAL, f'{ALTERNATIVE_GOAL}')}; {spent.each(none, ALTERNATIVES)}",
    )


def _own(shape: bytes, name: bytes) -> bytes:
    """The mail with an id, a boundary and a word of its own, answering one of its own, ended by its dot."""
    for number in (b"1@load", b"1@parley", b"2@parley"):
        shape = shape.replace(b"<" + number, b"<" + name + b"." + number)
    shape = shape.replace(BOUNDARY.encode(), BOUNDARY.encode() + name)
    return shape.replace(_TEXT_BEGINS, _TEXT_BEGINS + name + b": ", 1) + b".\r\n"


def taken(bench: Bench) -> int:
    """How many mails have become interactions."""
    lines = httpx2.get(f"{bench.child.url}/metrics", timeout=30).text.splitlines()
    return int(float(next((line.split()[1] for line in lines if line.startswith(_TAKEN)), "0")))


async def _all_taken(bench: Bench, count: int) -> None:
    async with asyncio.timeout(TAKEN_SECONDS):
        while await asyncio.to_thread(taken, bench) < count:  # noqa: ASYNC110 (another process counts them)
            await asyncio.sleep(0.5)


async def measure_visible(bench: Bench) -> None:
    """From the 250 to the ticket's row in an agent's list, at a hundred mails a second."""
    run_id = f"visible{time.time_ns():x}"
    accepted: dict[str, float] = {}
    seen: dict[str, float] = {}
    count = PACED_SESSIONS * PACED_EACH
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def receive(payload: bytes) -> None:
        frame = msgspec.json.decode(payload)
        subject = frame["ticket"]["subject"] if frame["op"] == "ticket" else ""
        if run_id in subject and subject not in seen:
            seen[subject] = time.perf_counter()
            if len(seen) == count and not done.done():
                done.set_result(None)

    with httpx2.Client(base_url=bench.child.url, timeout=30) as http:
        token, _ = sign_in(http, EMAIL, PASSWORD)
        room = f"inbox:{_mail_inbox(http, token)}"
    wire = await connect("127.0.0.1", bench.child.port, receive)
    wire.send(encode({"op": "hello", "v": 1, "token": token}))
    wire.send(encode({"op": "join", "room": room, "since": 0}))
    await asyncio.sleep(1)
    sessions = (
        _pace(
            bench.child.smtp_port, run_id, first, lambda text: accepted.setdefault(text, time.perf_counter())
        )
        for first in range(PACED_SESSIONS)
    )
    began = time.perf_counter()
    await asyncio.gather(*sessions)
    rate = count / (time.perf_counter() - began)
    await asyncio.wait_for(done, TAKEN_SECONDS)
    wire.close()
    waited = sorted((seen[text] - accepted[text]) * 1e3 for text in accepted)
    p99 = share(waited, 0.99)
    bench.add(
        f"mail accepted → its row in an agent's list, at {rate:.0f} mails a second, p50 / p99",
        f"{share(waited, 0.5):.0f} / {p99:.0f} ms",
        goal(p99 < VISIBLE_GOAL_MS, f"p99 under {VISIBLE_GOAL_MS:,} ms"),
    )


def _mail_inbox(http: httpx2.Client, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    inboxes = http.get("/api/v1/inboxes", headers=headers).json()["data"]
    return str(next(inbox["id"] for inbox in inboxes if inbox["channel"] == "email"))


async def _pace(port: int, run_id: str, first: int, accepted: Callable[[str], object]) -> None:
    """One session that sends a mail every so often, from when each was due."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(line: bytes) -> None:
        writer.write(line)
        while (answer := await asyncio.wait_for(reader.readline(), 30))[3:4] == b"-":
            pass
        if not answer.startswith((b"2", b"3")):
            raise RuntimeError(answer.decode("latin-1"))

    await ask(b"")
    await ask(b"EHLO load.test\r\n")
    began = time.perf_counter()
    for number in range(PACED_EACH):
        await asyncio.sleep(began + number * PAUSE_SECONDS - time.perf_counter())
        subject = f"{run_id} {first}.{number}"
        await ask(f"MAIL FROM:<customer{first}@load.test>\r\n".encode())
        await ask(f"RCPT TO:<{INBOX_ADDRESS}>\r\n".encode())
        await ask(b"DATA\r\n")
        mail = smtp.compose(number, f"{run_id}.{first}", INBOX_ADDRESS, MAIL_BYTES)
        await ask(mail.replace(b"Subject: Where is my parcel %d?" % number, f"Subject: {subject}".encode()))
        accepted(subject)
    writer.close()


async def measure_large(bench: Bench) -> None:
    """Memory while a mail of some fifty megabytes passes through a process that has done nothing else yet."""
    with Folder() as folder, Child(folder) as child:
        await _measure_large(bench, Bench(child, folder))


async def _measure_large(bench: Bench, fresh: Bench) -> None:
    pid, before = fresh.child.pid, usage.resident_bytes(fresh.child.pid)
    children = set(usage.descendants(pid))
    peak = peak_apart = 0
    mail = smtp.compose(0, f"large{time.time_ns():x}", INBOX_ADDRESS, LARGE_BYTES)

    async def watch() -> None:
        nonlocal peak, peak_apart
        while True:
            peak = max(peak, usage.resident_bytes(pid) - before)
            apart = [each for each in usage.descendants(pid) if each not in children]
            peak_apart = max(peak_apart, usage.shared_out_bytes(apart))
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    await smtp.run(fresh.child.smtp_port, [mail], INBOX_ADDRESS, 1)
    await _all_taken(fresh, 1)
    watching.cancel()
    ratio = peak / len(mail)
    bench.add(
        f"memory while a mail of {len(mail) / usage.MIB:.0f} MiB passes, above what there was",
        f"{peak / usage.MIB:.0f} MiB, {ratio:.1f} × its size",
        f"{goal(ratio < LARGE_GOAL, f'under {LARGE_GOAL:.0f} ×')}; "
        f"the child that reads it and new Postgres processes, meanwhile: {peak_apart / usage.MIB:.0f} MiB",
    )
