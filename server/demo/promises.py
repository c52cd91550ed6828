"""What the demonstration promises: hours, reasons to wait, and policies in their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from server.clock import new_id
from server.demo.book import Hours, People, Policy
from server.domain.calendar import Day, Period
from server.domain.events import TargetName
from server.domain.sla.policy import (
    Action,
    Conditions,
    NotifyAssignee,
    NotifyTeam,
    Offset,
    Pause,
    Percent,
    Promise,
    RaisePriority,
    Step,
)
from server.store import calendars, pause_reasons, sla_policies
from server.store.pool import Connection
from server.store.sla_policies import Written

_LATE = Offset(30)
_WAITS = (Pause("pending"), Pause("on_hold"))


async def promise(
    db: Connection,
    workspace_id: UUID,
    people: People,
    teams: Mapping[str, UUID],
    tags: Mapping[str, UUID],
    now: datetime,
) -> dict[str, UUID]:
    """Make all of it; returns the reasons by their names."""
    calendar = calendar_of(people.hours, now.year)
    calendar_id = await calendars.add_calendar(db, workspace_id, people.hours.name, calendar)
    for policy in reversed(people.policies):  # each is put before all others
        conditions = Conditions(
            priorities=tuple(policy.priorities),
            tag_ids=tuple(tags[tag] for tag in policy.tags),
            tiers=tuple(policy.tiers),
        )
        promises = promises_of(policy, people.promises.warnings, calendar_id, teams)
        written = Written(policy.name, policy.description, True, conditions, promises)
        await sla_policies.add_policy(db, workspace_id, new_id(), written)
    return {name: await pause_reasons.add_reason(db, workspace_id, name) for name in people.promises.reasons}


def calendar_of(hours: Hours, year: int) -> calendars.Named:
    """The calendar, with its own dates of the last year, this one and the next."""
    weekday, saturday = _day(hours.weekdays), _day(hours.saturday)
    own, names = [], {}
    for which in (year - 1, year, year + 1):
        for when, name, *periods in hours.own:
            day = date.fromisoformat(f"{which}-{when}")
            own.append((day, _day(periods)))
            names[day] = name
    week = (weekday, weekday, weekday, weekday, weekday, saturday, ())
    return calendars.Named(hours.zone, week, tuple(own), hours.country, None, names)


def _day(periods: list[str]) -> Day:
    return tuple(Period(*map(_minute, period.split("-"))) for period in periods)


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def promises_of(
    policy: Policy, warnings: list[int], calendar_id: UUID, teams: Mapping[str, UUID]
) -> tuple[Promise, ...]:
    """A policy's promises, each with its warnings, and with what is to be done when it is late."""
    minutes: dict[TargetName, float | None] = {
        "first_response": policy.first_response_minutes,
        "next_response": policy.next_response_minutes,
        "resolution": policy.resolution_hours * 60,
    }
    actions = tuple(action_of(word, teams) for word in policy.late)
    return tuple(
        Promise(
            target,
            timedelta(minutes=needed),
            calendar_id=calendar_id if policy.open_hours else None,
            pauses=_WAITS if target == "resolution" else (),
            steps=(
                *(Step(new_id(), Percent(percent)) for percent in warnings),
                *((Step(new_id(), _LATE, actions),) if actions else ()),
            ),
        )
        for target, needed in minutes.items()
        if needed is not None
    )


def action_of(word: str, teams: Mapping[str, UUID]) -> Action:
    """What a word of the book asks for; ValueError for one that cannot be read."""
    match word.split():
        case ["tell", "assignee"]:
            return NotifyAssignee()
        case ["tell", "team"]:
            return NotifyTeam()
        case ["tell", key]:
            return NotifyTeam(teams[key])
        case ["raise", "high"]:
            return RaisePriority("high")
        case ["raise", "urgent"]:
            return RaisePriority("urgent")
        case _:
            raise ValueError(f"not an action: {word}")
