"""An SLA policy as it comes in, whole or in a few numbers, and the bounds of it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.domain.events import Channel, Priority, TargetName
from server.domain.policy_resources import Waiting
from server.domain.sla.policy import Action, ReopenRule
from server.http.inputs import Id, Name, ShortName, Text

MAX_MINUTES = 525_600
_LEAST = 0.0001  # less is nothing at all by a clock of microseconds
Minutes = Annotated[float, Meta(ge=_LEAST, le=MAX_MINUTES)]
Hours = Annotated[float, Meta(ge=_LEAST, le=8_760)]
Share = Annotated[int, Meta(ge=1, le=99)]
Some = Meta(max_length=100)


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of what comes in."""


class FieldForm(_Form, frozen=True):
    """A custom field of the customer has one of these values."""

    name: ShortName
    values: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=20)]


class ConditionsForm(_Form, frozen=True):
    """Which tickets: of each kind that is given, one must hold; nothing given means every ticket."""

    inbox_ids: Annotated[tuple[Id, ...], Some] = ()
    channels: Annotated[tuple[Channel, ...], Some] = ()
    team_ids: Annotated[tuple[Id, ...], Some] = ()
    priorities: Annotated[tuple[Priority, ...], Some] = ()
    tag_ids: Annotated[tuple[Id, ...], Some] = ()
    companies: Annotated[tuple[Name, ...], Some] = ()
    tiers: Annotated[tuple[Name, ...], Some] = ()
    languages: Annotated[tuple[Name, ...], Some] = ()
    fields: Annotated[tuple[FieldForm, ...], Meta(max_length=10)] = ()


class PauseForm(_Form, frozen=True):
    """A status in which the clock stands still, for one reason or (null) for any."""

    status: Waiting
    reason_id: Id | None = None


class MarkForm(_Form, frozen=True):
    """When: at a share of the time, or so many minutes after (negative: before) the due time; one of them."""

    percent: Annotated[int, Meta(ge=1, le=1_000)] | UnsetType = UNSET
    minutes: Annotated[int, Meta(ge=-MAX_MINUTES, le=MAX_MINUTES)] | UnsetType = UNSET


class StepForm(_Form, frozen=True):
    """A step; the `id` of one that the policy has keeps it. Without actions it is a warning."""

    mark: MarkForm
    actions: Annotated[tuple[Action, ...], Meta(max_length=10)] = ()
    id: Id | UnsetType = UNSET


class TargetForm(_Form, frozen=True):
    """One promise; without a calendar all time counts."""

    target: TargetName
    minutes: Minutes
    calendar_id: Id | None = None
    pauses: Annotated[tuple[PauseForm, ...], Meta(max_length=20)] = ()
    on_reopen: ReopenRule = "continue"
    steps: Annotated[tuple[StepForm, ...], Meta(max_length=20)] = ()


class PolicyForm(_Form, frozen=True):
    """A policy, or what to change of one; what is left out stays.

    `priority_level`, the three times (null: not promised) and `warning_percent` say in a few numbers what
    `conditions` and `targets` say in full; a matter is said in one way or the other.
    """

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    priority_level: Priority | None | UnsetType = UNSET
    first_response_time_minutes: Minutes | None | UnsetType = UNSET
    next_response_time_minutes: Minutes | None | UnsetType = UNSET
    resolution_time_hours: Hours | None | UnsetType = UNSET
    warning_percent: Share | UnsetType = UNSET
    conditions: ConditionsForm | UnsetType = UNSET
    targets: Annotated[tuple[TargetForm, ...], Meta(min_length=1, max_length=3)] | UnsetType = UNSET

    @property
    def times(self) -> dict[TargetName, float | None | UnsetType]:
        """The three times, in minutes."""
        hours = self.resolution_time_hours
        return {
            "first_response": self.first_response_time_minutes,
            "next_response": self.next_response_time_minutes,
            "resolution": hours * 60 if isinstance(hours, int | float) else hours,
        }
