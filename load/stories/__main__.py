"""`make load`: people at a running desk, for a minute, with progress, a summary and a report.

    python -m load.stories [URL] [options]       `--help` names them all; each can come from the environment
    python -m load.stories --web                 Locust's own page instead, on http://127.0.0.1:8089

The exit code is 0 when every bound held, 1 when one did not, 2 when the run could not begin.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path

from gevent.hub import Hub
from locust.main import main as locust  # patches the process: before anything opens a socket

from load.access import Unreachable, access
from load.stories.options import ACCESS, URL

FILE = Path(__file__).with_name("locustfile.py")
DEFAULTS = {
    "LOCUST_USERS": "22",
    "LOCUST_SPAWN_RATE": "2",
    "LOCUST_RUN_TIME": "60s",
    "LOCUST_STOP_TIMEOUT": "20",
    "LOCUST_LOGLEVEL": "WARNING",
    "LOCUST_ONLY_SUMMARY": "true",
    "LOCUST_HEADLESS": "true",
}
PAGE_DEFAULTS = ("LOCUST_USERS", "LOCUST_SPAWN_RATE", "LOCUST_STOP_TIMEOUT", "LOCUST_LOGLEVEL")


def main(words: list[str]) -> None:
    """Make sure that the run can begin, then leave everything to Locust; ends the process."""
    Hub.NOT_ERROR = (*Hub.NOT_ERROR, KeyboardInterrupt)  # Ctrl-C ends a run with its summary, not a traceback
    url = words.pop(0) if words and not words[0].startswith("-") else os.environ.get("LOCUST_HOST") or URL
    url = url if "://" in url else f"http://{url}"
    page = "--web" in words
    words = [word for word in words if word != "--web"]
    for name, value in DEFAULTS.items():
        if not page or name in PAGE_DEFAULTS:
            os.environ.setdefault(name, value)
    os.environ.setdefault("PARLEY_LOAD_RUN", secrets.token_hex(3))
    sys.argv = ["load", "-f", str(FILE), "--host", url, *words]
    if {"-h", "--help"} & set(words):
        locust()  # type: ignore[no-untyped-call]
    given = _given(words)
    try:
        with access(url, given.token, given.email, given.password) as desk:
            os.environ["PARLEY_LOAD_TOKEN"] = desk.token
            locust()  # type: ignore[no-untyped-call]
    except Unreachable as why:
        print(f"load: {why}", file=sys.stderr)
        sys.exit(2)


def _given(words: list[str]) -> argparse.Namespace:
    """Whose rights are given, on the command line or in the environment."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for flags, variable, more in ACCESS:
        parser.add_argument(*flags, **more | {"default": os.environ.get(variable) or more["default"]})
    return parser.parse_known_args(words)[0]


if __name__ == "__main__":
    main(sys.argv[1:])
