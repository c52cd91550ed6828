import { describe, expect, test } from "vitest";
import { barOf, byTarget, type ExplainedMark, type Run, type Segment } from "./explanation_model";

const at = (hour: number) => `2026-11-23T${String(hour).padStart(2, "0")}:00:00Z`;

const segment = (from: number, to: number, state: Segment["state"] = "running"): Segment => ({
  from: at(from),
  to: at(to),
  state,
  reason: { code: "always", status: null, name: null },
  rule: 0,
  counted_seconds: state === "running" ? (to - from) * 3600 : 0,
  spent_seconds: 0,
  parts: 1,
});

const mark = (hour: number, kind: ExplainedMark["kind"]): ExplainedMark => ({
  at: at(hour),
  kind,
  ahead: false,
  told_at: null,
  percent: null,
  offset_minutes: null,
  actions: [],
});

const run = (part: Partial<Run>): Run => ({
  id: 3,
  target: "resolution",
  standing: "running",
  started_at: at(8),
  due_at: at(12),
  needed_seconds: 14_400,
  spent_seconds: 0,
  met_at: null,
  breached_at: null,
  stopped_at: null,
  rules: [],
  segments: [],
  marks: [],
  changes: [],
  shortened: false,
  ...part,
});

describe("the bar", () => {
  test("reaches to the due time that lies ahead", () => {
    const { pieces, ticks } = barOf(
      run({ segments: [segment(8, 9), segment(9, 10, "paused")], marks: [mark(12, "due")] }),
    );
    expect(pieces.map(({ from, width }) => [from, width])).toEqual([
      [0, 0.25],
      [0.25, 0.25],
    ]);
    expect(ticks.map((tick) => tick.at)).toEqual([1]);
  });

  test("shows what comes after a breach as late", () => {
    const { pieces } = barOf(
      run({ breached_at: at(10), segments: [segment(8, 9), segment(9, 11), segment(11, 12)] }),
    );
    expect(pieces.map(({ from, isLate }) => [from, isLate])).toEqual([
      [0, false],
      [0.25, false],
      [0.5, true],
      [0.75, true],
    ]);
  });

  test("of a run that has only just begun has no width yet, and does not divide by nothing", () => {
    const { pieces } = barOf(run({ segments: [segment(8, 8)] }));
    expect(pieces[0]?.width).toBe(0);
  });
});

test("the newest run of a target comes first", () => {
  const runs = [run({ id: 3 }), run({ id: 9 }), run({ id: 5, target: "next_response" })];
  expect(byTarget(runs, "resolution").map(({ id }) => id)).toEqual([9, 3]);
});
