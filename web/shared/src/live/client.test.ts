import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import type { TicketEvent } from "../events";
import type { EventFrame, JoinedFrame, Member } from "../frames";
import { ticketLife } from "../golden";
import { LiveClient } from "./client";
import { FakeClock, FakeServer } from "./fakes";
import { toHistory } from "./history";
import { memoryOutboxStore, type OutboxStore, openOutboxStore } from "./outboxStore";
import type { Notice } from "./session";

const alice: Member = { type: "agent", id: "0192f000-0000-7000-8000-0000000000d1", name: "Alice" };
const life = ticketLife();
const room = life[0]?.room ?? "";
const inbox = "inbox:1";

interface Desk {
  server: FakeServer;
  clock: FakeClock;
  client: LiveClient;
  notices: Notice[];
}

function desk(store: OutboxStore = memoryOutboxStore()): Desk {
  const server = new FakeServer();
  const clock = new FakeClock();
  const notices: Notice[] = [];
  let made = 0;
  const client = new LiveClient({
    openSocket: server.open,
    clock,
    store,
    hello: () => ({ token: "t" }),
    makeId: () => `m${++made}`,
  });
  client.watch((notice) => notices.push(notice));
  return { server, clock, client, notices };
}

function welcome({ server }: Desk): void {
  server.last.accept();
  server.last.say({ op: "welcome", session: "s", heartbeat_seconds: 25, me: alice });
}

function online(store?: OutboxStore): Desk {
  const made = desk(store);
  made.client.start();
  welcome(made);
  return made;
}

const joined = (seq: number): JoinedFrame => ({ op: "joined", room, seq, presence: [alice] });
const seqs = (client: LiveClient) => client.room(room)?.history.events.map(({ seq }) => seq);
const told = (notices: Notice[]) =>
  notices.flatMap((notice) => (notice.kind === "event" ? [notice.event.seq] : []));
/** Stores answer some turns of the loop later. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function echo(id: string, seq: number): EventFrame {
  const [said] = life.filter((event) => event.type === "interaction_added");
  if (said?.type !== "interaction_added") throw new Error("No interaction in the golden life.");
  return { ...said, seq, data: { ...said.data, seq, client_id: id } };
}

describe("a room", () => {
  it("is joined by the greeting itself", () => {
    const { server, client } = desk();
    client.join(room);
    client.start();
    server.last.accept();
    expect(server.last.take()).toEqual([{ op: "hello", v: 1, token: "t", resume: { [room]: 0 } }]);
  });

  it("takes every event once, in order, and knows when it has caught up", () => {
    const { server, client, notices } = online();
    client.join(room);
    server.last.say(joined(3), ...life.slice(0, 2));
    expect(client.room(room)?.caughtUp).toBe(false);
    server.last.say(...life.slice(0, 4));
    expect(client.room(room)?.caughtUp).toBe(true);
    expect(seqs(client)).toEqual([1, 2, 3, 4]);
    expect(told(notices)).toEqual([1, 2, 3, 4]);
  });

  it("asks for what is missing when it sees a hole", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(2), ...life.slice(0, 2));
    server.last.take();
    server.last.say(life[3] as EventFrame, life[4] as EventFrame);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 2 }]);
    expect(seqs(client)).toEqual([1, 2]);
    server.last.say(joined(5), ...life.slice(2, 6));
    expect(seqs(client)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("asks once for a hole that nobody can fill, and goes on", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(1), life[0] as EventFrame, life[2] as EventFrame);
    server.last.take();
    server.last.say(joined(3), life[2] as EventFrame, life[3] as EventFrame);
    expect(server.last.take()).toEqual([]);
    expect(seqs(client)).toEqual([1, 3, 4]);
  });

  it("asks for the next hole although the line itself had filled the one before", () => {
    const { server, client } = online();
    client.join(room);
    const [one, two, three, four] = life as [EventFrame, EventFrame, EventFrame, EventFrame];
    server.last.say(joined(1), one, three, two, three, joined(3));
    server.last.take();
    server.last.say(life[4] as EventFrame);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 3 }]);
    server.last.say(joined(5), four, life[4] as EventFrame);
    expect(seqs(client)).toEqual([1, 2, 3, 4, 5]);
  });

  it("that cannot be entered just now is asked for again", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.take();
    const refusal = { code: "unavailable", detail: "", retry: true } as const;
    server.last.say({ op: "refused", room, ...refusal });
    clock.elapse(1_999);
    expect(server.last.take()).toEqual([]);
    clock.elapse(1);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say({ op: "refused", room, ...refusal, retry_after_ms: 300 });
    clock.elapse(300);
    server.last.say(joined(1), life[0] as EventFrame);
    expect(client.room(room)?.caughtUp).toBe(true);
    clock.elapse(5_000);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
  });

  it("knows its draft's generation while the line is open, and asks when it was outrun", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say({ ...joined(0), draft: 1 });
    expect(client.room(room)?.draft).toBe(1);
    server.last.say({ op: "draft", room, generation: 2 });
    expect(client.room(room)?.draft).toBe(2);
    server.last.take();
    const late = { op: "refused", room, code: "draft_sent", detail: "", retry: false } as const;
    server.last.say(late, late);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say({ ...joined(0), draft: 3 });
    expect(client.room(room)?.draft).toBe(3);
    server.last.close(1006);
    expect(client.room(room)?.draft).toBeNull();
  });

  it("tells how many are there where the list of them is cut", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(0), { op: "presence", room, members: [alice], total: 900 });
    expect(client.room(room)).toMatchObject({ members: [alice], total: 900 });
    server.last.say({ op: "presence", room, members: [alice] });
    expect(client.room(room)?.total).toBe(1);
  });

  it("resumes from its last after a break", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.say(joined(2), ...life.slice(0, 2));
    server.last.close(1006);
    clock.elapse(1_000);
    server.last.accept();
    expect(server.last.take()).toMatchObject([{ op: "hello", resume: { [room]: 2 } }]);
    server.last.say(joined(4), ...life.slice(2, 4));
    expect(seqs(client)).toEqual([1, 2, 3, 4]);
  });

  it("begins from a snapshot", () => {
    const { server, client } = online();
    server.last.take();
    client.join(room, toHistory(life.slice(0, 6)));
    expect(server.last.take()).toEqual([{ op: "join", room, since: 6 }]);
    server.last.say(joined(6));
    expect(client.room(room)?.caughtUp).toBe(true);
  });

  it("counts an event of a newer server without showing it", () => {
    const { server, client } = online();
    client.join(room);
    const strange = { ...life[0], type: "merged" } as unknown as EventFrame;
    server.last.say(joined(2), strange, life[1] as EventFrame);
    expect(seqs(client)).toEqual([2]);
    expect(client.room(room)?.history.seq).toBe(2);
  });

  it("begins again when the server has less than it saw", () => {
    const { server, client } = online();
    client.join(room, toHistory(life));
    server.last.take();
    server.last.say(joined(3));
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say(joined(3), ...life.slice(0, 3));
    expect(seqs(client)).toEqual([1, 2, 3]);
  });

  it("is read anew on wish", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(2), ...life.slice(0, 2));
    server.last.take();
    client.renew(room);
    expect(client.room(room)).toMatchObject({ caughtUp: false, history: { seq: 0 } });
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say(joined(2), ...life.slice(0, 2));
    expect(client.room(room)).toMatchObject({ caughtUp: true, history: { seq: 2 } });
  });

  it("shows who is here and who types, until they stop or are lost", () => {
    const { server, client, clock } = online();
    client.join(room);
    const carla: Member = { type: "customer", id: "c", name: "Carla" };
    server.last.say(joined(0), { op: "presence", room, members: [alice, carla] });
    server.last.say({ op: "typing", room, who: carla, on: true, text: "He" });
    expect(client.room(room)?.members).toEqual([alice, carla]);
    expect(client.room(room)?.typing).toMatchObject([{ who: carla, text: "He" }]);
    clock.elapse(7_000);
    expect(client.room(room)?.typing).toEqual([]);
    server.last.close(1006);
    expect(client.room(room)?.members).toEqual([]);
  });

  it("is read forward only, and tells its own reading once", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say({ ...joined(0), reads: { c: 4 } });
    const carla: Member = { type: "customer", id: "c", name: "Carla" };
    server.last.say({ op: "read", room, who: carla, seq: 3 });
    server.last.take();
    client.read(room, 5);
    client.read(room, 4);
    expect(server.last.take()).toEqual([{ op: "read", room, seq: 5 }]);
    expect(client.room(room)?.reads).toEqual({ c: 4, [alice.id ?? ""]: 5 });
  });

  it("says that it was refused and is not joined again", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.say({ op: "refused", room, code: "not_found", detail: "", retry: false });
    expect(client.room(room)?.refused).toBe("not_found");
    server.last.close(1006);
    clock.elapse(1_000);
    server.last.accept();
    expect(server.last.take()).toEqual([{ op: "hello", v: 1, token: "t", resume: {} }]);
  });

  it("is left by the last who joined it", () => {
    const { server, client } = online();
    const [first, second] = [client.join(room), client.join(room)];
    server.last.take();
    first();
    first();
    expect(server.last.take()).toEqual([]);
    second();
    expect(server.last.take()).toEqual([{ op: "leave", room }]);
    expect(client.room(room)).toBeNull();
  });
});

describe("a message", () => {
  it("is shown at once, sent, acked, and replaced by its event without a gap", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(0));
    server.last.take();
    const id = client.send({ room, content: "Hi" });
    expect(server.last.take()).toEqual([{ op: "send", room, id, type: "message", content: "Hi" }]);
    server.last.say({ op: "ack", id, room, seq: 1 });
    expect(client.outgoing(room)).toMatchObject([{ id, state: "acked" }]);
    server.last.say(echo(id, 1));
    expect(client.outgoing(room)).toEqual([]);
    expect(seqs(client)).toEqual([1]);
  });

  it("to an inbox opens a room that is joined by itself", () => {
    const { server, client, notices } = online();
    const first = client.send({ room: inbox, content: "Hi" });
    client.send({ room: inbox, content: "Are you there?" });
    server.last.take();
    server.last.say({ op: "ack", id: first, room, seq: 1 });
    expect(server.last.take()).toMatchObject([
      { op: "join", room, since: 0 },
      { op: "send", room, id: "m2" },
    ]);
    expect(notices).toContainEqual({ kind: "acked", id: first, room, sentTo: inbox });
    server.last.say(joined(1), echo(first, 1));
    expect(client.outgoing(room).map(({ id }) => id)).toEqual(["m2"]);
  });

  it("survives a lost connection once: the event stands in for the lost ack", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.say(joined(0));
    const id = client.send({ room, content: "Hi" });
    server.last.close(1006);
    clock.elapse(1_000);
    welcome({ server, client, clock, notices: [] });
    expect(server.last.take()).toContainEqual(expect.objectContaining({ op: "send", id }));
    server.last.say(joined(1), echo(id, 1));
    server.last.say({ op: "ack", id, room, seq: 1 });
    expect(client.outgoing(room)).toEqual([]);
    expect(seqs(client)).toEqual([1]);
  });

  it("survives a reload in IndexedDB, its owner's only", async () => {
    const before = desk(openOutboxStore(indexedDB, "vic"));
    before.client.send({ room, content: "Hi" });
    await settled();
    before.client.stop();
    const stranger = online(openOutboxStore(indexedDB, "somebody else"));
    const after = online(openOutboxStore(indexedDB, "vic"));
    await settled();
    expect(stranger.client.outgoing(room)).toEqual([]);
    expect(after.client.outgoing(room)).toMatchObject([{ id: "m1", content: "Hi" }]);
    after.server.last.say({ op: "ack", id: "m1", room, seq: 1 });
    await settled();
    const later = openOutboxStore(indexedDB, "vic");
    await expect(later.load()).resolves.toEqual([]);
  });

  it("leaves no trace in the store of who signs out", async () => {
    const store = openOutboxStore(indexedDB, "vic");
    desk(store).client.send({ room, content: "Hi" });
    await settled();
    await store.clear();
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).not.toContain("parley-outbox-vic");
    await expect(store.load()).resolves.toEqual([]);
  });

  it("is sent although the browser forbids storage", async () => {
    const { server, client } = online(openOutboxStore(undefined, "vic"));
    client.send({ room, content: "Hi" });
    await settled();
    expect(server.last.take().at(-1)).toMatchObject({ op: "send", content: "Hi" });
  });

  it("that is a draft says so, and is gone when a colleague has sent it", () => {
    const { server, client, notices } = online();
    const id = client.send({ room, content: "Hi", draft: 4 });
    expect(server.last.take().at(-1)).toMatchObject({ op: "send", id, draft: 4 });
    server.last.say({ op: "refused", id, room, code: "draft_sent", detail: "", retry: false });
    expect(client.outgoing(room)).toEqual([]);
    expect(notices.at(-1)).toMatchObject({ kind: "refused", refusal: { id, code: "draft_sent" } });
  });

  it("fails visibly, and is retried or discarded", () => {
    const { server, client } = online();
    const id = client.send({ room, content: "Hi" });
    server.last.say({ op: "refused", id, code: "too_large", detail: "Too long.", retry: false });
    expect(client.outgoing(room)).toMatchObject([
      { state: "failed", failure: { code: "too_large" } },
    ]);
    server.last.take();
    client.retry(id);
    expect(server.last.take()).toMatchObject([{ op: "send", id }]);
    client.discard(id);
    expect(client.outgoing(room)).toEqual([]);
  });
});

describe("the client", () => {
  it("carries binary frames while it is connected", () => {
    const made = online();
    const { server, client, notices } = made;
    client.carry(Uint8Array.of(1, 2));
    server.last.carry(Uint8Array.of(3));
    expect(server.last.carried).toEqual([Uint8Array.of(1, 2)]);
    expect(notices).toContainEqual({ kind: "bytes", payload: Uint8Array.of(3) });
    server.last.close(1006);
    client.carry(Uint8Array.of(4));
    expect(server.last.carried).toHaveLength(1);
  });

  it("takes a binary frame for a sign of life", () => {
    const { server, clock } = online();
    server.last.take();
    clock.elapse(24_000);
    server.last.carry(Uint8Array.of(1));
    clock.elapse(24_000);
    expect(server.last.take()).toEqual([]);
  });

  it("resumes as many rooms as a hello may carry, and joins the others behind it", () => {
    const { server, client } = desk();
    for (let i = 0; i < 203; i++) client.join(`inbox:${i}`);
    client.start();
    server.last.accept();
    const [hello, ...joins] = server.last.take();
    expect(Object.keys((hello as { resume: object }).resume)).toHaveLength(200);
    expect(joins.map((frame) => frame.op === "join" && frame.room)).toEqual([
      "inbox:200",
      "inbox:201",
      "inbox:202",
    ]);
  });

  it("keeps the line alive with pings and leaves a dead one", () => {
    const { server, client, clock } = online();
    server.last.take();
    clock.elapse(25_000);
    expect(server.last.take()).toEqual([{ op: "ping" }]);
    clock.elapse(8_000);
    expect(server.connections[0]?.dropped).toBe(true);
    expect(client.phase()).toBe("waiting");
    clock.elapse(1_000);
    expect(server.connections).toHaveLength(2);
  });

  it("tells its status again after a break", () => {
    const made = online();
    const { server, client, clock } = made;
    client.setStatus("away");
    server.last.close(1012);
    clock.elapse(1_000);
    welcome(made);
    expect(server.last.take()).toContainEqual({ op: "status", status: "away" });
  });

  it("lets a listener send, after what is under way", () => {
    const made = online();
    const { server, client } = made;
    const order: string[] = [];
    client.watch((notice) => {
      if (notice.kind !== "event") return;
      order.push(`heard ${notice.event.seq}`);
      client.read(room, notice.event.seq);
    });
    client.join(room);
    server.last.take();
    server.last.say(joined(2), ...life.slice(0, 2));
    expect(order).toEqual(["heard 1", "heard 2"]);
    expect(server.last.take().map((frame) => frame.op)).toEqual(["read", "read"]);
  });

  it("is silent after stop, and to those who stopped listening", () => {
    const { server, client, notices, clock } = online();
    const heard: TicketEvent[] = [];
    const undo = client.watch((notice) => notice.kind === "event" && heard.push(notice.event));
    client.join(room);
    undo();
    server.last.say(joined(1), life[0] as EventFrame);
    expect(heard).toEqual([]);
    client.stop();
    const before = notices.length;
    clock.elapse(100_000);
    expect([notices.length, server.connections.length]).toEqual([before, 1]);
  });

  it("passes on how many notifications are unread, and nothing that only looks like it", () => {
    const { server, notices } = online();
    server.last.say({ op: "notified", unread: 3, newest: "n" });
    server.last.say({ op: "notified", unread: "many", newest: null } as never);
    server.last.say({ op: "notified", unread: 0, newest: null });
    const counts = notices.flatMap((notice) => (notice.kind === "notified" ? [notice.unread] : []));
    expect(counts).toEqual([3, 0]);
  });
});
