"""What whoever waits sees: a table that grows by a row a trial; without a terminal, lines."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from load.capacity.result import Result
from load.capacity.search import Step

WIDTH = 110
HEADS = ("", "asked for", "seen", "p50", "p95", "p99", "cores: Parley", "Postgres", "driver", "all", "")
WHY = {"search": "", "again": "once more", "confirm": "confirmation"}


class Screen:
    """The trials so far, and what happens now."""

    def __init__(self, bound_ms: float) -> None:
        self._bound = bound_ms
        self._results: list[Result] = []
        self.console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
        self._live = Live(console=self.console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, line: str) -> None:
        """A line that stays."""
        self.console.print(f"capacity: {line}", markup=False, soft_wrap=True)

    def begin(self, step: Step, seconds: float) -> None:
        """A trial begins; nothing is drawn while it runs, since that would be measured."""
        now = Text(
            f"  {step.rate:,.0f} messages a second for {seconds:g} s … {WHY[step.purpose]}", style="dim"
        )
        if self.console.is_terminal:
            self._live.update(Group(table(self._results, self._bound), now), refresh=True)

    def end(self, result: Result) -> None:
        """A trial has ended."""
        self._results.append(result)
        if self.console.is_terminal:
            self._live.update(table(self._results, self._bound), refresh=True)
        else:
            self.say(
                "  ".join(part for part in cells(result, self._bound)[1:6])
                + "  "
                + verdict(result, self._bound)
            )


def table(results: list[Result], bound_ms: float) -> Table:
    """All trials."""
    drawn = Table(
        title=f"Messages a second, and ms until the other has seen them (bound: p99 ≤ {bound_ms:g} ms)"
    )
    for head in HEADS:
        drawn.add_column(head, justify="left" if not head else "right")
    for result in results:
        style = "" if result.outcome(bound_ms).holds else "red"
        drawn.add_row(*cells(result, bound_ms), verdict(result, bound_ms), style=style)
    return drawn


def cells(result: Result, bound_ms: float) -> list[str]:
    """A trial's mark and figures."""
    seen = result.seen
    times = ["-"] * 3 if seen is None else [f"{value:.1f}" for value in (seen.p50, seen.p95, seen.p99)]
    cores = result.cores
    used = ["-"] * 4
    if cores is not None:
        used = [f"{value:.2f}" for value in (cores.parley, cores.postgres, cores.driver, cores.busy)]
    mark = "✓" if result.outcome(bound_ms).holds else "✗"
    return [mark, f"{result.rate:,.0f}/s", f"{result.achieved:,.0f}/s", *times, *used]


def verdict(result: Result, bound_ms: float) -> str:
    """Why it was run, or why it did not hold."""
    return result.why_not(bound_ms) or WHY[result.purpose] or "held"
