import type { Ticket } from "@parley/shared/resources";
import { expect, test } from "vitest";
import { ALICE, ticket } from "../people";
import {
  arrived,
  emptyList,
  extended,
  fetching,
  filled,
  type List,
  neighbour,
  seen,
} from "./model";
import { DEFAULT_SORT, type Filters } from "./query";

const at = (minute: number) => `2026-11-22T09:${String(minute).padStart(2, "0")}:00Z`;
const row = (id: string, minute: number, change: Partial<Ticket> = {}) =>
  ticket(id, { updated_at: at(minute), ...change });

function listOf(tickets: Ticket[], filters: Filters = {}, hasMore = false): List {
  const page = { tickets, cursor: hasMore ? "next" : null, hasMore };
  return filled(emptyList({ ...filters, sort: DEFAULT_SORT }), page, ALICE);
}

test("a frame moves its row to where the sort wants it", () => {
  const list = listOf([row("a", 3), row("b", 2), row("c", 1)]);
  expect(arrived(list, row("c", 9, { seq: 2 }), ALICE).order).toEqual(["c", "a", "b"]);
});

test("an older frame changes nothing", () => {
  const list = listOf([row("a", 3, { seq: 5 })]);
  expect(arrived(list, row("a", 9, { seq: 4 }), ALICE)).toBe(list);
});

test("a ticket that no longer matches leaves, and one that begins to match enters", () => {
  const open = listOf([row("a", 3), row("b", 2)], { status: ["open"] });
  const less = arrived(open, row("a", 4, { seq: 2, status: "resolved" }), ALICE);
  expect(less.order).toEqual(["b"]);
  const more = arrived(less, row("a", 5, { seq: 3, status: "open" }), ALICE);
  expect(more.order).toEqual(["a", "b"]);
});

test("a late frame cannot bring back a ticket that has left", () => {
  const open = listOf([row("a", 3)], { status: ["open"] });
  const less = arrived(open, row("a", 4, { seq: 3, status: "resolved" }), ALICE);
  expect(arrived(less, row("a", 3, { seq: 2 }), ALICE).order).toEqual([]);
});

test("a frame that came while the list was fetched wins over the fetched row", () => {
  const asked = fetching(emptyList({ status: ["open"], sort: DEFAULT_SORT }));
  const told = arrived(asked, row("a", 5, { seq: 7, status: "resolved" }), ALICE);
  const page = { tickets: [row("a", 3, { seq: 6 }), row("b", 2)], cursor: null, hasMore: false };
  expect(filled(told, page, ALICE).order).toEqual(["b"]);
});

test("a fetched row wins over a frame that was older", () => {
  const asked = fetching(emptyList({ sort: DEFAULT_SORT }));
  const told = arrived(asked, row("a", 5, { seq: 6, subject: "old" }), ALICE);
  const page = { tickets: [row("a", 6, { seq: 7, subject: "new" })], cursor: null, hasMore: false };
  expect(filled(told, page, ALICE).rows.get("a")?.subject).toBe("new");
});

test("a ticket that is gone from a fetched list is gone from the screen", () => {
  const list = fetching(listOf([row("a", 3), row("b", 2)]));
  const page = { tickets: [row("b", 2)], cursor: null, hasMore: false };
  expect(filled(list, page, ALICE).order).toEqual(["b"]);
});

test("a newcomer whose place is on a page not loaded waits for that page", () => {
  const list = listOf([row("a", 9), row("b", 8)], {}, true);
  expect(arrived(list, row("z", 1), ALICE).order).toEqual(["a", "b"]);
  const page = { tickets: [row("z", 1)], cursor: null, hasMore: false };
  expect(extended(list, page, ALICE).order).toEqual(["a", "b", "z"]);
});

test("a frame that came while a further page was fetched wins over the row on that page", () => {
  const asked = fetching(listOf([row("a", 9), row("b", 8)], { status: ["open"] }, true));
  const told = [
    row("y", 3, { seq: 7, subject: "new" }),
    row("z", 2, { seq: 7, status: "resolved" }),
    row("came", 4),
  ].reduce((list, one) => arrived(list, one, ALICE), asked);
  expect(told.order).toEqual(["a", "b"]);
  const tickets = [row("y", 3, { seq: 6, subject: "old" }), row("z", 2, { seq: 6 })];
  const list = extended(told, { tickets, cursor: null, hasMore: false }, ALICE);
  expect(list.order).toEqual(["a", "b", "came", "y"]);
  expect(list.rows.get("y")?.subject).toBe("new");
  expect(list.held).toBeNull();
});

test("while a text is searched rows change but none come in", () => {
  const found = listOf([row("a", 3)], { q: "invoice" });
  expect(arrived(found, row("b", 5), ALICE).order).toEqual(["a"]);
  const changed = arrived(found, row("a", 5, { seq: 2, status: "pending" }), ALICE);
  expect(changed.rows.get("a")?.status).toBe("pending");
});

test("a customer's word sets the dot, reading takes it off, an agent's word keeps it", () => {
  const last = (author_type: "customer" | "agent", created_at: string) => ({
    last_message: { content: "Hi", author_type, created_at },
  });
  const list = listOf([row("a", 3, last("agent", at(3)))]);
  const heard = arrived(list, row("a", 4, { seq: 2, ...last("customer", at(4)) }), ALICE);
  expect(heard.rows.get("a")?.unread).toBe(true);
  const read = seen(heard, "a", 2);
  expect(read.rows.get("a")?.unread).toBe(false);
  const answered = arrived(read, row("a", 5, { seq: 3, ...last("agent", at(5)) }), ALICE);
  expect(answered.rows.get("a")?.unread).toBe(false);
});

test("a row that tells what was read already sets no dot", () => {
  const last_message = { content: "Hi", author_type: "customer" as const, created_at: at(4) };
  const reading = seen(listOf([row("a", 3)]), "a", 2);
  const told = arrived(reading, row("a", 4, { seq: 2, last_message }), ALICE);
  expect(told.rows.get("a")?.unread).toBe(false);
  const page = { tickets: [row("a", 4, { seq: 2, unread: true })], cursor: null, hasMore: false };
  expect(filled(fetching(told), page, ALICE).rows.get("a")?.unread).toBe(false);
});

test("any order of the same frames gives the same list", () => {
  const frames = [
    row("a", 4, { seq: 2 }),
    row("b", 5, { seq: 2, status: "resolved" }),
    row("c", 6, { seq: 1 }),
    row("a", 7, { seq: 3, status: "pending" }),
    row("b", 8, { seq: 3 }),
  ];
  const start = listOf([row("a", 3), row("b", 2)], { status: ["open"] });
  const told = (order: Ticket[]) => order.reduce((list, one) => arrived(list, one, ALICE), start);
  const forward = told(frames);
  const backward = told([...frames].reverse());
  expect(backward.order).toEqual(forward.order);
  expect(forward.order).toEqual(["b", "c"]);
});

test("the keyboard walks the list and stays inside", () => {
  const list = listOf([row("a", 3), row("b", 2)]);
  expect(neighbour(list, null, 1)).toBe("a");
  expect(neighbour(list, "a", 1)).toBe("b");
  expect(neighbour(list, "b", 1)).toBe("b");
  expect(neighbour(list, "a", -1)).toBe("a");
  expect(neighbour(listOf([]), null, 1)).toBeNull();
});
