import { describe, expect, it } from "vitest";
import type { SlaTarget } from "../resources";
import { dayOf, formatAge, formatClock, formatDay, formatSpan } from "./format";
import { countdown, mostUrgent } from "./sla";

const now = new Date("2026-11-22T09:30:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

describe("formats", () => {
  it("cuts days in the reader's zone", () => {
    const late = new Date("2026-11-21T23:30:00Z");
    expect(dayOf(late, "UTC")).toBe("2026-11-21");
    expect(dayOf(late, "Europe/Berlin")).toBe("2026-11-22");
    expect(formatDay(late, now, "en", "UTC")).toBe("Yesterday");
    expect(formatDay(late, now, "de", "Europe/Berlin")).toBe("Heute");
  });

  it("names a day within the week, dates the rest", () => {
    expect(formatDay(new Date("2026-11-18T12:00:00Z"), now, "en", "UTC")).toBe("Wednesday");
    expect(formatDay(new Date("2026-10-01T12:00:00Z"), now, "en", "UTC")).toBe("October 1");
    expect(formatDay(new Date("2025-10-01T12:00:00Z"), now, "de", "UTC")).toBe("1. Oktober 2025");
  });

  it("writes clock and age in the language", () => {
    expect(formatClock(now, "de", "UTC")).toBe("09:30");
    expect(formatClock(now, "en", "UTC")).toMatch(/^9:30\sAM$/);
    expect([3, 300, 7200, 90_000].map((s) => formatAge(ago(s), now, "en", "UTC"))).toEqual([
      "now",
      "5m ago",
      "2h ago",
      "yesterday",
    ]);
  });

  it("writes a span in its two largest units", () => {
    expect([-5, 25_900, 250_000, 11_100_000, 187_200_000].map(formatSpan)).toEqual([
      "0s",
      "25s",
      "4m 10s",
      "3h 05m",
      "2d 4h",
    ]);
  });
});

describe("the SLA countdown", () => {
  const target = (fields: Partial<SlaTarget>): SlaTarget => ({
    target: "first_response",
    policy_id: "p",
    started_at: "2026-11-22T09:00:00Z",
    due_at: "2026-11-22T10:00:00Z",
    warned_at: null,
    met_at: null,
    breached_at: null,
    paused: false,
    ...fields,
  });
  const state = (fields: Partial<SlaTarget>, at = now.getTime()) =>
    countdown(target(fields), at).state;

  it("shows each state once", () => {
    const stamp = "2026-11-22T09:20:00Z";
    expect(state({})).toBe("running");
    expect(state({ warned_at: stamp })).toBe("warning");
    expect(state({ paused: true })).toBe("paused");
    expect(state({ met_at: stamp })).toBe("met");
    expect(state({ met_at: stamp, breached_at: stamp })).toBe("met_late");
    expect(state({ breached_at: stamp, paused: true })).toBe("breached");
  });

  it("turns to breached at the due time, not before, without waiting for the stamp", () => {
    const due = Date.parse("2026-11-22T10:00:00Z");
    expect(state({}, due - 1)).toBe("running");
    expect(state({}, due)).toBe("breached");
    expect(state({ paused: true }, due)).toBe("paused");
  });

  it("says when to look again: on the second near the due time, on the minute before", () => {
    const due = Date.parse("2026-11-22T10:00:00Z");
    expect(countdown(target({}), due - 90_400).nextChangeAt).toBe(due - 90_000);
    expect(countdown(target({}), due - 7_230_000).nextChangeAt).toBe(due - 7_200_000);
    expect(countdown(target({}), due + 1_400).nextChangeAt).toBe(due + 2_000);
    expect(countdown(target({ paused: true }), due).nextChangeAt).toBeNull();
  });

  it("puts the breached first, then the next due, and leaves out what is met", () => {
    const breached = target({ target: "next_response", breached_at: "2026-11-22T09:10:00Z" });
    const later = target({ target: "resolution", due_at: "2026-11-23T10:00:00Z" });
    expect(mostUrgent([later, target({}), breached], now.getTime())?.target).toBe("next_response");
    expect(mostUrgent([later, target({})], now.getTime())?.target).toBe("first_response");
    expect(mostUrgent([target({ met_at: "2026-11-22T09:10:00Z" })], now.getTime())).toBeNull();
  });
});
