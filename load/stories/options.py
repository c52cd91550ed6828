"""What may be said about a run, on the command line or in the environment; beside Locust's own options."""

from __future__ import annotations

from typing import Any

from load.access import ADMIN
from load.stories.thresholds import Bounds

URL = "http://127.0.0.1:8000"
REPORT = "data/reports/load.html"
_DEFAULT = Bounds()


def add_options(parser: Any, **_: object) -> None:
    """Parley's options, for Locust's parser (or argparse's, with `env_var` taken out)."""
    group = parser.add_argument_group("Parley")
    for flags, env, more in (*ACCESS, *RUN, *BOUNDS):
        group.add_argument(*flags, env_var=env, **more)


def bounds_of(options: Any) -> Bounds:
    """The bounds that were asked for."""
    return Bounds(
        options.max_ack_p95_ms, options.max_ack_p99_ms, options.max_seen_p95_ms, options.max_seen_p99_ms,
        options.max_failures, options.max_lost,
    )  # fmt: skip


ACCESS: tuple[tuple[tuple[str, ...], str, dict[str, Any]], ...] = (
    (("--token",), "PARLEY_LOAD_TOKEN", {"default": "", "help": "an agent's API token"}),
    (
        ("--email",),
        "PARLEY_ADMIN_EMAIL",
        {"default": ADMIN, "help": "or the address that agents sign in with"},
    ),
    (("--password",), "PARLEY_ADMIN_PASSWORD", {"default": "", "help": "and its password"}),
)
RUN: tuple[tuple[tuple[str, ...], str, dict[str, Any]], ...] = (
    (("--smtp",), "PARLEY_LOAD_SMTP", {"default": "", "help": "where mail is taken (the desk's host, 2525)"}),
    (
        ("--mail-to",),
        "PARLEY_LOAD_MAIL_TO",
        {"default": "", "help": "a mail inbox's address (the oldest one's)"},
    ),
    (("--pace",), "PARLEY_LOAD_PACE", {"default": 1.0, "type": float, "help": "2: people twice as fast"}),
    (("--report",), "PARLEY_LOAD_REPORT", {"default": REPORT, "help": f"the report's path ({REPORT})"}),
    (("--run",), "PARLEY_LOAD_RUN", {"default": "", "help": "the run's mark in subjects (made up)"}),
)


def _bound(
    name: str, default: float, text: str, kind: type = float
) -> tuple[tuple[str, ...], str, dict[str, Any]]:
    variable = f"PARLEY_LOAD_{name.upper().replace('-', '_')}"
    return (f"--{name}",), variable, {"default": default, "type": kind, "help": f"{text} ({default:g})"}


BOUNDS = (
    _bound("max-ack-p95-ms", _DEFAULT.ack_p95_ms, "p95 of send → ack above which the run fails; 0: any"),
    _bound("max-ack-p99-ms", _DEFAULT.ack_p99_ms, "its p99"),
    _bound("max-seen-p95-ms", _DEFAULT.seen_p95_ms, "p95 of send → seen by the other, likewise"),
    _bound("max-seen-p99-ms", _DEFAULT.seen_p99_ms, "its p99"),
    _bound("max-failures", _DEFAULT.failures, "share of failures above which the run fails"),
    _bound("max-lost", _DEFAULT.lost, "messages lost, doubled or out of order that a run may have", int),
)
