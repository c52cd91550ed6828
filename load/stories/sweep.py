"""After a run: its tickets that are still open are resolved, so that a desk's queue is as it was before."""

from __future__ import annotations

import httpx2

from load.access import HTTP_SECONDS, bearer
from load.stories.scene import Scene

MAX_PAGES = 50
OPEN = "status=new,open,pending&sort=-created_at&page[size]=100"


def sweep(scene: Scene) -> int:
    """Resolve what carries the run's mark; returns how many that were. What fails is left as it is."""
    resolved = 0
    with httpx2.Client(
        base_url=scene.access.url, headers=bearer(scene.access.token), timeout=HTTP_SECONDS
    ) as http:
        for ticket in _ours(http, scene.mark):
            answer = http.put(f"/api/v1/tickets/{ticket}/status", json={"status": "resolved"})
            resolved += answer.status_code == 200
    return resolved


def _ours(http: httpx2.Client, mark: str) -> list[str]:
    """The ids of open tickets of this run, newest first: pages until one has none of ours."""
    found: list[str] = []
    path: str | None = f"/api/v1/tickets?{OPEN}"
    for _ in range(MAX_PAGES):
        answer = http.get(path) if path else None
        if answer is None or answer.status_code != 200:
            break
        page = answer.json()
        ours = [ticket["id"] for ticket in page["data"] if mark in ticket["subject"]]
        found += ours
        path = page["links"]["next"] if ours else None
    return found
