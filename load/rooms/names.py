"""The names that the driver and Parley without storage share: ids made of numbers."""

from __future__ import annotations

from uuid import UUID


def ticket_of(number: int) -> UUID:
    """The ticket of a number; its customer and visitor have the same id."""
    return UUID(int=(1 << 64) + number)


def agent_of(number: int) -> UUID:
    """The agent of a number."""
    return UUID(int=(2 << 64) + number)
