"""Answers that are kept back, so that what is told meanwhile comes first."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import APIResponse, Page, Route

from tests.acceptance.pages import SECONDS

Held = list[tuple[Route, APIResponse]]


def hold(page: Page, address: str) -> Held:
    """The answers of this address, made at once and kept back."""
    held: Held = []
    page.route(address, lambda route: held.append((route, route.fetch())))
    return held


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Lets the page go on until that holds."""
    ends = time.monotonic() + SECONDS / 1000
    while not holds():
        assert time.monotonic() < ends
        page.wait_for_timeout(50)
