"""`make bench`: how fast this Parley is on this machine, each figure beside a reference of the same run.

Rooms come first, without storage: Parley and others, each alone on one core, this driver on another. Then
Parley runs as a child with an embedded Postgres on a fresh folder, commits durable, and nothing is pinned:
Parley, its Postgres and the driver share all cores. Figures are medians of several runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import pstats
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import uvloop

from load.child import RAISED, Child, Folder
from load.clocks import measure_clocks
from load.mails import measure_alternatives, measure_large, measure_mails, measure_visible
from load.measures import MEASURES, Bench, Row, say
from load.parsing import measure_parsing
from load.reports import measure_reports
from load.rooms import holder, report
from load.rooms.story import Length

ROOMS, MANY, REPORTS = "rooms", "many", "reports"
MEASURES |= {
    "mails": measure_mails,
    "alternatives": measure_alternatives,
    "visible": measure_visible,
    "large": measure_large,
    "parse": measure_parsing,
    "clocks": measure_clocks,
    REPORTS: measure_reports,
}


def on_storage(only: str | None, profile: Path | None) -> list[Row]:
    """What a whole Parley does, with its Postgres: everything, or one thing."""
    with Folder() as folder, ExitStack() as stack:
        if only is None:
            with Child(folder) as first:
                started = first.ready_seconds
        child = stack.enter_context(Child(folder, profile))
        bench = Bench(child, folder)
        if only is None:
            bench.add(
                "time to ready, second start", f"{child.ready_seconds:.2f} s", f"first: {started:.2f} s"
            )
        for name, measure in MEASURES.items():
            if only == name or (only is None and name != REPORTS):
                uvloop.run(measure(bench))  # type: ignore[arg-type]
        return bench.rows


def describe() -> str:
    """The machine, the commit, and what was raised."""
    cpu = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine(),
    )  # fmt: skip
    cores = len(os.sched_getaffinity(0))
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    load = Path("/proc/loadavg").read_text().split()[0]
    return (
        f"{cpu}, {cores} cores; Linux {platform.release()}, "
        f"Python {platform.python_version()}; commit {commit or 'unknown'}; load average before: {load}\n"
        f"raised, since one machine plays everybody: {', '.join(name for name in RAISED)}"
    )


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | here | reference of the same run |", "|---|---|---|"]
    return "\n".join(lines + [f"| {row.what} | {row.value} | {row.reference} |" for row in rows])


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m load.bench", description=__doc__)
    parser.add_argument(
        "--only",
        choices=[ROOMS, *MEASURES, MANY],
        help=f"one measurement alone; {MANY} and {REPORTS} only so",
    )
    parser.add_argument("--contestants", metavar="WORDS", help="rooms of these alone, e.g. parley,plain")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a sample of rooms (default: 1)")
    parser.add_argument(
        "--profile", action="store_true", help="run Parley under cProfile, and show where time goes"
    )
    options = parser.parse_args()
    began, about = time.perf_counter(), describe()
    with tempfile.TemporaryDirectory() as scratch:
        profile = Path(scratch) / "parley.prof" if options.profile else None
        print(f"\n{about}\ncommand: {' '.join(['python -m load.bench', *sys.argv[1:]])}\n")
        if options.only in (None, ROOMS):
            contestants = report.chosen(options.contestants)
            print(report.run(contestants, Length(seconds=options.seconds), say) + "\n", flush=True)
        if options.only == MANY:
            print(table([Row(*holder.hold())]) + "\n")
        elif options.only != ROOMS:
            print(table(on_storage(options.only, profile)) + "\n")
        if profile is not None:
            pstats.Stats(str(profile)).sort_stats("tottime").print_stats(40)
    say(f"took {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
