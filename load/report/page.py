"""The page around plots and tables. Pure: it is given everything, and returns one HTML document."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import msgspec

_STYLE = Path(__file__).with_name("style.css")
# Nothing is fetched, run or sent, whatever a file viewer or a mail program would allow.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Table(msgspec.Struct, frozen=True):
    """Rows of text; every column but the first is numbers unless `prose` says otherwise."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    prose: bool = False


class Figure(msgspec.Struct, frozen=True):
    """A plot, what it shows, and its colours' names (tone, label)."""

    title: str
    svg: str
    legend: Sequence[tuple[int, str]] = ()
    note: str = ""


class Section(msgspec.Struct, frozen=True):
    """A part of the report."""

    title: str
    text: str = ""
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()


class Report(msgspec.Struct, frozen=True):
    """A run: what it was, what came of it (`good` or not), the figures that matter, and all else."""

    title: str
    subject: str
    verdict: str
    good: bool
    lead: Sequence[str]
    numbers: Sequence[tuple[str, str]]
    sections: Sequence[Section]


def render(report: Report) -> str:
    """The document."""
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(report.title)}: {escape(report.verdict)}</title>",
            f"<style>{_STYLE.read_text()}</style></head><body><main><header>",
            f"<p class=subject>{escape(report.subject)}</p><h1>{escape(report.title)}</h1>",
            f'<p class="verdict {"good" if report.good else "bad"}">{escape(report.verdict)}</p>',
            *(f"<p class=lead>{escape(line)}</p>" for line in report.lead),
            "</header>",
            _numbers(report.numbers),
            *map(_section, report.sections),
            "</main></body></html>\n",
        ]
    )


def save(report: Report, path: Path) -> Path:
    """Write the document, and the folders above it; returns where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(report), encoding="utf-8")
    return path.absolute()


def _numbers(numbers: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in numbers)
    return f"<dl class=numbers>{cells}</dl>"


def _section(section: Section) -> str:
    figures = "".join(map(_figure, section.figures))
    return "".join(
        [
            f"<section><h2>{escape(section.title)}</h2>",
            f"<p>{escape(section.text)}</p>" if section.text else "",
            f"<div class=figures>{figures}</div>" if figures else "",
            *map(_table, section.tables),
            "</section>",
        ]
    )


def _figure(figure: Figure) -> str:
    legend = "".join(f'<li class="tone-{tone}">{escape(label)}</li>' for tone, label in figure.legend)
    return "".join(
        [
            f"<figure><figcaption>{escape(figure.title)}</figcaption>{figure.svg}",
            f"<ul class=legend>{legend}</ul>" if legend else "",
            f"<p class=note>{escape(figure.note)}</p>" if figure.note else "",
            "</figure>",
        ]
    )


def _table(table: Table) -> str:
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in table.heads)
    rows = "".join(
        "<tr>"
        + f"<th scope=row>{escape(first)}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in table.rows
    )
    kind = " class=prose" if table.prose else ""
    return f"<div class=wide><table{kind}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
