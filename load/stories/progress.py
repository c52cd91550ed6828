"""What whoever waits sees: one line that changes, or without a terminal a line every few seconds."""

from __future__ import annotations

import time
from typing import Any

import gevent
from rich.console import Console
from rich.live import Live
from rich.text import Text

from load.course import Course
from load.stories.names import ACK, ANSWERED, CONVERSATIONS, FAULTS, SEEN

LINE_EVERY_SECONDS = 10


def watch(environment: Any) -> None:
    """Show how the run goes, once a second, until its users have gone."""
    console, scene, began = Console(), environment.scene, time.time()
    seconds = environment.parsed_options.run_time
    console.print(
        f"load: people at {scene.access.url}, their tickets marked {scene.mark}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    with Live(console=console, auto_refresh=False, transient=True) as live:
        for tick in range(1, 10**9):
            gevent.sleep(1)
            if environment.runner.state == "stopped" or scene is not environment.scene:
                break
            scene.course.people(time.time(), environment.runner.user_count)
            line = describe(scene.course, time.time() - began, seconds, environment.runner.user_count)
            if console.is_terminal:
                live.update(Text(line), refresh=True)
            elif tick % LINE_EVERY_SECONDS == 0:
                console.print(line, highlight=False, soft_wrap=True)


def describe(course: Course, elapsed: float, whole: float | None, users: int) -> str:
    """The state of a run in a line."""
    ack, seen = course.whole(ACK), course.whole(SEEN)
    failed = sum(course.failures(name) for name in course.names() if name not in FAULTS)
    faults = sum(map(course.failures, FAULTS))
    until = f"/{whole:.0f}" if whole else ""
    return (
        f"{elapsed:4.0f}{until} s  {users} people  {course.told.get(CONVERSATIONS, 0)} conversations  "
        f"{course.told.get(ANSWERED, 0)} answers  {ack.total} messages  "
        f"ack p99 {_ms(ack.percentile(0.99))}  seen p99 {_ms(seen.percentile(0.99))}  "
        f"{failed} failed  {faults} lost"
    )


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
