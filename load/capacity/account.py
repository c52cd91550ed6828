"""A search for a capacity as a summary on the screen and as a report."""

from __future__ import annotations

from rich.console import Console

from load.capacity import screen
from load.capacity.hunt import ACK, SEEN, Asked, Found
from load.capacity.result import Result
from load.report.page import Figure, Report, Section, Table
from load.report.plot import Axes, Bound, Series, bars, dots, lines

SHARES = (("p50", 2), ("p95", 3), ("p99", 4))
HEADS = ("asked for", "seen", "p50", "p95", "p99", "Parley", "Postgres", "driver", "all", "")


def summary(console: Console, found: Found, asked: Asked, notes: list[str]) -> None:
    """The table of trials, the figure, and what bounded it."""
    console.print(screen.table(found.results, asked.bound_ms))
    for note in notes:
        console.print(note, style="yellow", soft_wrap=True)
    console.print(verdict(found, asked), style="bold green" if found.rate else "bold red", soft_wrap=True)
    console.print(f"What bounds it: {found.bounded}", soft_wrap=True)


def verdict(found: Found, asked: Asked) -> str:
    """The answer in one line."""
    if found.limited:
        return (
            "No capacity was found: the desk's own rates ended the search "
            f"({found.rate:,.0f} messages a second held before). Raise PARLEY_RATE_WIDGET_MESSAGES and "
            "PARLEY_RATE_WIDGET_SESSIONS_IP on the desk."
        )
    if not found.rate:
        return f"No rate held: even the lowest was not seen within {asked.bound_ms:g} ms at p99."
    who = "from agents to visitors" if found.speakers == "agents" else "in both directions"
    p99 = _median_p99(found.confirmed)
    reached = "" if p99 is None else f" (p99 {p99:.0f} ms, confirmed {len(found.confirmed)} times)"
    return (
        f"{found.rate:,.0f} messages a second, {who}, p99 of send → seen under {asked.bound_ms:g} ms{reached}"
    )


def _median_p99(results: list[Result]) -> float | None:
    known = sorted(result.seen.p99 for result in results if result.seen is not None)
    return known[len(known) // 2] if known else None


def report_of(
    found: Found, asked: Asked, notes: list[str], where: str, machine: list[tuple[str, str]]
) -> Report:
    """Everything that is known of a search."""
    p99 = _median_p99(found.confirmed)
    faults = sum(result.faults for result in found.results if not result.hopeless)
    return Report(
        title="How much this desk takes",
        subject=f"{where} · {dict(machine).get('date', '')}",
        verdict=verdict(found, asked),
        good=bool(found.rate) and not found.limited and not faults,
        lead=[f"What bounds it: {found.bounded}", *notes],
        numbers=[
            ("messages a second", f"{found.rate:,.0f}"),
            ("p99 of send → seen there", "–" if p99 is None else f"{p99:.0f} ms"),
            ("bound of p99", f"{asked.bound_ms:g} ms"),
            ("trials", str(len(found.results))),
            ("lost, doubled, out of order", str(faults)),
        ],
        sections=[
            _by_rate(found, asked),
            _over_time(found),
            _how_soon(found),
            _refusals(found),
            Section("Where", tables=[Table(("what", ""), machine, prose=True)]),
        ],
    )


def _by_rate(found: Found, asked: Asked) -> Section:
    held = [result for result in found.results if result.outcome(asked.bound_ms).holds]
    failed = [result for result in found.results if not result.outcome(asked.bound_ms).holds]
    series = [
        Series(label, tone, [(one.rate, one.seen.p99) for one in results if one.seen is not None])
        for label, tone, results in (("held", 2, held), ("did not hold", 4, failed))
    ]
    axes = Axes("messages a second", "ms", x_logarithmic=True, y_logarithmic=True)
    bound = Bound(asked.bound_ms, f"bound {asked.bound_ms:g} ms")
    figures = [
        Figure(
            "p99 of send → seen, by rate",
            dots("p99 by rate", series, axes, bound),
            ((2, "held"), (4, "did not")),
        ),
        *_cores(found),
    ]
    rows = [
        [*screen.cells(one, asked.bound_ms)[1:], screen.verdict(one, asked.bound_ms)] for one in found.results
    ]
    text = (
        "Messages leave on a fixed schedule, whatever the desk does, and count from when they were due. "
        "Times in milliseconds; processor time in cores."
    )
    return Section("Every trial", text, figures, [Table(HEADS, rows)])


def _cores(found: Found) -> list[Figure]:
    known = sorted(
        ((one.rate, one.cores) for one in found.results if one.cores is not None), key=lambda pair: pair[0]
    )
    if not known:
        return []
    who = (("Parley", 1), ("Postgres", 2), ("this driver", 3), ("everybody", 5))
    columns = zip(
        *((cores.parley, cores.postgres, cores.driver, cores.busy) for _, cores in known), strict=True
    )
    shown = [
        Series(label, tone, [(rate, used) for (rate, _), used in zip(known, column, strict=True)])
        for (label, tone), column in zip(who, columns, strict=True)
        if any(column)
    ]
    bound = Bound(known[0][1].there, "all cores")
    axes = Axes("messages a second", "cores", x_logarithmic=True)
    legend = [(one.tone, one.label) for one in shown]
    return [Figure("Cores at work, by rate", dots("Cores at work, by rate", shown, axes, bound), legend)]


def _over_time(found: Found) -> Section:
    moments = found.course.moments(SEEN)
    rate = [Series("seen", 1, [(moment.at, moment.rate) for moment in moments])]
    times = [
        Series(share, tone, [(one.at, getattr(one, share)) for one in moments]) for share, tone in SHARES
    ]
    return Section(
        "Over time",
        "The search as it went: each hill is a trial, between them the desk rests.",
        [
            Figure("Messages seen", lines("Messages seen", rate, Axes("seconds", "a second"))),
            Figure(
                "send → seen, over time",
                lines("send → seen, over time", times, Axes("seconds", "ms", y_logarithmic=True)),
                [(tone, share) for share, tone in SHARES],
            ),
        ],
    )


def _how_soon(found: Found) -> Section:
    figures = []
    for name, tone in ((ACK, 1), (SEEN, 2)):
        whole = found.course.whole(name)
        marks = [Bound(value, "p99")] if (value := whole.percentile(0.99)) is not None else []
        axes = Axes("ms", "messages", x_logarithmic=True)
        figures.append(Figure(name, bars(f"{name}: how often each time", whole, axes, tone, marks)))
    return Section("How soon", "Over all trials, those that were too much included.", figures)


def _refusals(found: Found) -> Section:
    rows = []
    for one in found.results:
        counts = {"lost": one.lost, "doubled": one.doubled, "out of order": one.disordered}
        counts |= {f"refused: {code}": count for code, count in one.refused.items()}
        counts |= {f"closed with {code}": count for code, count in one.closed.items()}
        rows += [[f"{one.rate:,.0f}/s", what, f"{count:,}"] for what, count in counts.items() if count]
    if not rows:
        return Section("Failures", "No message was lost, doubled, out of order or refused.")
    return Section("Failures", tables=[Table(("at", "what", "count"), rows)])
