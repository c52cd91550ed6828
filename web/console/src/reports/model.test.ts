import { expect, test } from "vitest";
import { barsOf, groupName, type Line, periodOf } from "./model";

function line(group: Line["group"], met: number, breached: number): Line {
  const targets = met + breached;
  return { group, target: "resolution", targets, met, breached, running: 0, compliance: null };
}

test("a period begins with its first day", () => {
  const now = Date.parse("2026-11-22T15:30:00Z");
  expect(periodOf(7, now)).toEqual({
    from: "2026-11-16T00:00:00.000Z",
    to: "2026-11-22T15:30:00.000Z",
  });
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
