"""How many connections the limit of open files leaves room for: each is a file, and so is much else."""

from __future__ import annotations

import resource

SPARE_FILES = 500  # Postgres, listeners, attachments, and requests by plain HTTP


def raise_limit() -> int:
    """Raise this process's limit of open files as far as it may; returns it. Harmless to repeat."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):  # macOS says "unlimited" and means less
            return soft
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def room_for_connections(wanted: int) -> int:
    """As many of the wanted live connections as there are files for, besides the spare ones."""
    return max(1, min(wanted, raise_limit() - SPARE_FILES))
