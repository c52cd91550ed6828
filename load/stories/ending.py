"""The end of a run: the summary that is printed, the report that is written, and the exit code."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from load.course import Course
from load.report.page import save
from load.stories import names
from load.stories.account import measured_rows, report_of
from load.stories.options import bounds_of
from load.stories.sweep import sweep
from load.stories.thresholds import Check, judge

OK, BROKEN = 0, 1
WIDTH = 110  # where there is no terminal to ask


def finish(environment: Any) -> int:
    """Judge, print and save; returns the exit code."""
    scene, options = environment.scene, environment.parsed_options
    checks = judge(scene.course, bounds_of(options))
    scene.course.tell(names.SWEPT, sweep(scene))
    logging.getLogger("locust.stats_logger").setLevel(logging.WARNING)  # its tables would say all this again
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    _print(console, scene.course, checks)
    if options.report:
        account = report_of(scene, checks, options.num_users or 0)
        console.print(f"report: {save(account, Path(options.report))}", soft_wrap=True, highlight=False)
    return OK if all(check.holds for check in checks) else BROKEN


def _print(console: Console, course: Course, checks: list[Check]) -> None:
    measured = Table("measured, in ms", title="What happened", title_justify="left")
    for head in ("count", "failed", "p50", "p95", "p99", "longest"):
        measured.add_column(head, justify="right")
    for row in measured_rows(course):
        measured.add_row(*row)
    console.print(measured)
    for what, count in sorted(course.told.items()):
        console.print(f"{count:>7} {what}", highlight=False)
    if put_off := course.told.get(names.PUT_OFF):
        console.print(
            f"The desk put {put_off} visits off: for one address it lets only so many begin "
            "(PARLEY_RATE_WIDGET_SESSIONS_IP, 30/minute unless set). Raise it there to see more visitors."
        )
    for error, count in sorted(course.errors.items(), key=lambda item: -item[1]):
        console.print(f"{count:>7} × {error}", style="red", markup=False, highlight=False, soft_wrap=True)
    bounds = Table("", "bound", "measured", "allowed", title="What it had to keep", title_justify="left")
    for check in checks:
        mark, style = ("✓", "green") if check.holds else ("✗", "bold red")
        bounds.add_row(mark, check.what, check.measured, check.bound, style=style)
    console.print(bounds)
