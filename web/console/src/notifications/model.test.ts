import { describe, expect, it } from "vitest";
import { badgeOf, type Fetched, isStale, type Notification, receive, SILENT } from "./model";

const at = "2026-11-22T12:00:00Z";

function one(id: string, read_at: string | null = null): Notification {
  return {
    id,
    kind: "sla_warned",
    at,
    read_at,
    ticket: { id: "t", number: 1, subject: "Hello" },
    target: "resolution",
    due_at: at,
    actor_name: null,
    webhook: null,
  };
}

function page(items: Notification[], unread: number, after: string | null = null): Fetched {
  return { data: items, meta: { has_more: after !== null, after_cursor: after }, unread };
}

describe("the bell", () => {
  it("counts what it is told, before anything is fetched", () => {
    const bell = receive(SILENT, { kind: "told", unread: 3 });
    expect([bell.unread, bell.items, isStale(bell)]).toEqual([3, null, true]);
  });

  it("shows a page and grows by the next, nothing twice, and counts as it was told", () => {
    let bell = receive(SILENT, { kind: "fetched", page: page([one("c"), one("b")], 3, "x") });
    expect([bell.after, bell.unread]).toEqual(["x", 3]);
    bell = receive(bell, { kind: "grown", page: page([one("b"), one("a")], 2) });
    expect(bell.items?.map(({ id }) => id)).toEqual(["c", "b", "a"]);
    expect([bell.after, bell.unread, isStale(bell)]).toEqual([null, 3, false]);
  });

  it("marks one as read at once, and only once", () => {
    const bell = receive(SILENT, { kind: "fetched", page: page([one("b"), one("a")], 2) });
    const after = receive(bell, { kind: "read", id: "b", at });
    expect(after.items?.map(({ read_at }) => read_at)).toEqual([at, null]);
    expect(after.unread).toBe(1);
    expect(receive(after, { kind: "read", id: "b", at: "later" })).toBe(after);
    expect(receive(after, { kind: "read", id: "unknown", at })).toBe(after);
  });

  it("marks all as read, and keeps when each was", () => {
    const bell = receive(SILENT, {
      kind: "fetched",
      page: page([one("b"), one("a", "before")], 1),
    });
    const after = receive(bell, { kind: "all_read", at });
    expect(after.items?.map(({ read_at }) => read_at)).toEqual([at, "before"]);
    expect([after.unread, isStale(after)]).toEqual([0, false]);
  });

  it("is stale when another window has read something, or something new has come", () => {
    const bell = receive(SILENT, { kind: "fetched", page: page([one("b"), one("a")], 2) });
    expect(isStale(bell)).toBe(false);
    expect(isStale(receive(bell, { kind: "told", unread: 1 }))).toBe(true);
    expect(isStale(receive(bell, { kind: "told", unread: 3 }))).toBe(true);
  });

  it("stays as it was when fetching fails, and says so until it is opened again", () => {
    const bell = receive(SILENT, { kind: "fetched", page: page([one("a")], 1) });
    const failed = receive(bell, { kind: "failed" });
    expect([failed.items, failed.hasFailed]).toEqual([bell.items, true]);
    expect(receive(failed, { kind: "opened" }).hasFailed).toBe(false);
  });

  it("never says more than a badge can hold", () => {
    expect([0, 1, 99, 100, 1000].map(badgeOf)).toEqual(["", "1", "99", "99+", "99+"]);
  });
});
