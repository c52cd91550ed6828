"""The one writer: every change of a ticket goes through `Handle.submit` and is one Postgres transaction."""

from server.handle.outcome import Outcome
from server.handle.writer import Handle

__all__ = ["Handle", "Outcome"]
