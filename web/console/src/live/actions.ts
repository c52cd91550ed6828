/** The console's one live connection: started at sign-in, joined to the rooms of every inbox that
 * the agent watches, and heard by whoever follows `live.watch`. */

import { LiveClient } from "@parley/shared/live/client";
import { systemClock } from "@parley/shared/live/clock";
import type { Phase } from "@parley/shared/live/connection";
import type { Outgoing } from "@parley/shared/live/outbox";
import { type OutboxStore, openOutboxStore } from "@parley/shared/live/outboxStore";
import type { Notice } from "@parley/shared/live/session";
import { openSocketAt, socketAddress } from "@parley/shared/socket";
import { createStore } from "../store";

export const phaseStore = createStore<{ phase: Phase }>({ phase: "idle" });

let client: LiveClient | null = null;
let store: OutboxStore | null = null;
const sent = new Map<string, readonly Outgoing[]>();
const followers = new Set<(notice: Notice) => void>();

function hear(notice: Notice): void {
  if (notice.kind === "phase") phaseStore.set({ phase: notice.phase });
  if (notice.kind === "room") sent.delete(notice.room);
  for (const follow of [...followers]) follow(notice);
}

/** Connects as this agent; the agent's unsent messages from before a reload go out again. */
export function startLive(agentId: string): void {
  if (client) {
    client.start();
    return;
  }
  store = openOutboxStore(globalThis.indexedDB, agentId);
  client = new LiveClient({
    openSocket: openSocketAt(socketAddress(location)),
    clock: systemClock,
    store,
    hello: () => ({}),
  });
  client.watch(hear);
  addEventListener("online", () => client?.network(true));
  addEventListener("offline", () => client?.network(false));
  client.start();
}

/** The agent leaves this machine: the connection ends, and what was unsent is forgotten. */
export async function endLive(): Promise<void> {
  client?.stop();
  await store?.clear().catch(() => undefined);
}

/** The client of the signed-in agent; asking before sign-in is a bug. */
export function live(): LiveClient {
  if (!client) throw new Error("the live connection has not been started");
  return client;
}

/** Hears every notice, from now on; gives the undo. */
export function watchLive(follow: (notice: Notice) => void): () => void {
  followers.add(follow);
  return () => followers.delete(follow);
}

const NOTHING: readonly Outgoing[] = [];

/** What is on its way in a room: the same array until it changes. */
export function outgoingIn(room: string): readonly Outgoing[] {
  const known = sent.get(room);
  if (known) return known;
  const list = client?.outgoing(room) ?? NOTHING;
  const held = list.length ? list : NOTHING;
  sent.set(room, held);
  return held;
}
