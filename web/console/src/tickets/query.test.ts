import { expect, test } from "vitest";
import { ALICE, BOB, target, ticket } from "../people";
import { compare, formatFilters, formatSort, matches, parseFilters, parseSort } from "./query";

const ids = (sort: string, ...tickets: ReturnType<typeof ticket>[]) =>
  [...tickets].sort((a, b) => compare(a, b, parseSort(sort) ?? expect.fail())).map(({ id }) => id);

test("filters written to an address are read back", () => {
  const text = "status=new%2Copen&priority=high&assignee_id=me&tag=vip&q=invoice&breached=true";
  expect(formatFilters(parseFilters(new URLSearchParams(text))).toString()).toBe(
    "status=new%2Copen&priority=high&assignee_id=me&tag=vip&q=invoice&breached=true",
  );
});

test("what an address says and nobody knows filters nothing", () => {
  const params = new URLSearchParams("status=lost&priority=&channel_source=fax&colour=red");
  expect(parseFilters(params)).toEqual({});
});

test("a sort is a field with an optional minus", () => {
  expect(parseSort("-priority")).toEqual({ field: "priority", descending: true });
  expect(formatSort({ field: "due_at", descending: false })).toBe("due_at");
  expect(parseSort("-colour")).toBeNull();
});

test("me is whoever asks, none is nobody", () => {
  const mine = ticket("t1", { assignee_id: ALICE });
  expect(matches(mine, { assignee_id: "me" }, ALICE)).toBe(true);
  expect(matches(mine, { assignee_id: "me" }, BOB)).toBe(false);
  expect(matches(mine, { assignee_id: "none" }, BOB)).toBe(false);
  expect(matches(ticket("t2"), { assignee_id: "none" }, BOB)).toBe(true);
});

test("a ticket must pass every filter", () => {
  const one = ticket("t1", { status: "open", tags: ["VIP"], team_id: "billing" });
  expect(matches(one, { status: ["new", "open"], tag: "vip", team_id: "billing" }, ALICE)).toBe(
    true,
  );
  expect(matches(one, { status: ["new"], tag: "vip" }, ALICE)).toBe(false);
  expect(matches(one, { breached: true }, ALICE)).toBe(false);
  const late = ticket("t2", { sla: [target({ breached_at: "2026-11-22T10:00:00Z" })] });
  expect(matches(late, { breached: true }, ALICE)).toBe(true);
});

test("urgent comes before high before normal before low", () => {
  const sorted = ids(
    "-priority",
    ticket("low", { priority: "low" }),
    ticket("urgent", { priority: "urgent" }),
    ticket("normal"),
    ticket("high", { priority: "high" }),
  );
  expect(sorted).toEqual(["urgent", "high", "normal", "low"]);
});

test("what is due next comes first, what has no running clock last", () => {
  const sorted = ids(
    "due_at",
    ticket("none"),
    ticket("paused", { sla: [target({ paused: true, due_at: "2026-11-22T08:00:00Z" })] }),
    ticket("later", { sla: [target({ due_at: "2026-11-22T12:00:00Z" })] }),
    ticket("soon", { sla: [target({ due_at: "2026-11-22T11:00:00Z" })] }),
  );
  expect(sorted).toEqual(["soon", "later", "none", "paused"]);
});

test("equal rows keep one order, the id's", () => {
  expect(ids("-updated_at", ticket("a"), ticket("c"), ticket("b"))).toEqual(["c", "b", "a"]);
});
