"""Shared drafts: agents write one reply together, and it is sent once."""

from server.realtime.drafts.drafts import Drafts

__all__ = ["Drafts"]
