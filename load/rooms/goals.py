"""What Parley's rooms should reach beside the plain loop of the same run; and the table of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from load.rooms.contestants import EACH, MERGED, PARLEY
from load.rooms.story import Figure, Figures

LARGE_SHARE, ALONE_SHARE, SMALL_SHARE = 0.8, 0.7, 0.7
MAX_KIB = 4.0

HEAD = (
    "| per second of the server's processor (by the clock) "
    "| one room of 1 000, four messages in flight: deliveries "
    "| one in flight: deliveries | rooms of two: messages | connected and in a room "
    "| KiB an idle connection, 10 000 | 19 000 |\n|---|---|---|---|---|---|---|"
)


def table(found: Mapping[str, Figures]) -> str:
    """Everybody's figures, in Markdown; `*` where the driver had no time left."""
    return "\n".join([HEAD, *(line(name, figures) for name, figures in found.items())])


def line(name: str, figures: Figures) -> str:
    """One contestant's row."""
    rates = (figures.large, figures.alone, figures.small, figures.connects)
    kib = (f"{kib:.1f}" if kib is not None else "–" for kib in (figures.kib, figures.kib_many))
    return " | ".join([f"| {name}", *map(_cell, rates), *kib]) + " |"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    full = " *" if figure.driver_is_full else ""
    return f"{figure.per_server_second:,.0f} ({figure.per_second:,.0f}){full}"


def verdicts(found: Mapping[str, Figures]) -> Iterator[tuple[str, str]]:
    """Each goal, and whether Parley reached it in this run; goals without a reference in it are left out."""
    parley = found.get(PARLEY.name, Figures())
    each, merged = found.get(EACH.name, Figures()), found.get(MERGED.name, Figures())
    yield from _share(
        "large room: of the plain loop with merged writes", parley.large, merged.large, LARGE_SHARE
    )
    yield from _share(
        "large room, nothing overlaps: of the plain loop", parley.alone, each.alone, ALONE_SHARE
    )
    yield from _share("rooms of two: of the plain loop", parley.small, each.small, SMALL_SHARE)
    for count, kib in (("10 000", parley.kib), ("19 000", parley.kib_many)):
        if kib is not None:
            yield (
                f"KiB an idle joined connection, {count}",
                _said(f"{kib:.2f}", f"≤ {MAX_KIB}", kib <= MAX_KIB),
            )


def _share(what: str, ours: Figure | None, theirs: Figure | None, least: float) -> Iterator[tuple[str, str]]:
    if ours is not None and theirs is not None:
        share = ours.per_server_second / theirs.per_server_second
        yield what, _said(f"{share:.2f}", f"≥ {least}", share >= least)


def _said(value: str, goal: str, reached: bool) -> str:
    return f"{value} (goal {goal}: {'reached' if reached else 'not reached'})"
