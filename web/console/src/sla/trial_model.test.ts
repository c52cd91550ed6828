import type { SlaPolicy } from "@parley/shared/sla";
import { expect, test } from "vitest";
import { draftOf } from "./model";
import { daysBefore, isOver, proposed, type SlaTrial } from "./trial_model";

const policy = (id: string): SlaPolicy => ({
  id,
  position: 0,
  priority_level: null,
  created_at: "",
  updated_at: "",
  ...draftOf(null),
  name: id,
});

test("a draft stands where its policy stands, a new one before all others", () => {
  const policies = [policy("a"), policy("b")];
  const draft = { ...draftOf(null), name: "changed" };
  const names = (id: string | null) =>
    proposed(policies, draft, id).map((one) => [one.id, one.name]);
  expect(names("b")).toEqual([
    ["a", "a"],
    ["b", "changed"],
  ]);
  expect(names(null)).toEqual([
    [undefined, "changed"],
    ["a", "a"],
    ["b", "b"],
  ]);
});

test("a trial is over however it ended", () => {
  const states = ["queued", "running", "done", "cancelled", "failed"] as const;
  const trial = { id: "", from: "", to: "", progress: { done: 0, total: 0 }, result: null };
  const over = states.filter((state) => isOver({ ...trial, state } satisfies SlaTrial));
  expect(over).toEqual(["done", "cancelled", "failed"]);
});

test("a period ends now", () => {
  expect(daysBefore(1, Date.parse("2026-11-22T12:00:00Z"))).toBe("2026-11-21T12:00:00.000Z");
});
