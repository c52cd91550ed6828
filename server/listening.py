"""Sockets that Parley listens on, bound before anything starts: a port in use is one clear line."""

from __future__ import annotations

import socket

BACKLOG = 4096


class PortRefused(Exception):
    """A port cannot be had; the message is one clear line."""


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A bound socket (port 0 is any that is free); raises PortRefused naming the setting to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as wrong:
        raise PortRefused(f"{setting}: cannot listen on {host}:{port}: {wrong.strerror}.") from wrong


def port_of(bound: socket.socket) -> int:
    """The port of a bound socket."""
    return int(bound.getsockname()[1])
