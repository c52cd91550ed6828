"""What the bench measures: one function for each group of figures, each with its reference."""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import httpx2
import msgspec

from load import chat, connects, echo, http, inserts, timings, usage
from load.child import EMAIL, PASSWORD, Child
from load.people import People, gather
from load.references import reference
from load.usage import Spent

VISITORS, AGENTS = 5000, 25  # an agent has as many rooms as one connection may
IN_FLIGHT = 1200
RUNS = 5
MESSAGES, TICKETS = 20_000, 3_000
PACED_SECONDS = 6
CONNECTIONS = 64
CATCH_UP_SECONDS, LAG_SECONDS, CAUGHT_UP_EVENTS = 120, 2.1, 100  # the gauge is set every two seconds
STATISTICS_SECONDS = 12  # autovacuum's pause in the embedded Postgres, and a little
ECHOES = 400
DURABLE_GOAL, P99_GOAL_MS, CONNECTS_GOAL = 10_000, 30, 5_000


class Row(NamedTuple):
    """A line of the table."""

    what: str
    value: str
    reference: str = ""


class Bench:
    """A running Parley and what was measured of it."""

    def __init__(self, child: Child, folder: Path) -> None:
        self.child = child
        self.folder = folder
        self.rows: list[Row] = []
        self._people: People | None = None

    def people(self) -> People:
        """Agents and visitors, made when they are first needed."""
        if self._people is None:
            say(f"making {AGENTS} agents and {VISITORS} visitors through the API")
            self._people = gather(self.child.url, EMAIL, PASSWORD, AGENTS, VISITORS)
        return self._people

    def add(self, what: str, value: str, reference: str = "") -> None:
        """Keep a line, and show it at once."""
        self.rows.append(Row(what, value, reference))
        say(f"{what}: {value}" + (f"   [{reference}]" if reference else ""))


def say(line: str) -> None:
    """Progress, for whoever waits."""
    print(f"bench: {line}", file=sys.stderr, flush=True)


async def medians(name: str, run: Callable[[int], Awaitable[float]], runs: int = RUNS) -> float:
    """The median rate of several runs, the first of which only warms up."""
    rates = []
    for number in range(runs + 1):
        gc.collect()
        rates.append(await run(number))
        say(f"  {name} {'warm-up' if number == 0 else f'{number}/{runs}'}: {rates[-1]:,.0f}/s")
    return statistics.median(rates[1:])


def goal(reached: bool, wanted: str) -> str:
    """How a figure stands to its goal."""
    return f"goal {wanted}: {'reached' if reached else 'not reached'}"


async def measure_connects(bench: Bench) -> None:
    """Visitors who connect and are known, each with a token that Postgres is asked about."""
    visitors, rates, wall = bench.people().visitors, [], []
    each, wires, spent = len(visitors) // RUNS, [], Spent.until_now(bench.child.pid)
    for number in range(RUNS):
        busy, began = usage.cpu_seconds(bench.child.pid), time.perf_counter()
        wires += await connects.run(bench.child.port, visitors[number * each : (number + 1) * each])
        wall.append(each / (time.perf_counter() - began))
        rates.append(each / (usage.cpu_seconds(bench.child.pid) - busy))
        say(f"  connects {number + 1}/{RUNS}: {rates[-1]:,.0f} per CPU-second")
    cost = Spent.until_now(bench.child.pid).each(spent, len(wires))
    for wire in wires:
        wire.close()
    rate = statistics.median(rates)
    bench.add(
        "authenticated connects per second of Parley's processor",
        f"{rate:,.0f} ({statistics.median(wall):,.0f} by the clock)",
        f"{goal(rate >= CONNECTS_GOAL, f'{CONNECTS_GOAL:,}')}; {cost}",
    )


async def measure_chat(bench: Bench) -> None:
    """Durable chat messages, and how soon they are seen at half that rate."""
    people = bench.people()
    desk = chat.Desk("127.0.0.1", bench.child.port, people.chat_inbox, people.visitors, people.agents)
    pairs = await chat.open_pairs(desk)
    say(f"  waiting {STATISTICS_SECONDS} s, until Postgres has looked at tables that were empty")
    await asyncio.sleep(STATISTICS_SECONDS)
    first = 0

    async def saturate(_: int) -> float:
        nonlocal first
        first += MESSAGES
        return await chat.Run(pairs, first, MESSAGES).saturate(IN_FLIGHT)

    spent = Spent.until_now(bench.child.pid)
    rate = await medians("chat", saturate)
    cost = Spent.until_now(bench.child.pid).each(spent, MESSAGES * (RUNS + 1))
    lag, seconds = await _caught_up(bench)
    delays, spent = [], Spent.until_now(bench.child.pid)
    for number in range(3):
        first += MESSAGES * 10
        count = int(rate / 2 * PACED_SECONDS)
        delays.append(await chat.Run(pairs, first, count).pace(rate / 2))
        say(f"  paced {number + 1}/3: p99 {share(delays[-1], 0.99) * 1e3:.1f} ms")
    paced_cost = Spent.until_now(bench.child.pid).each(spent, sum(map(len, delays)))
    for pair in pairs:
        pair.visitor.close()
        pair.agent.close()
    rows = await medians("inserts", lambda _: inserts.run(bench.folder / "data", 40_960, 128, 4), 3)
    with reference("echo") as port:
        echoed = await medians("echo", lambda _: echo.run(port, ECHOES, 20_000), 3)
    bench.add(
        f"durable chat messages, socket to ack, {VISITORS} rooms of two",
        f"{rate:,.0f}/s",
        f"{goal(rate >= DURABLE_GOAL, f'{DURABLE_GOAL:,}/s')}; {cost}; "
        f"bare inserts, 4 × 128 a commit: {rows:,.0f} rows/s; "
        f"bare websockets echo, {ECHOES} connections: {echoed:,.0f}/s",
    )
    bench.add(
        "behind after the last message: the slowest consumer of the log (search)",
        f"{lag:,} events",
        f"caught up after {seconds:.0f} s",
    )
    p50, p99 = (statistics.median(share(run, part) for run in delays) * 1e3 for part in (0.5, 0.99))
    bench.add(
        f"send → other member's event at {rate / 2:,.0f}/s, p50 / p99",
        f"{p50:.1f} / {p99:.1f} ms",
        f"{goal(p99 < P99_GOAL_MS, f'p99 < {P99_GOAL_MS} ms')}; {paced_cost}",
    )


async def _caught_up(bench: Bench) -> tuple[int, float]:
    """How many events the slowest consumer of the log was behind, and the seconds until none was."""
    began, first = time.perf_counter(), 0.0
    async with asyncio.timeout(CATCH_UP_SECONDS):
        while True:
            await asyncio.sleep(LAG_SECONDS)
            lines = httpx2.get(f"{bench.child.url}/metrics").text.splitlines()
            lag = max(float(line.split()[-1]) for line in lines if line.startswith("parley_log_lag_events{"))
            first = max(first, lag)
            if lag < CAUGHT_UP_EVENTS:
                return int(first), time.perf_counter() - began


def share(ascending: list[float], part: float) -> float:
    """A percentile, by its part of one."""
    return ascending[min(int(len(ascending) * part), len(ascending) - 1)]


async def measure_tickets(bench: Bench) -> None:
    """Tickets through the API."""
    headers = {"Authorization": f"Bearer {bench.people().admin}"}

    def requests(run: int) -> list[bytes]:
        bodies = (
            {"subject": f"Where is parcel {run}.{n}?", "description": chat.TEXT,
             "customer": {"email": f"customer{n % 1000}@load.test", "name": f"Customer {n % 1000}"}}
            for n in range(TICKETS)
        )  # fmt: skip
        return [http.post("/api/v1/tickets", msgspec.json.encode(body), headers) for body in bodies]

    spent = Spent.until_now(bench.child.pid)
    rate = await medians("tickets", lambda run: http.run(bench.child.port, requests(run), CONNECTIONS))
    cost = Spent.until_now(bench.child.pid).each(spent, TICKETS * (RUNS + 1))
    with reference("json") as port:
        bare = await medians("json", lambda run: http.run(port, requests(run), CONNECTIONS), 3)
    bench.add(
        f"tickets through POST /api/v1/tickets, {CONNECTIONS} connections",
        f"{rate:,.0f}/s",
        f"{cost}; Starlette on uvicorn, the same JSON in and out: {bare:,.0f}/s",
    )


async def measure_timings(bench: Bench) -> None:
    """What times must not give away (rows J4 and W2 of the security checks)."""
    people = bench.people()
    with httpx2.Client(base_url=bench.child.url, timeout=30) as client:
        sign_in = timings.sign_in(client)
        wrong = timings.identity(client, people.admin, people.chat_inbox)
    for name, seconds, bound in (("refused sign-in", sign_in, 10), ("refused identity", wrong, 5)):
        each = ", ".join(f"{what} {statistics.median(took) * 1e3:.1f} ms" for what, took in seconds.items())
        bench.add(
            f"{name}: apart at the median (bound {bound} ms)", f"{timings.apart(seconds) * 1e3:.2f} ms", each
        )


async def measure_idle(bench: Bench) -> None:
    """Memory before anything has happened."""
    await asyncio.sleep(3)
    children = usage.descendants(bench.child.pid)
    bench.add(
        "memory of an idle process (RSS)",
        f"{usage.resident_bytes(bench.child.pid) / usage.MIB:.0f} MiB",
        f"its Postgres, {len(children)} processes (PSS): "
        f"{usage.shared_out_bytes(children) / usage.MIB:.0f} MiB",
    )


MEASURES: dict[str, Callable[[Bench], Awaitable[None]]] = {
    "idle": measure_idle,
    "connects": measure_connects,
    "durable": measure_chat,
    "tickets": measure_tickets,
    "timings": measure_timings,
}
