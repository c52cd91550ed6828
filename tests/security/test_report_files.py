"""A report's file tells an agent no more than its answer does: what happened in their own inboxes."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from server.store.pool import Store
from tests.live.test_http_reports import PERIOD, counted, got


@pytest.mark.parametrize(("report", "count"), [("sla-compliance", "targets"), ("durations", "count")])
async def test_a_file_of_all_groups_is_of_the_readers_inboxes_only(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: str, count: str
) -> None:
    """Planted bug that was seen: the cursor that reads all groups reads them in all inboxes."""
    async with counted(store, tmp_path) as desk:

        def all_of(lines: list[dict[str, Any]]) -> int:
            return sum(int(line[count]) for line in lines)

        for name, grouping in (("MAX_GROUPS", "day"), ("MAX_CUSTOMERS", "customer")):
            path = f"/reports/{report}?{PERIOD}&group_by={grouping}"
            bobs = all_of((await got(desk.bob, path))["data"])
            with monkeypatch.context() as few:
                few.setattr(f"server.queries.rollup_sums.{name}", 1)
                assert (await got(desk.bob, path))["truncated"]
                answer = await desk.bob.get(f"{path}&format=csv")
            assert all_of(list(csv.DictReader(io.StringIO(answer.text)))) == bobs
            assert 0 < bobs < all_of((await got(desk.alice, path))["data"])
