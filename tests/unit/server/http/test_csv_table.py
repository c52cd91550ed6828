"""Reports as files that a spreadsheet opens and does not run."""

from __future__ import annotations

import pytest

from server.domain.report_resources import AgeRow, BreachHour
from server.http.csv_table import Sheet


def row(**group: str | None) -> AgeRow:
    return AgeRow(group=group, from_days=90, to_days=None, open=-3)


def test_a_line_begins_with_its_group() -> None:
    lines = [row(team_id="1", team_name="First, line"), row(team_id=None, team_name=None)]
    assert Sheet(AgeRow).write(lines).decode() == (
        'team_id,team_name,from_days,to_days,open\r\n1,"First, line",90,,-3\r\n,,90,,-3\r\n'
    )


def test_no_lines_are_a_head() -> None:
    head = "weekday,hour,first_response,next_response,resolution,breached\r\n"
    assert Sheet(BreachHour).write([]).decode() == head


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_name_that_looks_like_a_formula_is_text(name: str) -> None:
    text = Sheet(AgeRow).write([row(team_name=name)]).decode().partition("\r\n")[2]
    assert text.removeprefix('"').startswith("'" + name)
