import type { TicketEvent } from "@parley/shared/events";
import { expect, test } from "vitest";
import { ALICE, BOB, outgoing, said, ticket } from "../people";
import { type Row, timelineRows, withTold } from "./model";

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const kinds = (rows: Row[]) => rows.map(({ kind }) => kind);
const agent = { author_id: ALICE, author_type: "agent", author_name: "Alice" } as const;

function status(seq: number, at: string): TicketEvent {
  const actor = { type: "agent", id: ALICE, name: "Alice" } as const;
  return { seq, type: "status_changed", at, actor, data: { status: "open", previous: "new" } };
}

test("each day begins with its name", () => {
  const rows = timelineRows(
    [
      said(1, { created_at: "2026-11-21T10:00:00Z" }),
      said(2, { created_at: "2026-11-22T10:00:00Z" }),
    ],
    [],
    day,
  );
  expect(kinds(rows)).toEqual(["day", "said", "day", "said"]);
});

test("what one person says within five minutes stands under one name", () => {
  const rows = timelineRows(
    [
      said(1, { created_at: "2026-11-22T10:00:00Z" }),
      said(2, { created_at: "2026-11-22T10:04:00Z" }),
      said(3, { created_at: "2026-11-22T10:30:00Z" }),
      said(4, { created_at: "2026-11-22T10:31:00Z", ...agent }),
      said(5, { created_at: "2026-11-22T10:32:00Z", ...agent, type: "note" }),
    ],
    [],
    day,
  );
  const follows = rows.flatMap((row) => (row.kind === "said" ? [row.follows] : []));
  expect(follows).toEqual([false, true, false, false, false]);
});

test("an event between two messages parts them", () => {
  const at = "2026-11-22T10:00:00Z";
  const rows = timelineRows(
    [said(1, { created_at: at }), status(2, at), said(3, { created_at: at })],
    [],
    day,
  );
  expect(kinds(rows)).toEqual(["day", "said", "happened", "said"]);
  expect(rows.at(-1)).toMatchObject({ follows: false });
});

test("what was sent is shown until it comes back, under the same key", () => {
  const before = timelineRows([said(1)], [outgoing("c1")], day);
  expect(before.at(-1)).toMatchObject({ kind: "outgoing", key: "c1" });
  const after = timelineRows(
    [said(1), said(2, { ...agent, client_id: "c1" })],
    [outgoing("c1")],
    day,
  );
  expect(after.at(-1)).toMatchObject({ kind: "said", key: "c1" });
  expect(after.filter(({ key }) => key === "c1")).toHaveLength(1);
});

test("clocks that start and stop make no line, a breach does", () => {
  const actor = { type: "system", id: null, name: "" } as const;
  const at = "2026-11-22T10:00:00Z";
  const events: TicketEvent[] = [
    {
      seq: 1,
      type: "sla_started",
      at,
      actor,
      data: { target: "resolution", policy_id: "p", started_at: at, due_at: at },
    },
    { seq: 2, type: "sla_paused", at, actor, data: { target: "resolution" } },
    { seq: 3, type: "sla_breached", at, actor, data: { target: "resolution", breached_at: at } },
  ];
  expect(kinds(timelineRows(events, [], day))).toEqual(["day", "happened"]);
});

const NOBODY = { ticket: null, turn: 0 };
const named = (id: string) => [{ id, name: id, email: `${id}@customer.test` }];

test("an answer that is older than what was told meanwhile is told it again", () => {
  const events = [status(2, "2026-11-22T10:00:00Z"), said(3, { content: "And this" })];
  const row = ticket("t1", { seq: 1, status: "new" });
  const { ticket: shown } = withTold(NOBODY, row, events);
  expect([shown.seq, shown.status, shown.last_message?.content]).toEqual([3, "open", "And this"]);
  expect(withTold({ ticket: shown, turn: 0 }, row, []).ticket).toEqual(shown);
});

test("the participants of an answer stay under newer rows that do not name any", () => {
  const told = withTold(NOBODY, ticket("t1", { seq: 7 }), []);
  expect(told.ticket.participants).toBeNull();
  const older = ticket("t1", { seq: 5, participants: named(BOB) });
  const known = withTold(told, older, [], 1);
  expect([known.ticket.seq, known.ticket.participants]).toEqual([7, named(BOB)]);
  expect(withTold(known, ticket("t1", { seq: 8 }), []).ticket.participants).toEqual(named(BOB));
});

test("of two answers the one that was asked for later says who takes part", () => {
  const asked = (who: string) => ticket("t1", { participants: named(who) });
  const later = withTold(NOBODY, asked(ALICE), [], 2);
  expect(withTold(later, asked(BOB), [], 1).ticket.participants).toEqual(named(ALICE));
  expect(withTold(later, asked(BOB), [], 3).ticket.participants).toEqual(named(BOB));
});
