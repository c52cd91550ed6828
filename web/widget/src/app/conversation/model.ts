/**
 * What a conversation shows: days, messages in runs of one author, changes of status, and behind
 * them what is not confirmed yet. Pure; `Entry.key` stays when the server's copy replaces ours,
 * so that nothing jumps.
 */

import type { TicketEvent } from "@parley/shared/events";
import type { Outgoing } from "@parley/shared/live/outbox";
import type { RoomState } from "@parley/shared/live/room";
import type { Attachment, Id, Status } from "@parley/shared/resources";
import { dayOf } from "@parley/shared/time/format";

export type Delivery = "sent" | "seen" | "sending" | "waiting" | "failed";

export interface MessageEntry {
  kind: "message";
  key: string;
  own: boolean;
  author: string;
  content: string;
  attachments: readonly Attachment[];
  at: Date;
  /** The first and the last of a run by the same author. */
  first: boolean;
  last: boolean;
  delivery: Delivery;
  /** The client id of one that is not confirmed. */
  outgoing: Id | null;
  failure: string | null;
}

export type Entry =
  | { kind: "day"; key: string; at: Date }
  | { kind: "status"; key: string; at: Date; status: Status; reopened: boolean }
  | MessageEntry;

const runMs = 5 * 60_000;
const done: readonly Status[] = ["resolved", "closed"];

/** `limit`: of the events, only so many of the newest. */
export function toEntries(
  room: RoomState | null,
  outgoing: readonly Outgoing[],
  online: boolean,
  limit: number,
  zone?: string,
): Entry[] {
  const seen = seenByAgents(room);
  const events = room?.history.events.slice(-limit) ?? [];
  const told = events.flatMap((event) => toldEntry(event, seen));
  const entries = [...told, ...outgoing.map((message) => outgoingEntry(message, online))];
  return withRuns(withDays(entries, zone));
}

/** How far the other side has read. */
function seenByAgents(room: RoomState | null): number {
  const customers = new Set(
    (room?.history.events ?? []).flatMap((event) =>
      event.actor.type === "customer" && event.actor.id ? [event.actor.id] : [],
    ),
  );
  const reads = Object.entries(room?.reads ?? {}).filter(([who]) => !customers.has(who));
  return Math.max(0, ...reads.map(([, seq]) => seq));
}

function toldEntry(event: TicketEvent, seen: number): Entry[] {
  if (event.type === "status_changed") {
    const reopened = done.includes(event.data.previous) && !done.includes(event.data.status);
    if (!reopened && !done.includes(event.data.status)) return [];
    const { status } = event.data;
    return [{ kind: "status", key: `s${event.seq}`, at: new Date(event.at), status, reopened }];
  }
  if (event.type !== "interaction_added" || event.data.type === "note") return [];
  const { id, client_id, author_type, author_name, content, attachments, created_at } = event.data;
  const own = author_type === "customer";
  return [
    {
      kind: "message",
      key: client_id ?? id,
      own,
      author: author_name,
      content,
      attachments,
      at: new Date(created_at),
      first: true,
      last: true,
      delivery: own && event.seq <= seen ? "seen" : "sent",
      outgoing: null,
      failure: null,
    },
  ];
}

function outgoingEntry(message: Outgoing, online: boolean): MessageEntry {
  const under = online ? "sending" : "waiting";
  return {
    kind: "message",
    key: message.id,
    own: true,
    author: "",
    content: message.content,
    attachments: message.attachments,
    at: new Date(message.created_at),
    first: true,
    last: true,
    delivery: message.state === "failed" ? "failed" : message.state === "acked" ? "sent" : under,
    outgoing: message.id,
    failure: message.failure?.detail ?? null,
  };
}

function withDays(entries: Entry[], zone?: string): Entry[] {
  let day = "";
  return entries.flatMap((entry): Entry[] => {
    const own = dayOf(entry.at, zone);
    if (own === day) return [entry];
    day = own;
    return [{ kind: "day", key: `d${own}`, at: entry.at }, entry];
  });
}

function withRuns(entries: Entry[]): Entry[] {
  return entries.map((entry, i) => {
    if (entry.kind !== "message") return entry;
    const [before, after] = [entries[i - 1], entries[i + 1]];
    return { ...entry, first: !continues(before, entry), last: !continues(entry, after) };
  });
}

function continues(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a?.kind !== "message" || b?.kind !== "message" || a.own !== b.own) return false;
  return (a.own || a.author === b.author) && b.at.getTime() - a.at.getTime() < runMs;
}

/** A link to a file names its end, in seconds; one without an end holds. */
export function hasRunOut(url: string, now: number): boolean {
  const end = /[?&]expires=(\d+)/.exec(url)?.[1];
  return end !== undefined && Number(end) * 1000 <= now;
}

export function findFile(room: RoomState | null, id: Id): Attachment | null {
  const files = (room?.history.events ?? []).flatMap((event) =>
    event.type === "interaction_added" ? event.data.attachments : [],
  );
  return files.find((file) => file.id === id) ?? null;
}

/** Messages from the team beyond what the visitor has read. */
export function countUnread(room: RoomState, me: Id | null): number {
  const read = me ? (room.reads[me] ?? 0) : 0;
  return room.history.events.filter(
    (event) =>
      event.seq > read &&
      event.type === "interaction_added" &&
      event.data.type === "message" &&
      event.data.author_type !== "customer",
  ).length;
}

/** The status as the newest event tells it; `known` from before the history came. */
export function statusOf(room: RoomState | null, known: Status): Status {
  const changes = (room?.history.events ?? []).flatMap((event) =>
    event.type === "status_changed" ? [event.data.status] : [],
  );
  return changes.at(-1) ?? known;
}

export function namesHere(room: RoomState | null): string[] {
  const agents = (room?.members ?? []).filter(({ type }) => type === "agent");
  return [...new Set(agents.map(({ name }) => name))];
}

export function namesTyping(room: RoomState | null): string[] {
  const agents = (room?.typing ?? []).filter(({ who }) => who.type === "agent");
  return [...new Set(agents.map(({ who }) => who.name))];
}
