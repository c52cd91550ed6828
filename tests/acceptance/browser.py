"""Chromium for stories: the system's own, started once for each test process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.acceptance.pages import SECONDS

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Two cores, and pages that are not in front: their timers must not be slowed down.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; skips the test where there is none."""
    if PROGRAM is None:
        pytest.skip("chromium is not here (Debian: chromium)")
    expect.set_options(timeout=SECONDS)  # its own five seconds are not enough for a machine that is busy
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
