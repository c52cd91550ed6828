import { expect, test } from "vitest";
import type { Period } from "../route/model";
import {
  barsOf,
  behindSince,
  groupName,
  heatOf,
  type Line,
  linesInOrder,
  pointsOf,
  startOf,
} from "./model";

function line(group: Line["group"], met: number, breached: number): Line {
  const targets = met + breached;
  return { group, target: "resolution", targets, met, breached, running: 0, compliance: null };
}

test("a period begins with its first day", () => {
  const now = Date.parse("2026-11-22T15:30:00Z");
  expect(startOf(7, now, "UTC")).toBe("2026-11-16T00:00:00.000Z");
  expect(startOf(7, now, "Australia/Sydney")).toBe("2026-11-16T13:00:00.000Z");
  expect(startOf(7, now, "Asia/Kathmandu")).toBe("2026-11-15T18:15:00.000Z");
});

test("a period may begin before the clocks change, or on the day when they do", () => {
  const now = Date.parse("2026-11-05T20:00:00Z");
  expect(startOf(30, now, "Europe/Berlin")).toBe("2026-10-06T22:00:00.000Z");
  const ones = [1, 7].map((days) =>
    startOf(days as Period, Date.parse("2026-03-29T12:00:00Z"), "Europe/Berlin"),
  );
  expect(ones).toEqual(["2026-03-28T23:00:00.000Z", "2026-03-22T23:00:00.000Z"]);
});

test("a group is called by its name, a ticket without a team by none", () => {
  expect(groupName(line({ team_id: "1", team_name: "Billing" }, 1, 0), "team")).toBe("Billing");
  expect(groupName(line({ team_id: null, team_name: null }, 1, 0), "team")).toBeNull();
  expect(groupName(line({ priority: "high" }, 1, 0), "priority")).toBe("high");
});

test("the bars of a group add its targets up; days come in order", () => {
  const lines = [
    line({ day: "2026-11-22" }, 3, 1),
    line({ day: "2026-11-21" }, 9, 0),
    line({ day: "2026-11-22" }, 1, 3),
  ];
  const bars = barsOf(lines, "day");
  expect(bars.map(({ name, targets, compliance }) => [name, targets, compliance])).toEqual([
    ["2026-11-21", 9, 1],
    ["2026-11-22", 8, 0.5],
  ]);
});

test("lines stand in the order of their bars, the largest first", () => {
  const lines = [line({ priority: "low" }, 1, 0), line({ priority: "high" }, 5, 0)];
  expect(linesInOrder(lines, "priority").map(({ group }) => group.priority)).toEqual([
    "high",
    "low",
  ]);
});

test("a report is behind only when one would notice", () => {
  const as_of = "2026-11-22T15:30:00Z";
  expect(behindSince({ as_of, lag_seconds: 3 })).toBeNull();
  expect(behindSince({ as_of, lag_seconds: 60 })).toBe(as_of);
});

test("the worst hour is the strongest, and nothing is nothing", () => {
  expect([heatOf(0, 9), heatOf(9, 9), heatOf(0, 0)]).toEqual([0, 1, 0]);
  expect(heatOf(1, 100)).toBeGreaterThan(1 / 100);
});

test("a line runs from the middle of its first day, the highest at the top", () => {
  expect(pointsOf([0, 10], 10, 100)).toBe("25.00,100.00 75.00,0.00");
  expect(pointsOf([], 10, 100)).toBe("");
});
