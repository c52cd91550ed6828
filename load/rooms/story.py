"""What each contestant goes through, and the figures that come of it."""

from __future__ import annotations

import resource
import statistics
from collections.abc import Callable, Sequence

import msgspec

from load.rooms.contestants import Contestant, Missing
from load.rooms.dialects import Dialect
from load.rooms.driver import Flood, Member, Sample, cut, enter
from load.rooms.serving import Server, Spent, serving

LARGE = 1000
IN_FLIGHT = 4
SMALL_ROOMS, SMALL_IN_FLIGHT = 5000, 128
MANY = 19_000
FIRST = 200  # members before memory is looked at: what a server makes once is not theirs
SPARE_FILES = 500  # what a process has open besides its sockets
Say = Callable[[str], None]


class Figure(msgspec.Struct, frozen=True):
    """A median: per second of the server's processor, and by the clock; whether the driver was full."""

    per_server_second: float
    per_second: float
    driver_is_full: bool = False


class Figures(msgspec.Struct):
    """What was measured of one contestant; None where it was left out."""

    large: Figure | None = None
    alone: Figure | None = None
    small: Figure | None = None
    connects: Figure | None = None
    kib: float | None = None
    kib_many: float | None = None


class Length(msgspec.Struct, frozen=True):
    """How long to look: samples of so many seconds, and rooms of two."""

    samples: int = 5
    seconds: float = 1.0
    rooms: int = SMALL_ROOMS
    many: int = MANY


def may_open(files: int) -> bool:
    """Raise this process's limit of open files, which its children inherit; whether it now holds so many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard == resource.RLIM_INFINITY or hard >= files + SPARE_FILES


async def in_one_room(dialect: Dialect, server: Server, length: Length) -> tuple[Figure, Figure]:
    """Deliveries in a room of a thousand: with messages that overlap, and one after the other."""
    members = await enter(dialect, server.port, [(1, place) for place in range(LARGE)], 0)
    overlapping = Flood(dialect, members, LARGE, IN_FLIGHT, senders=IN_FLIGHT)
    large = await overlapping.run(server, length.seconds, length.samples)
    alone = await Flood(dialect, members, LARGE, 1).run(server, length.seconds, length.samples)
    cut(members)
    return median(large), median(alone)


async def in_small_rooms(dialect: Dialect, server: Server, length: Length) -> Figures:
    """What connecting and staying costs in rooms of two, and then messages among them."""
    figures = Figures()
    places = _pairs(length.rooms * 2)
    members = await enter(dialect, server.port, places[:FIRST], 0)
    await server.settle()
    held, slices = server.resident_bytes(), []
    for number in range(length.samples):
        end = FIRST + (len(places) - FIRST) * (number + 1) // length.samples
        slices.append(await _connect(dialect, server, members, places[len(members) : end]))
    figures.connects = median(slices)
    await server.settle()
    figures.kib = _kib(server, held, len(members) - FIRST)
    # All visitors, then all agents: no two messages in a row in one room.
    flood = Flood(dialect, members[::2] + members[1::2], 2, SMALL_IN_FLIGHT)
    messages = await flood.run(server, length.seconds, length.samples)
    figures.small = median([Sample(one.delivered // 2, one.spent) for one in messages])
    cut(members)
    return figures


async def in_a_crowd(dialect: Dialect, server: Server, length: Length) -> float:
    """KiB a member, of as many as one process holds; on a fresh server, since to part from half costs some
    contestants minutes."""
    places = _pairs(length.many)
    members = await enter(dialect, server.port, places[:FIRST], 0)
    await server.settle()
    held = server.resident_bytes()
    await _connect(dialect, server, members, places[FIRST:])
    await server.settle()
    kib = _kib(server, held, len(members) - FIRST)
    cut(members)
    return kib


def _pairs(members: int) -> list[tuple[int, int]]:
    """Places of so many members in rooms of two."""
    return [(1 + number // 2, number % 2) for number in range(members)]


async def _connect(
    dialect: Dialect, server: Server, members: list[Member], places: Sequence[tuple[int, int]]
) -> Sample:
    then = server.spent()
    members += await enter(dialect, server.port, places, len(members))
    return Sample(len(places), server.spent().since(then))


def _kib(server: Server, before: int, members: int) -> float:
    return (server.resident_bytes() - before) / members / 1024


def median(samples: Sequence[Sample]) -> Figure:
    """The samples' median; the driver was full when it was in most of them."""
    return Figure(
        statistics.median(sample.per_server_second for sample in samples),
        statistics.median(sample.per_second for sample in samples),
        statistics.median(_fullness(sample.spent) for sample in samples) > 0.5,
    )


def _fullness(spent: Spent) -> float:
    return float(spent.driver_is_full)


async def measure(contestant: Contestant, core: int | None, length: Length, say: Say) -> Figures:
    """Everything, each part on a fresh server. Raises Missing."""
    if not may_open(length.rooms * 2):
        raise Missing(f"the limit of open files is too low for {length.rooms * 2:,} connections")
    dialect = contestant.dialect()
    with serving(contestant.command(), core) as server:
        large, alone = await in_one_room(dialect, server, length)
    with serving(contestant.command(), core) as server:
        figures = await in_small_rooms(dialect, server, length)
    figures.large, figures.alone = large, alone
    if may_open(length.many):
        with serving(contestant.command(), core) as server:
            figures.kib_many = await in_a_crowd(dialect, server, length)
    else:
        say(f"  {length.many:,} connections: left out, since the limit of open files is too low")
    return figures
