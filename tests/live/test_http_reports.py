"""Reports over HTTP: what they say is what each ticket's events say, to whom its inbox is open."""

from __future__ import annotations

import csv
import io
import math
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from server.clock import now
from server.domain.events import encode_event
from server.domain.rollups.durations import ERROR
from server.relay.rollups import RollUps, rebuild
from server.store.pool import Store
from server.store.rollups import CONSUMER
from tests.http_desk import Client, HttpDesk, serving
from tests.laws.reported import (
    AGENTS,
    CUSTOMERS,
    INBOXES,
    OPS,
    POLICIES,
    TEAMS,
    Fact,
    Life,
    facts_of,
    life,
    turns_of,
    whose,
)
from tests.people import promise
from tests.store.relaying import caught_up

FIRST, SECOND = INBOXES
FROM, TO = datetime(2024, 1, 31, 9, 30, tzinfo=UTC), datetime(2024, 4, 2, 11, tzinfo=UTC)
PERIOD = "from=2024-01-31T09:30:00Z&to=2024-04-02T11:00:00Z"
NAMES = {"policy": POLICIES, "team": TEAMS[1:], "agent": AGENTS[1:], "inbox": INBOXES, "customer": CUSTOMERS}


def some_lives() -> list[Life]:
    """The same forty lives each time, of many runs each."""
    chance = random.Random(5)
    lives = []
    for n in range(40):
        steps = [
            (
                chance.randrange(4000),
                chance.choice((*OPS, "start", "start")),
                chance.randrange(6),
                chance.randrange(6),
            )
            for _ in range(60)
        ]
        opening = (chance.randrange(9000), chance.randrange(2), chance.randrange(2))
        lives.append(life(UUID(int=1000 + n), opening, steps))
    return lives


LIVES = some_lives()


async def live_through(store: Store, workspace_id: UUID, lives: Sequence[Life]) -> None:
    """Tickets with these events, counted."""
    async with store.write(workspace_id) as db:
        rows = [
            (workspace_id, record.ticket_id, record.seq, str(record.event.__struct_config__.tag), record.at,
             encode_event(record.event))
            for one in lives
            for record in one.records
        ]  # fmt: skip
        await db.executemany(
            "INSERT INTO events (workspace_id, ticket_id, seq, type, at, actor_type, data)"
            " VALUES ($1, $2, $3, $4, $5, 'system', $6)",
            rows,
        )
        await db.execute(
            "INSERT INTO tickets (workspace_id, id, number, subject, description, inbox_id, channel_source,"
            " customer_id, status, priority, seq, public_seq, created_at, updated_at)"
            " SELECT $1, id, -n, '', '', id, 'chat', id, 'open', 'low', 1, 1, now(), now()"
            " FROM unnest($2::uuid[]) WITH ORDINALITY t (id, n)",
            workspace_id, [one.ticket_id for one in lives],
        )  # fmt: skip
    assert sum([step.differences async for step in rebuild(store, workspace_id)]) == 0


@asynccontextmanager
async def counted(store: Store, folder: Path, lives: Sequence[Life] = LIVES) -> AsyncIterator[HttpDesk]:
    """A desk with these tickets; Bob is a member of the first inbox."""
    async with serving(store, folder) as desk:
        people = desk.people
        async with store.write(people.workspace_id) as db:
            for inbox in INBOXES:
                await db.execute(
                    "INSERT INTO inboxes (workspace_id, id, name, channel) VALUES ($1, $2, $3, 'chat')",
                    people.workspace_id, inbox, f"Inbox {inbox.int}",
                )  # fmt: skip
            await db.execute("DELETE FROM inbox_members WHERE agent_id = $1", people.bob.id)
            await db.execute(
                "INSERT INTO inbox_members VALUES ($1, $2, $3)", people.workspace_id, FIRST, people.bob.id
            )
            await db.execute(
                "INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, '=HYPERLINK(1)')",
                people.workspace_id, TEAMS[1],
            )  # fmt: skip
        await live_through(store, people.workspace_id, lives)
        yield desk


def facts(*inboxes: UUID, begin: datetime = FROM, end: datetime = TO) -> list[Fact]:
    """The runs that began in the period, of these inboxes."""
    found = [fact for one in LIVES for fact in facts_of(one.records)]
    return [one for one in found if begin <= one.started_at < end and one.owner["inbox_id"] in inboxes]


def group_of(fact: Fact, groupings: Sequence[str], zone: tzinfo = UTC) -> dict[str, str | None]:
    """What a run's group is called, names of people left out."""
    day = fact.started_at.astimezone(zone).date()
    times = {"day": str(day), "week": str(day - timedelta(days=day.weekday())), "month": f"{day:%Y-%m}"}
    group: dict[str, str | None] = {}
    for one in groupings:
        if one in NAMES:
            value = fact.owner[f"{one}_id"]
            group[f"{one}_id"] = None if value is None else str(value)
        else:
            group[one] = times[one] if one in times else fact.owner["priority"]
    return group


def plain(group: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if not key.endswith("_name")}


GROUPINGS = ["policy", "team", "agent", "inbox", "priority", "customer", "day", "week", "month"]
TOGETHER = [
    "team,priority,day",
    "agent,month",
    "policy,team,agent,priority",
    "customer,week",
    "agent,team,inbox",
]


async def got(who: Client, path: str, **more: Any) -> dict[str, Any]:
    answer = await who.get(path, **more)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def test_compliance_is_what_the_events_say_by_every_grouping(store: Store, tmp_path: Path) -> None:
    async with counted(store, tmp_path) as desk:
        for who, seen in ((desk.alice, INBOXES), (desk.bob, [FIRST])):
            expected = facts(*seen)
            assert len(expected) > 50
            for grouping in [*GROUPINGS, *TOGETHER]:
                report = await got(who, f"/reports/sla-compliance?{PERIOD}&group_by={grouping}")
                wanted: defaultdict[str, Counter[str]] = defaultdict(Counter)
                for fact in expected:
                    counts = wanted[str((group_of(fact, grouping.split(",")), fact.target))]
                    counts["targets"] += 1
                    counts["breached"] += fact.breached_at is not None
                    counts["met"] += fact.met and fact.breached_at is None
                lines = {str((plain(line["group"]), line["target"])): line for line in report["data"]}
                assert lines.keys() == wanted.keys(), grouping
                for name, counts in wanted.items():
                    assert {key: lines[name][key] for key in ("targets", "met", "breached")} == {
                        key: counts[key] for key in ("targets", "met", "breached")
                    }, (grouping, name)
                assert report["totals"]["targets"] == len(expected)
                assert report["totals"]["running"] == sum(
                    fact.breached_at is None and not fact.met for fact in expected
                )


# Their clocks change on 10 and 31 March, and by half an hour on 7 April 2024, or are off by 30 or 45 minutes.
ZONES = [
    "America/Los_Angeles", "Europe/Berlin", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Chatham", "America/St_Johns", "Pacific/Kiritimati", "UTC",
]  # fmt: skip
BY_TIME = [
    "day", "week", "month", "team,day", "agent,day", "team,agent,day", "agent,week", "priority,week",
    "customer,month", "day,month", "inbox,week",
]  # fmt: skip


@pytest.mark.parametrize("name", ZONES)
async def test_days_weeks_and_months_are_the_readers_and_add_up_to_the_period(
    store: Store, tmp_path: Path, name: str
) -> None:
    zone, begin, end = ZoneInfo(name), FROM, datetime(2024, 4, 24, 3, 20, tzinfo=UTC)
    period = f"from={begin:%FT%TZ}&to={end:%FT%TZ}&time_zone={name}"
    expected = facts(*INBOXES, begin=begin, end=end)
    async with counted(store, tmp_path) as desk:
        for grouping in BY_TIME:
            wanted = Counter(
                str((group_of(fact, grouping.split(","), zone), fact.target)) for fact in expected
            )
            took = Counter(
                str((group_of(fact, grouping.split(","), zone), fact.target))
                for fact in expected
                if fact.spent is not None
            )
            report = await got(desk.alice, f"/reports/sla-compliance?{period}&group_by={grouping}")
            assert report["time_zone"] == name
            assert (
                Counter({str((plain(one["group"]), one["target"])): one["targets"] for one in report["data"]})
                == wanted
            )
            assert (
                report["totals"]["targets"] == len(expected) == sum(one["targets"] for one in report["data"])
            )
            spent = await got(desk.alice, f"/reports/durations?{period}&group_by={grouping}")
            assert (
                Counter({str((plain(one["group"]), one["target"])): one["count"] for one in spent["data"]})
                == took
            )


async def test_days_are_the_workspaces_unless_a_reader_says_otherwise(store: Store, tmp_path: Path) -> None:
    async with counted(store, tmp_path) as desk:
        path = f"/reports/sla-compliance?{PERIOD}&group_by=day"
        plain_days = await desk.alice.get(path)
        assert plain_days.json()["time_zone"] == "UTC"
        assert (await desk.alice.patch("/workspace", {"time_zone": "Australia/Sydney"})).status_code == 200
        again = await desk.alice.get(path, headers={"if-none-match": plain_days.headers["etag"]})
        in_sydney = await got(desk.alice, f"{path}&time_zone=Australia/Sydney")
        assert again.json() == in_sydney | {"as_of": again.json()["as_of"]}
        in_utc = await got(desk.alice, f"{path}&time_zone=UTC")
        assert in_utc["data"] == plain_days.json()["data"] != again.json()["data"]
        usual = await got(desk.alice, "/reports/volume")
        begin = datetime.fromisoformat(usual["from"]).astimezone(ZoneInfo("Australia/Sydney"))
        assert (begin.hour, begin.minute, usual["time_zone"]) == (0, 0, "Australia/Sydney")
        wrong = await desk.alice.patch("/workspace", {"time_zone": "Mars/Olympus"})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/time_zone")
        assert (await desk.alice.patch("/workspace", {"name": "Ours"})).json()[
            "time_zone"
        ] == "Australia/Sydney"


async def test_more_groups_than_are_told_are_left_out_and_counted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counted(store, tmp_path) as desk:
        for name, grouping in (("MAX_GROUPS", "day"), ("MAX_CUSTOMERS", "customer,day")):
            path = f"/reports/sla-compliance?{PERIOD}&group_by={grouping}"
            whole = await got(desk.alice, path)
            monkeypatch.setattr(f"server.queries.rollup_sums.{name}", 3)
            part = await got(desk.alice, path)
            sizes = Counter[str]()
            for line in whole["data"]:
                sizes[str(line["group"])] += line["targets"]
            told = Counter[str]()
            for line in part["data"]:
                told[str(line["group"])] += line["targets"]
            assert sorted(told.values()) == sorted(count for _, count in sizes.most_common(3))
            assert (whole["truncated"], part["truncated"]) == (False, True)
            assert part["totals"] == whole["totals"]


async def test_targets_are_chosen_by_what_they_are(store: Store, tmp_path: Path) -> None:
    async with counted(store, tmp_path) as desk:
        for name, value in (
            ("team_id", TEAMS[1]), ("agent_id", AGENTS[1]), ("policy_id", POLICIES[0]), ("inbox_id", SECOND),
            ("priority", "high"), ("target", "resolution"),
        ):  # fmt: skip
            path = f"/reports/sla-compliance?{PERIOD}&group_by=month&{name}={value}"
            expected = [
                fact
                for fact in facts(*INBOXES)
                if value == (fact.target if name == "target" else fact.owner[name])
            ]
            assert (await got(desk.alice, path))["totals"]["targets"] == len(expected) > 0, name
        hidden = await got(desk.bob, f"/reports/sla-compliance?{PERIOD}&inbox_id={SECOND}")
        assert hidden["totals"]["targets"] == 0 and hidden["data"] == []


@pytest.mark.parametrize("name", ["Australia/Sydney", "Asia/Kathmandu", "Pacific/Auckland", "UTC"])
async def test_days_of_the_chosen_are_the_readers_too(store: Store, tmp_path: Path, name: str) -> None:
    zone = ZoneInfo(name)
    async with counted(store, tmp_path) as desk:
        for field, value in (
            ("team_id", TEAMS[1]), ("agent_id", AGENTS[1]), ("policy_id", POLICIES[0]), ("inbox_id", SECOND),
            ("priority", "high"),
        ):  # fmt: skip
            for grouping in ("day", "agent,day", "week"):
                path = (
                    f"/reports/sla-compliance?{PERIOD}&group_by={grouping}&{field}={value}&time_zone={name}"
                )
                wanted = Counter(
                    str((group_of(fact, grouping.split(","), zone), fact.target))
                    for fact in facts(*INBOXES)
                    if value == fact.owner[field]
                )
                told = {
                    str((plain(one["group"]), one["target"])): one["targets"]
                    for one in (await got(desk.alice, path))["data"]
                }
                assert told == wanted, (field, grouping)
                assert wanted


@pytest.mark.parametrize("grouping", ["month", "agent", "customer", "day"])
async def test_durations_are_those_of_the_runs_within_the_error(
    store: Store, tmp_path: Path, grouping: str
) -> None:
    async with counted(store, tmp_path) as desk:
        report = await got(desk.alice, f"/reports/durations?{PERIOD}&group_by={grouping}")
        assert report["error"] == ERROR
        took: defaultdict[str, list[float]] = defaultdict(list)
        for fact in facts(*INBOXES):
            if fact.spent is not None:
                took[str((group_of(fact, [grouping]), fact.target))].append(fact.spent.total_seconds())
        lines = {str((plain(line["group"]), line["target"])): line for line in report["data"]}
        assert lines.keys() == took.keys()
        for name, seconds in took.items():
            assert lines[name]["count"] == len(seconds)
            for part, told in ((0.5, "median_seconds"), (0.9, "p90_seconds")):
                true = sorted(seconds)[math.ceil(len(seconds) * part) - 1]
                assert abs(lines[name][told] - true) <= max(1.0, true * (ERROR + 0.001)), (name, part)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"])
async def test_flows_are_told_by_the_readers_clock(store: Store, tmp_path: Path, zone: str) -> None:
    async with counted(store, tmp_path) as desk:
        place, edge = ZoneInfo(zone), FROM.replace(minute=30)
        for who, seen in ((desk.alice, INBOXES), (desk.bob, [FIRST])):
            lives = [one for one in LIVES if whose(one.records)["inbox_id"] in seen]
            hours: Counter[tuple[int, int]] = Counter()
            for at in [fact.breached_at for one in lives for fact in facts_of(one.records)]:
                if at is not None and edge <= at < TO:
                    hours[at.astimezone(place).isoweekday(), at.astimezone(place).hour] += 1
            report = await got(who, f"/reports/breaches?{PERIOD}&time_zone={zone}")
            assert len(report["data"]) == 168
            told = {(line["weekday"], line["hour"]): line["breached"] for line in report["data"]}
            assert {key: count for key, count in told.items() if count} == hours
            assert report["total"] == hours.total() > 0

            turns = [turn for one in lives for turn in turns_of(one.records)]
            days: defaultdict[date, Counter[str]] = defaultdict(Counter)
            for kind, at in turns:
                if edge <= at < TO:
                    days[at.astimezone(place).date()][kind] += 1
            volume = await got(who, f"/reports/volume?{PERIOD}&time_zone={zone}")
            for line in volume["data"]:
                of_day = days.pop(date.fromisoformat(line["day"]), Counter())
                assert {k: line[k] for k in ("opened", "reopened", "resolved")} == {
                    k: of_day[k] for k in ("opened", "reopened", "resolved")
                }
            assert not days
            backlog = await got(who, f"/reports/backlog?{PERIOD}&time_zone={zone}")
            by_inbox = await got(who, f"/reports/backlog?{PERIOD}&time_zone={zone}&group_by=inbox")
            parts: Counter[str] = Counter()
            for line in by_inbox["data"]:
                parts[line["day"]] += line["open"]
            for line in backlog["data"]:
                end = datetime.combine(
                    date.fromisoformat(line["day"]) + timedelta(days=1), datetime.min.time()
                )
                until = min(end.replace(tzinfo=place).astimezone(UTC), TO)
                still = sum(-1 if kind == "resolved" else 1 for kind, at in turns if at < until)
                assert line["open"] == parts[line["day"]] == still, line


async def test_who_was_merged_into_another_counts_as_they_in_past_reports_too(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path) as desk:
        await promise(store, desk.people, first_response=timedelta(hours=1), resolution=timedelta(days=1))
        ids = []
        for email in ("carla@customer.test", "carla@home.test"):
            body = {"subject": "S", "description": "Where is it?", "customer": {"email": email}}
            ticket = (await desk.bob.post("/tickets", body)).json()
            ids.append(ticket["customer_id"])
            answer = {"type": "message", "content": "On its way"}
            assert (await desk.bob.post(f"/tickets/{ticket['id']}/interactions", answer)).status_code == 201
        await caught_up(store, RollUps(store).handle, CONSUMER)
        before = await got(desk.bob, "/reports/sla-compliance?group_by=customer")
        assert {line["group"]["customer_id"] for line in before["data"]} == set(ids)
        carla, at_home = ids
        assert (await desk.bob.post(f"/customers/{at_home}/merge", {"into": carla})).status_code == 200
        await caught_up(store, RollUps(store).handle, CONSUMER)
        after = await got(desk.bob, "/reports/sla-compliance?group_by=customer")
        assert {line["group"]["customer_id"] for line in after["data"]} == {carla}
        assert after["totals"] == before["totals"]
        met = {line["target"]: line["met"] for line in after["data"]}
        assert met["first_response"] == 2
        assert sum([step.differences async for step in rebuild(store, desk.people.workspace_id)]) == 0


async def test_ageing_counts_what_is_open_now(store: Store, tmp_path: Path) -> None:
    lives = []
    for n, days in enumerate((0, 0, 2, 2, 8, 200)):
        minutes = int(
            (
                now() - timedelta(days=days, hours=1) - datetime(2024, 1, 30, 21, 50, tzinfo=UTC)
            ).total_seconds()
            // 60
        )
        resolved: Any = [(1, "assign", 0, n % 2), *([(1, "status", 3, 0)] if n == 3 else [])]
        lives.append(life(UUID(int=1000 + n), (minutes, n % 2, 0), resolved))
    async with counted(store, tmp_path, lives) as desk:
        report = await got(desk.alice, "/reports/ageing")
        assert [line["open"] for line in report["data"]] == [2, 1, 0, 1, 0, 0, 1]
        assert (report["data"][0]["from_days"], report["data"][-1]["to_days"]) == (0, None)
        assert report["open"] == 5
        by_agent = await got(desk.alice, "/reports/ageing?group_by=agent")
        assert {line["group"]["agent_id"] for line in by_agent["data"]} == {None, str(AGENTS[1])}
        by_inbox = await got(desk.bob, "/reports/ageing?group_by=inbox")
        assert {line["group"]["inbox_name"] for line in by_inbox["data"]} == {"Inbox 11"}
        assert by_inbox["open"] == 3


ROUTES = [
    "sla-compliance", "durations", "breaches", "volume", "volume?group_by=inbox", "backlog", "ageing",
    "ageing?group_by=team",
]  # fmt: skip


def numbers(value: Any) -> list[int]:
    """Every count in a report."""
    if isinstance(value, dict):
        about = ("lag_seconds", "error", "weekday", "hour", "from_days", "to_days")
        return [n for key, part in value.items() if key not in about for n in numbers(part)]
    if isinstance(value, list):
        return [n for part in value for n in numbers(part)]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else []


async def test_nobody_sees_what_is_not_theirs(store: Store, tmp_path: Path) -> None:
    async with counted(store, tmp_path) as desk:
        for route in ROUTES:
            path = f"/reports/{route}{'&' if '?' in route else '?'}"
            path += "" if route.startswith("ageing") else PERIOD
            assert any(numbers(await got(desk.alice, path))), route
            assert any(numbers(await got(desk.lou, path))) is False, route  # of none of these inboxes
            for nobody in (desk.olga, desk.charlie):
                report = await got(nobody, path)
                assert not any(numbers(report)), route
                assert not [line for line in report["data"] if line.get("group")], route
            assert (await desk.nobody.get(path)).status_code == 401
            assert (await desk.vic.get(path)).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "durations?group_by=customer,team", "sla-compliance?group_by=customer&agent_id=" + str(UUID(int=1)),
        "sla-compliance?group_by=weather", "breaches?time_zone=Mars/Olympus", "durations?time_zone=../etc",
        "volume?time_zone=", "volume?group_by=team", "ageing?group_by=day",
        "ageing?from=2024-01-01T00:00:00Z",
        "backlog?from=2024-02-01T00:00:00Z&to=2024-01-01T00:00:00Z", "durations?format=xlsx",
        "sla-compliance?from=2010-01-01T00:00:00Z&to=2024-01-01T00:00:00Z",
    ],
)  # fmt: skip
async def test_what_cannot_be_told_is_refused(store: Store, tmp_path: Path, query: str) -> None:
    async with serving(store, tmp_path) as desk:
        assert (await desk.alice.get(f"/reports/{query}")).status_code == 422


async def test_nothing_has_happened_in_times_to_come(store: Store, tmp_path: Path) -> None:
    async with counted(store, tmp_path) as desk:
        for route in ROUTES[:6]:
            more = "from=8000-01-01T00:00:00Z&to=8000-02-01T00:00:00Z"
            path = f"/reports/{route}{'&' if '?' in route else '?'}{more}"
            report = await got(desk.alice, path)
            assert not any(numbers(report)), route


async def test_a_report_is_a_file_that_no_spreadsheet_runs(store: Store, tmp_path: Path) -> None:
    async with counted(store, tmp_path) as desk:
        path = f"/reports/sla-compliance?{PERIOD}&group_by=team"
        answer = await desk.alice.get(f"{path}&format=csv")
        assert answer.headers["content-type"].startswith("text/csv")
        assert "sla-compliance-" in answer.headers["content-disposition"]
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        report = await got(desk.alice, path)
        assert [int(line["targets"]) for line in lines] == [line["targets"] for line in report["data"]]
        assert {line["team_name"] for line in lines} == {"'=HYPERLINK(1)", ""}
        for route in ROUTES:
            more = await desk.alice.get(f"/reports/{route}", headers={"accept": "text/csv"})
            assert more.headers["content-type"].startswith("text/csv"), route
            assert more.text.endswith("\r\n")


async def test_a_file_has_all_groups_where_an_answer_has_a_part_and_knows_its_length(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counted(store, tmp_path) as desk:
        for name, grouping in (
            ("MAX_GROUPS", "day"),
            ("MAX_CUSTOMERS", "customer"),
            ("MAX_CUSTOMERS", "customer,month"),
        ):
            for report in ("sla-compliance", "durations"):
                path = f"/reports/{report}?{PERIOD}&group_by={grouping}"
                whole = (await got(desk.alice, path))["data"]
                with monkeypatch.context() as few:
                    few.setattr(f"server.queries.rollup_sums.{name}", 1)
                    assert (await got(desk.alice, path))["truncated"]
                    answer = await desk.alice.get(f"{path}&format=csv")
                assert int(answer.headers["content-length"]) == len(answer.content)
                count = "targets" if report == "sla-compliance" else "count"
                key = f"{grouping.partition(',')[0]}_id" if "customer" in grouping else grouping
                told = Counter(
                    (line[key], line["target"], int(line[count]))
                    for line in csv.DictReader(io.StringIO(answer.text))
                )
                assert told == Counter((line["group"][key], line["target"], line[count]) for line in whole)


async def test_who_has_a_report_is_not_told_it_again(store: Store, tmp_path: Path) -> None:
    async with counted(store, tmp_path) as desk:
        for route in ROUTES:
            first = await desk.alice.get(f"/reports/{route}")
            known = {"if-none-match": first.headers["etag"]}
            again = await desk.alice.get(f"/reports/{route}", headers=known)
            assert (again.status_code, again.content) == (304, b""), route
            assert (await desk.bob.get(f"/reports/{route}", headers=known)).status_code == 200
            as_file = await desk.alice.get(f"/reports/{route}", headers={**known, "accept": "text/csv"})
            assert as_file.status_code == 200
        soon = (now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
        path = f"/reports/volume?from=2024-01-31T00:00:00Z&to={soon[:4]}-01-02T00:00:00Z"
        first = await desk.alice.get(path)
        await desk.ticket()
        await caught_up(store, RollUps(store).handle, CONSUMER)
        after = await desk.alice.get(path, headers={"if-none-match": first.headers["etag"]})
        assert after.status_code == 200


async def test_a_report_tells_how_old_it_is_when_nobody_counts(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        await desk.ticket()
        old = await got(desk.alice, "/reports/volume")
        assert old["data"][-1]["opened"] == 0
        assert old["lag_seconds"] > 0
        assert datetime.fromisoformat(old["as_of"]) < now()
        etag = (await desk.alice.get("/reports/volume")).headers["etag"]
        await caught_up(store, RollUps(store).handle, CONSUMER)
        fresh = await desk.alice.get("/reports/volume", headers={"if-none-match": etag})
        assert fresh.status_code == 200
        assert fresh.json()["data"][-1]["opened"] == 1
        assert fresh.json()["lag_seconds"] == 0
