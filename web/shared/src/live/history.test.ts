import { describe, expect, it } from "vitest";
import type { TicketEvent } from "../events";
import { serverFrames, ticketLife } from "../golden";
import type { Ticket } from "../resources";
import { applyEvent, applyToTicket, emptyHistory, listInteractions, toHistory } from "./history";

const life: TicketEvent[] = ticketLife();
const [opened] = serverFrames("ticket").map(({ ticket }) => ticket);
const born: Ticket = {
  ...(opened as Ticket),
  ...{ status: "new", priority: "normal", assignee_id: null, team_id: null },
  ...{ tags: [], sla: [], seq: 0, last_message: null },
};
const fold = (ticket: Ticket, events: TicketEvent[]) => events.reduce(applyToTicket, ticket);

describe("the law of convergence", () => {
  const newest = fold(born, life);
  it.each(life.map(({ seq }) => seq))(
    "a snapshot at %d plus all frames equals the newest",
    (seq) => {
      const snapshot = fold(born, life.slice(0, seq));
      expect(fold(snapshot, life)).toEqual(newest);
      const shown = toHistory(life.slice(0, seq));
      expect(life.reduce(applyEvent, shown)).toEqual(toHistory(life));
    },
  );
});

it("counts an event once", () => {
  const twice = life.flatMap((event) => [event, event]);
  expect(twice.reduce(applyEvent, emptyHistory)).toEqual(toHistory(life));
  const ticket = fold(born, life);
  expect(applyToTicket(ticket, life[0] as TicketEvent)).toBe(ticket);
});

it("folds a life into the row", () => {
  expect(fold(born, life.slice(0, 8))).toMatchObject({
    status: "open",
    priority: "high",
    tags: ["lamp"],
    assignee_id: opened?.assignee_id,
    seq: 8,
    last_message: { content: "Hello, my lamp is broken.", author_type: "customer" },
  });
  expect(fold(born, life)).toMatchObject({ assignee_id: null, tags: [], sla: [], seq: 19 });
});

it("follows a clock through its life", () => {
  const at = (seq: number) => fold(born, life.slice(0, seq)).sla[0];
  expect(at(3)).toMatchObject({ target: "first_response", due_at: "2026-11-22T10:00:00Z" });
  expect(at(9)).toMatchObject({ paused: true });
  expect(at(10)).toMatchObject({ paused: false, due_at: "2026-11-22T10:10:00Z" });
  expect(at(13)).toMatchObject({
    warned_at: expect.any(String),
    breached_at: "2026-11-22T10:10:00Z",
    met_at: "2026-11-22T10:12:00Z",
  });
});

it("lists what was said, in order", () => {
  expect(listInteractions(toHistory([...life].reverse())).map(({ seq }) => seq)).toEqual([
    2, 8, 18, 19,
  ]);
});
