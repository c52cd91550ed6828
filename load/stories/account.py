"""A run of stories as a report."""

from __future__ import annotations

from load.course import Course
from load.report.page import Figure, Report, Section, Table
from load.report.plot import Axes, Bound, Series, bars, lines
from load.stories import names
from load.stories.names import ACK, SEEN
from load.stories.scene import Scene
from load.stories.thresholds import Check

MOST_POINTS, FEWEST_POINTS, MESSAGES_A_POINT = 80, 8, 5
SHARES = (("p50", 2), ("p95", 3), ("p99", 4))


def report_of(scene: Scene, checks: list[Check], users: int) -> Report:
    """Everything that is known of a run."""
    course = scene.course
    broken = [check for check in checks if not check.holds]
    verdict = "Everything held" if not broken else f"Not kept: {', '.join(check.what for check in broken)}"
    return Report(
        title="People at a desk",
        subject=f"{scene.access.url} · {dict(scene.machine).get('date', '')}",
        verdict=verdict,
        good=not broken,
        lead=_lead(course, users),
        numbers=_numbers(course),
        sections=[
            _bounds(checks),
            _over_time(course),
            _how_soon(course),
            _measured(course),
            _failures(course),
            Section("Where", tables=[Table(("what", ""), scene.machine, prose=True)]),
        ],
    )


def _lead(course: Course, users: int) -> list[str]:
    told = course.told
    lines = [
        f"{users} people for {_seconds(course):.0f} seconds: visitors who ask and wait, agents who work "
        "a queue, customers who write mail, each in a person's time."
    ]
    if put_off := told.get(names.PUT_OFF):
        lines.append(
            f"The desk put {put_off} visits off, since it lets one address begin only so many "
            "(PARLEY_RATE_WIDGET_SESSIONS_IP): what is measured here is what it let in."
        )
    if unanswered := told.get(names.UNANSWERED):
        lines.append(f"{unanswered} visitors left before an agent had time for them.")
    return lines


def _seconds(course: Course) -> float:
    return (max(course.stretches, default=0) + 1) * course.seconds


def _numbers(course: Course) -> list[tuple[str, str]]:
    acks = course.whole(ACK)
    return [
        ("messages kept", f"{acks.total:,}"),
        ("lost, doubled, out of order", str(sum(map(course.failures, names.FAULTS)))),
        ("send → ack, p99", _ms(acks.percentile(0.99))),
        ("send → seen, p99", _ms(course.whole(SEEN).percentile(0.99))),
        ("conversations", f"{course.told.get(names.CONVERSATIONS, 0):,}"),
        ("came back and resumed", f"{course.told.get(names.CAME_BACK, 0):,}"),
    ]


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"


def _bounds(checks: list[Check]) -> Section:
    rows = [[f"{'✓' if check.holds else '✗'} {check.what}", check.measured, check.bound] for check in checks]
    return Section("What it had to keep", tables=[Table(("bound", "measured", "allowed"), rows, prose=True)])


def _over_time(course: Course) -> Section:
    shown = [(ACK, 1), (SEEN, 2), (names.JOIN, 3)]
    rates = [
        Series(name, tone, [(moment.at, moment.rate) for moment in course.moments(name)])
        for name, tone in shown
    ]
    users = [Series("people", 5, course.users())]
    return Section(
        "Over time",
        "Where little was said, a point stands for several seconds.",
        [
            Figure(
                "How much happened",
                lines("How much happened", rates, Axes("seconds", "a second")),
                shown_names(shown),
            ),
            _percentiles(course, ACK),
            _percentiles(course, SEEN),
            Figure("People at work", lines("People at work", users, Axes("seconds", "people"))),
        ],
    )


def shown_names(shown: list[tuple[str, int]]) -> list[tuple[int, str]]:
    """A legend's entries."""
    return [(tone, name) for name, tone in shown]


def _percentiles(course: Course, name: str) -> Figure:
    moments = course.moments(name, _points(course.whole(name).total))
    series = [
        Series(share, tone, [(moment.at, getattr(moment, share)) for moment in moments])
        for share, tone in SHARES
    ]
    title = f"{name}, over time"
    return Figure(
        title, lines(title, series, Axes("seconds", "ms", y_logarithmic=True)), shown_names(list(SHARES))
    )


def _points(measured: int) -> int:
    """How many points a curve has, so that each stands for some messages."""
    return min(MOST_POINTS, max(FEWEST_POINTS, measured // MESSAGES_A_POINT))


def _how_soon(course: Course) -> Section:
    figures = []
    for name, tone in ((ACK, 1), (SEEN, 2)):
        whole = course.whole(name)
        marks = [
            Bound(value, label)
            for share, label in ((0.5, "p50"), (0.99, "p99"))
            if (value := whole.percentile(share)) is not None
        ]
        axes = Axes("ms", "messages", x_logarithmic=True)
        figures.append(Figure(name, bars(f"{name}: how often each time", whole, axes, tone, marks)))
    return Section(
        "How soon",
        "A message is acknowledged once it is committed; it is seen when the other person's socket has it.",
        figures,
    )


def _measured(course: Course) -> Section:
    heads = ("in ms", "count", "failed", "p50", "p95", "p99", "longest")
    counted = [[what, f"{count:,}"] for what, count in sorted(course.told.items())]
    tables = [Table(heads, measured_rows(course))]
    return Section(
        "All that was measured", tables=[*tables, *([Table(("counted", ""), counted)] if counted else [])]
    )


def measured_rows(course: Course) -> list[list[str]]:
    """Each name with its count, failures and percentiles."""
    rows = []
    for name in course.names():
        if name in names.FAULTS:
            continue
        whole = course.whole(name)
        times = [whole.percentile(share) for share in (0.5, 0.95, 0.99)] + [whole.longest_ms or None]
        shown = ["-" if time is None else f"{time:.1f}" for time in times]
        rows.append([name, str(whole.total), str(course.failures(name)), *shown])
    return rows


def _failures(course: Course) -> Section:
    failed = [Series("failures", 4, [(at, sum(rates)) for at, rates in _failure_rates(course)])]
    rows = [
        [error, f"{count:,}"] for error, count in sorted(course.errors.items(), key=lambda item: -item[1])
    ]
    if not rows:
        return Section("Failures", "There were none.")
    figure = Figure("Failures over time", lines("Failures over time", failed, Axes("seconds", "a second")))
    return Section("Failures", figures=[figure], tables=[Table(("what", "count"), rows)])


def _failure_rates(course: Course) -> list[tuple[float, list[float]]]:
    by_name = [course.moments(name) for name in course.names()]
    return [
        (moments[0].at, [moment.failures for moment in moments]) for moments in zip(*by_name, strict=True)
    ]
