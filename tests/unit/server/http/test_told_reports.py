"""A report as a file, however long it is.

Seen to fail when lines are gathered before they are written, and when the file is read in one piece.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator

from server.domain.report_resources import AgeRow
from server.http.told_reports import filed

LINES = 100_000


async def rows(count: int) -> AsyncIterator[AgeRow]:
    for n in range(count):
        yield AgeRow(group={"agent_id": str(n), "agent_name": "=Somebody"}, from_days=1, to_days=2, open=n)


async def test_a_long_file_is_never_whole_in_memory() -> None:
    [*(await filed(rows(1), AgeRow)).chunks()]  # what is loaded and kept by the first of all
    tracemalloc.start()
    try:
        file = await filed(rows(LINES), AgeRow)
        sizes = [len(chunk) for chunk in file.chunks()]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(sizes) == file.length > 2_500_000
    assert (len(sizes), max(sizes)) == (-(-file.length // 65_536), 65_536)
    assert most < 2_200_000, most


async def test_it_has_every_line_once_below_their_names() -> None:
    text = b"".join((await filed(rows(2_500), AgeRow)).chunks()).decode()
    head, *lines = text.split("\r\n")
    assert head == "agent_id,agent_name,from_days,to_days,open"
    assert lines == [*(f"{n},'=Somebody,1,2,{n}" for n in range(2_500)), ""]


async def test_no_lines_are_a_head() -> None:
    assert b"".join((await filed(rows(0), AgeRow)).chunks()) == b"from_days,to_days,open\r\n"
