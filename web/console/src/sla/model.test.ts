import { describe, expect, test } from "vitest";
import {
  duration,
  hoursText,
  isUnfinished,
  makeMark,
  markAmount,
  markKind,
  movedBy,
  newAction,
  newPromise,
  parseHours,
  reasonsIn,
  standsIn,
  unitOf,
  unlisted,
  withDay,
  withPause,
  withPromise,
} from "./model";

describe("hours", () => {
  test("several periods a day are read, however they are written", () => {
    expect(parseHours("9:00-12:30 , 13:30 – 24:00")).toEqual([
      { start: "09:00", end: "12:30" },
      { start: "13:30", end: "24:00" },
    ]);
    expect(parseHours("")).toEqual([]);
  });

  test.each(["9-17", "17:00-09:00", "09:00-24:30", "09:00-12:00, 11:00-13:00", "25:00-26:00"])(
    "%s cannot be hours",
    (text) => expect(parseHours(text)).toBeNull(),
  );

  test("what is written is read again", () => {
    const hours = [
      { start: "09:00", end: "12:00" },
      { start: "13:00", end: "17:30" },
    ];
    expect(parseHours(hoursText(hours))).toEqual(hours);
  });
});

describe("promises", () => {
  test("are kept in the order of the targets", () => {
    const [first, resolution] = [newPromise("first_response"), newPromise("resolution")];
    expect(withPromise([resolution], "first_response", first)).toEqual([first, resolution]);
    expect(withPromise([first, resolution], "first_response", null)).toEqual([resolution]);
  });

  test("a clock stands still in a status for every reason, for some, or not at all", () => {
    const promise = newPromise("resolution");
    expect(standsIn(promise, "pending")).toBe("stands");
    const some = withPause(promise, "pending", "reasons", ["r1", "r2"]);
    expect([standsIn(some, "pending"), reasonsIn(some, "pending")]).toEqual([
      "reasons",
      ["r1", "r2"],
    ]);
    expect(standsIn(some, "on_hold")).toBe("stands");
    expect(standsIn(withPause(some, "pending", "runs", []), "pending")).toBe("runs");
  });

  test("time is said in its largest whole unit", () => {
    const t = ((key: string, { count }: { count: number }) => `${count} ${key}`) as never;
    expect([90, 120, 2880, 0].map(unitOf)).toEqual(["minutes", "hours", "days", "minutes"]);
    expect(duration(t, 120)).toBe("2 sla_hours");
  });
});

describe("steps", () => {
  test("a mark is made as it is read", () => {
    for (const mark of [{ percent: 50 }, { minutes: -15 }, { minutes: 30 }])
      expect(makeMark(markKind(mark), markAmount(mark))).toEqual(mark);
  });

  test("an action that still needs its object is unfinished", () => {
    const step = (...types: Parameters<typeof newAction>[0][]) => ({
      mark: { percent: 1 },
      actions: types.map(newAction),
    });
    expect(isUnfinished(step("notify_assignee", "notify_team", "raise_priority"))).toBe(false);
    for (const type of ["notify_agents", "reassign", "add_tag", "call_webhook"] as const)
      expect(isUnfinished(step("notify_team", type))).toBe(true);
  });
});

test("texts between commas are taken once each", () => {
  expect(unlisted(" Gold, Silver ,Gold,, ")).toEqual(["Gold", "Silver"]);
});

test("a date is a special day once", () => {
  const day = (date: string, name = "") => ({ date, name, hours: [] });
  expect(withDay([day("2026-12-24"), day("2026-12-31")], day("2026-12-24", "Eve"))).toEqual([
    day("2026-12-24", "Eve"),
    day("2026-12-31"),
  ]);
});

test("moving out of the list changes nothing", () => {
  expect(movedBy(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(movedBy(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  expect(movedBy(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});
