/** What the tests of a client share: one with a played server and a clock that only they move, and a
 * ticket's golden life to tell it. */
import type { EventFrame, JoinedFrame, Member } from "../frames";
import { ticketLife } from "../golden";
import { LiveClient } from "./client";
import { FakeClock, FakeServer } from "./fakes";
import { memoryOutboxStore, type OutboxStore } from "./outboxStore";
import type { Notice } from "./session";

export const alice: Member = {
  type: "agent",
  id: "0192f000-0000-7000-8000-0000000000d1",
  name: "Alice",
};
export const life = ticketLife();
export const room = life[0]?.room ?? "";
export const inbox = "inbox:1";

export interface Desk {
  server: FakeServer;
  clock: FakeClock;
  client: LiveClient;
  notices: Notice[];
}

export function desk(store: OutboxStore = memoryOutboxStore()): Desk {
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

export function welcome({ server }: Desk): void {
  server.last.accept();
  server.last.say({ op: "welcome", session: "s", heartbeat_seconds: 25, me: alice });
}

export function online(store?: OutboxStore): Desk {
  const made = desk(store);
  made.client.start();
  welcome(made);
  return made;
}

export const joined = (seq: number): JoinedFrame => ({
  op: "joined",
  room,
  seq,
  presence: [alice],
});
export const seqs = (client: LiveClient) => client.room(room)?.history.events.map(({ seq }) => seq);
export const told = (notices: Notice[]) =>
  notices.flatMap((notice) => (notice.kind === "event" ? [notice.event.seq] : []));
/** Stores answer some turns of the loop later. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function echo(id: string, seq: number): EventFrame {
  const [said] = life.filter((event) => event.type === "interaction_added");
  if (said?.type !== "interaction_added") throw new Error("No interaction in the golden life.");
  return { ...said, seq, data: { ...said.data, seq, client_id: id } };
}
