"""Plots as inline SVG, drawn here: lines over time, dots, and bars of a histogram. Pure.

Colours are the page's classes (`tone-1` …), so that light and dark are its business. Whatever stands under a
pointer says its value, by SVG's own `title`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from load.histogram import Histogram, middle_of
from load.report.scale import Scale, shorten

WIDTH, HEIGHT = 400, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40
MOST_HINTS = 130
BARS = 44
Point = tuple[float, float | None]


class Series(NamedTuple):
    """Points in order, each with its value or None where there is none; `tone` is its colour."""

    label: str
    tone: int
    points: Sequence[Point]


class Axes(NamedTuple):
    """What stands on the axes."""

    x: str
    y: str
    x_logarithmic: bool = False
    y_logarithmic: bool = False


class Bound(NamedTuple):
    """A line that should not be crossed."""

    value: float
    label: str


def lines(title: str, series: Sequence[Series], axes: Axes, bound: Bound | None = None) -> str:
    """Curves; where a value is missing, a curve is interrupted."""
    frame = _Frame(series, axes, bound)
    drawn = "".join(
        f'<path class="curve tone-{one.tone}" d="{frame.path(one.points)}"/>{frame.hints(one, axes)}'
        for one in series
    )
    return frame.svg(title, drawn)


def dots(title: str, series: Sequence[Series], axes: Axes, bound: Bound | None = None) -> str:
    """Single points, each with its own place."""
    frame = _Frame(series, axes, bound)
    drawn = "".join(frame.dots(one, axes) for one in series)
    return frame.svg(title, drawn)


def bars(title: str, histogram: Histogram, axes: Axes, tone: int, marks: Sequence[Bound] = ()) -> str:
    """How often each duration was measured, on a logarithmic axis; `marks` stand across it."""
    counted = _gathered(histogram)
    heights = Series("", tone, [(at, float(count)) for at, _, count in counted] or [(1.0, 0.0)])
    frame = _Frame([heights], axes, None)
    drawn = []
    for at, until, count in counted:
        left, right = frame.x(at), frame.x(until)
        top = frame.y(count)
        width, height = max(right - left - 0.6, 0.8), HEIGHT - BOTTOM - top
        drawn.append(
            f'<rect class="bar tone-{tone}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}"><title>{at:.3g} to {until:.3g} ms: {count:,}</title></rect>'
        )
    for mark in marks:
        drawn.append(frame.upright(mark))
    return frame.svg(title, "".join(drawn))


def _gathered(histogram: Histogram) -> list[tuple[float, float, int]]:
    """The buckets, some together, as (from, to, count); nothing is left out."""
    if not histogram.counts:
        return []
    low, high = min(histogram.counts), max(histogram.counts)
    width = max(1, -(-(high - low + 1) // BARS))
    sums: dict[int, int] = {}
    for bucket, count in histogram.counts.items():
        sums[(bucket - low) // width] = sums.get((bucket - low) // width, 0) + count
    return [
        (middle_of(low + number * width), middle_of(low + (number + 1) * width), count)
        for number, count in sorted(sums.items())
    ]


class _Frame:
    """Axes for some series, and where things stand on them."""

    def __init__(self, series: Sequence[Series], axes: Axes, bound: Bound | None) -> None:
        points = [point for one in series for point in one.points]
        heights = [y for _, y in points if y is not None] + ([bound.value] if bound else [])
        self._axes = axes
        self._bound = bound
        self._x = Scale([x for x, _ in points], logarithmic=axes.x_logarithmic)
        self._y = Scale([y * 1.06 for y in heights], logarithmic=axes.y_logarithmic)

    def x(self, value: float) -> float:
        return LEFT + self._x.place(value) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - self._y.place(value) * (HEIGHT - BOTTOM - TOP)

    def path(self, points: Sequence[Point]) -> str:
        """The curve; a value alone between gaps is a short stroke."""
        parts, down = [], False
        for x, y in points:
            if y is None:
                down = False
                continue
            parts.append(f"{'L' if down else 'M'}{self.x(x):.1f} {self.y(y):.1f}{'' if down else 'h0.01'}")
            down = True
        return "".join(parts)

    def hints(self, series: Series, axes: Axes) -> str:
        """Places under the pointer that say what is there; not for more points than a hand can tell apart."""
        known = [(x, y) for x, y in series.points if y is not None]
        every = -(-len(known) // MOST_HINTS) or 1
        return "".join(self._spot("hint", series, x, y, axes) for x, y in known[::every])

    def dots(self, series: Series, axes: Axes) -> str:
        return "".join(
            self._spot(f"dot tone-{series.tone}", series, x, y, axes)
            for x, y in series.points
            if y is not None
        )

    def _spot(self, kind: str, series: Series, x: float, y: float, axes: Axes) -> str:
        said = f"{series.label}: {y:,.4g} {axes.y} at {x:,.4g} {axes.x}"
        return (
            f'<circle class="{kind}" cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="4">'
            f"<title>{escape(said)}</title></circle>"
        )

    def upright(self, mark: Bound) -> str:
        """A vertical line with its name at the top."""
        at = self.x(mark.value)
        anchor = "end" if at > WIDTH * 0.8 else "start"
        shift = -4 if anchor == "end" else 4
        return (
            f'<line class="bound" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text class="named" x="{at + shift:.1f}" y="{TOP + 8}" text-anchor="{anchor}">'
            f"{escape(mark.label)}</text>"
        )

    def svg(self, title: str, drawn: str) -> str:
        """The whole plot."""
        bottom, middle = HEIGHT - BOTTOM, (LEFT + WIDTH - RIGHT) / 2
        parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">']
        for value in self._y.ticks():
            at = self.y(value)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{shorten(value)}</text>')
        for value in self._x.ticks():
            at = self.x(value)
            parts.append(f'<text x="{at:.1f}" y="{bottom + 15}" text-anchor="middle">{shorten(value)}</text>')
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>')
        parts.append(
            f'<text class="unit" x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{escape(self._axes.y)} · {escape(self._axes.x)}</text>"
        )
        parts.append(drawn)
        if self._bound is not None:
            at = self.y(self._bound.value)
            parts.append(
                f'<line class="bound" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            )
            parts.append(
                f'<text class="named" x="{WIDTH - RIGHT - 2}" y="{at - 4:.1f}" text-anchor="end">'
                f"{escape(self._bound.label)}</text>"
            )
        return "".join([*parts, "</svg>"])
