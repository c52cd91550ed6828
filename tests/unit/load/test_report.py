"""A report: whole, self-contained, and safe with whatever a desk calls its errors."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from load.histogram import Histogram
from load.report.page import Figure, Report, Section, Table, render
from load.report.plot import Axes, Bound, Series, bars, dots, lines
from load.report.scale import Scale, shorten

AXES = Axes("seconds", "ms")
SERIES = [Series("p99", 4, [(0.5, 10.0), (1.5, None), (2.5, 30.0), (3.5, 20.0)])]


def page(error: str = "none") -> str:
    figure = Figure("Over time", lines("Over time", SERIES, AXES), ((4, "p99"),))
    failures = Section("Failures", "", [figure], [Table(("what", "count"), [[error, "3"]])])
    return render(
        Report("A run", "desk", "It held", True, ["For a minute."], [("messages", "3")], [failures])
    )


def test_it_fetches_nothing_and_runs_nothing() -> None:
    text = page()
    assert not re.search(r"(?i)<script|<link|<img|<iframe|\ssrc=|\shref=|url\(|@import|https?://", text)
    assert "default-src 'none'" in text


def test_every_tag_that_opens_closes() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "line", "path", "circle", "rect"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in ("meta", "line", "path", "circle", "rect"):
                assert self.open.pop() == tag

    tags = Tags()
    tags.feed(page())
    assert tags.open == []


def test_what_a_desk_says_is_shown_as_text() -> None:
    text = page("<script>alert(1)</script> & more")
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text


def histogram() -> Histogram:
    found = Histogram()
    for value in (1.0, 2.0, 2.0, 300.0):
        found.add(value)
    return found


@pytest.mark.parametrize(
    "svg",
    [
        lines("a", SERIES, AXES),
        lines("a", SERIES, Axes("s", "ms", y_logarithmic=True), Bound(15.0, "bound")),
        lines("nothing", [Series("x", 1, [])], AXES),
        dots("a", SERIES, Axes("per second", "ms", True, True), Bound(100.0, "<bound>")),
        bars("a", histogram(), Axes("ms", "messages", True), 2, [Bound(300.0, "p99")]),
        bars("nothing", Histogram(), Axes("ms", "messages", True), 2),
    ],
)
def test_a_plot_is_well_formed_and_stays_inside_its_box(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    for node in root.iter():
        for name, most in (("x", width), ("cx", width), ("x1", width), ("y", height), ("cy", height)):
            if name in node.attrib:
                assert 0 <= float(node.attrib[name]) <= most


def test_a_curve_is_interrupted_where_nothing_was_measured() -> None:
    path = re.search(r' d="(.*?)"', lines("a", SERIES, AXES))
    assert path is not None
    assert path[1].count("M") == 2


def test_a_higher_value_stands_higher() -> None:
    heights = re.findall(r'cy="([\d.]+)"', dots("a", SERIES, AXES))
    first, highest, middle = map(float, heights)
    assert highest < middle < first


def test_no_count_of_a_histogram_is_left_out() -> None:
    counts = [int(count) for count in re.findall(r"ms: (\d+)</title>", bars("a", histogram(), AXES, 1))]
    assert sum(counts) == 4


@pytest.mark.parametrize(
    ("values", "logarithmic", "ticks"),
    [
        ([0.0, 100.0], False, [0, 20, 40, 60, 80, 100]),
        ([0.0, 3.0], False, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
        ([1.0, 95.0], True, [1, 3, 10, 30, 100]),
        ([5.0], False, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_ticks_are_round(values: list[float], logarithmic: bool, ticks: list[float]) -> None:
    assert Scale(values, logarithmic=logarithmic).ticks() == pytest.approx(ticks)


def test_a_narrow_logarithmic_axis_has_ticks_as_well() -> None:
    assert len(Scale([210.0, 290.0], logarithmic=True).ticks()) >= 3


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.5"), (20.0, "20"), (1500.0, "1.5k"), (3e6, "3M")])
def test_numbers_beside_an_axis_are_short(value: float, text: str) -> None:
    assert shorten(value) == text
