/**
 * Law 2, on the TypeScript side: any snapshot plus the frames after it equals the newest snapshot.
 * Stories of joins, events, breaks, reorderings, losses, duplicates, restarts and resumes, from
 * seeds: a failing one is told, and `PARLEY_SEED=n` plays it again alone.
 *
 * Seen to fail with each of these: `Room.event` takes an event at `history.seq` again; it does not
 * join again at a hole; `applyToTicket` does not look at the row's seq; a kind of event is forgotten
 * in `changes`; the outbox does not take the event for the ack.
 */

import { expect, it } from "vitest";
import { LiveClient } from "../live/client";
import { FakeClock, FakeServer } from "../live/fakes";
import { applyToTicket, toHistory } from "../live/history";
import { memoryOutboxStore } from "../live/outboxStore";
import type { Ticket } from "../resources";
import { Chance, chances, room, TrueServer, TrueTicket } from "./story";

const chosen = process.env.PARLEY_SEED;
const seeds = chosen ? [Number(chosen)] : Array.from({ length: 150 }, (_, seed) => seed + 1);
const steps = 120;

const born = {
  id: room.slice("ticket:".length),
  status: "new",
  priority: "normal",
  assignee_id: null,
  team_id: null,
  tags: [],
  sla: [],
  seq: 0,
  last_message: null,
} as unknown as Ticket;

/** A window on the ticket: a page that is reloaded now and then. */
class Window {
  client: LiveClient;
  row: Ticket;
  /** The seqs that whoever watches was told of. */
  told: number[] = [];
  private undo = () => {};

  constructor(
    private readonly ticket: TrueTicket,
    private readonly chance: Chance,
    readonly far: FakeServer,
    readonly clock: FakeClock,
    private readonly store = memoryOutboxStore(),
  ) {
    this.row = born;
    this.client = this.load();
  }

  /** A snapshot of any age, of the row and of the history, each its own; then the frames. */
  load(): LiveClient {
    this.undo();
    const { events, rows } = this.ticket;
    const [rowAt, historyAt] = [
      this.chance.below(rows.length),
      this.chance.below(events.length + 1),
    ];
    // They are asked for at once, and either may be the older one.
    const fetched = structuredClone(rows[rowAt] ?? born);
    this.row = events.slice(0, historyAt).reduce(applyToTicket, fetched);
    const { far, clock, store } = this;
    const client = new LiveClient({
      openSocket: far.open,
      clock,
      store,
      hello: () => ({ token: "t" }),
      makeId: () => `m${++made}`,
    });
    this.told = [historyAt];
    const stop = client.watch((notice) => {
      if (notice.kind !== "event") return;
      this.row = applyToTicket(this.row, notice.event);
      expect(this.row, "the row in between").toEqual(this.ticket.rows[this.row.seq]);
      this.told.push(notice.event.seq);
    });
    client.join(room, toHistory(events.slice(0, historyAt)));
    client.start();
    this.undo = () => {
      stop();
      client.stop();
    };
    this.client = client;
    return client;
  }
}

let made = 0;
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

async function tell(seed: number) {
  const chance = new Chance(chances(seed));
  const ticket = new TrueTicket(structuredClone(born), chance);
  const [far, clock] = [new FakeServer(), new FakeClock(1_000_000, 0.5)];
  const window = new Window(ticket, chance, far, clock);
  const server = new TrueServer(ticket, far, chance);
  const sent: string[] = [];
  for (let step = 0; step < steps; step++) {
    const what = chance.below(20);
    if (what < 8) for (let i = chance.below(6); i >= 0; i--) ticket.happen();
    else if (what < 10) sent.push(window.client.send({ room, content: `sent ${step}` }));
    else if (what < 11) server.cut(chance.pick([1006, 1012, 1013]), chance.is(0.5));
    else if (what < 12 && chance.is(0.3)) window.load();
    else if (what < 15) clock.elapse(chance.below(30_000));
    await settle(window, server);
  }
  server.calm();
  for (let turn = 0; turn < 60; turn++) {
    clock.elapse(5_000);
    await settle(window, server);
    if (turn === 1) ticket.happen();
  }
  return { ticket, window, sent };
}

/** The far end accepts whoever knocks and answers, until nothing more is said. */
async function settle(window: Window, server: TrueServer): Promise<void> {
  await turns(8);
  if (window.client.phase() === "opening") server.accept();
  for (let turn = 0; turn < 4; turn++) {
    if (!window.far.last.dropped) server.turn();
    await turns(4);
  }
}

it.each(seeds)("any snapshot plus the frames is the newest snapshot, story %i", async (seed) => {
  const { ticket, window, sent } = await tell(seed);
  const state = window.client.room(room);
  expect(state?.history.events, "the history").toEqual(ticket.events);
  expect(state?.caughtUp).toBe(true);
  const [first = 0] = window.told;
  expect(window.told, "each told once, in order").toEqual(window.told.map((_, i) => first + i));
  expect(window.row, "the row").toEqual(ticket.newest);
  expect(window.client.outgoing(room), "nothing is left to send").toEqual([]);
  const once = ticket.log.flatMap((event) =>
    event.type === "interaction_added" && event.data.client_id ? [event.data.client_id] : [],
  );
  expect([...once].sort(), "each sent once").toEqual([...sent].sort());
});
