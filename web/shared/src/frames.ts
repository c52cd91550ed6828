/**
 * The live protocol of `/ws`: JSON text frames, `op` first. `parseServerFrame` is the edge where
 * bytes become typed values; a frame it does not know is null, so that an older client survives
 * a newer server. Binary frames are the shared drafts' own: `draft/codec.ts`.
 */

import type { TicketEvent } from "./events";
import type { AgentStatus, Id, InteractionType, Ticket } from "./resources";

/** `ticket:<id>`, `inbox:<id>`, or `agents`. */
export type Room = string;

export interface Member {
  type: "customer" | "agent";
  /** Null where a customer is told of an agent: they learn the name alone. */
  id: Id | null;
  name: string;
  /** Only in the room `agents`. */
  status?: AgentStatus;
}

export type RefusalCode =
  | "unauthorized"
  | "not_permitted"
  | "not_found"
  | "invalid"
  | "too_large"
  | "ticket_closed"
  | "duplicate_mismatch"
  | "draft_sent"
  | "rate_limited"
  | "unavailable"
  | "conflict"
  | "precondition_failed";

export interface SendFrame {
  op: "send";
  room: Room;
  /** Made by the client and kept for ever: sending again under it is harmless. */
  id: Id;
  type: InteractionType;
  content: string;
  attachment_ids?: Id[];
  /** The generation of the shared draft that this text is; it is sent once. */
  draft?: number;
}

export type ClientFrame =
  | { op: "hello"; v: 1; token?: string; resume?: Record<Room, number> }
  | { op: "join"; room: Room; since: number }
  | { op: "leave"; room: Room }
  | SendFrame
  | { op: "typing"; room: Room; on: boolean; text?: string }
  | { op: "read"; room: Room; seq: number }
  | { op: "status"; status: AgentStatus }
  | { op: "ping" };

export type EventFrame = { op: "event"; room: Room } & TicketEvent;

export interface JoinedFrame {
  op: "joined";
  room: Room;
  /** The newest seq at that moment; the missing events follow. */
  seq: number;
  presence: Member[];
  /** Who has read up to where. */
  reads?: Record<Id, number>;
  /** For agents: the generation of the ticket's shared draft. */
  draft?: number;
}

export interface RefusedFrame {
  op: "refused";
  /** The client id of a refused `send`; without one, the refusal is about the room. */
  id?: Id | null;
  room?: Room | null;
  code: RefusalCode;
  detail: string;
  retry: boolean;
  retry_after_ms?: number;
}

export type ServerFrame =
  | { op: "welcome"; session: string; heartbeat_seconds: number; me: Member }
  | JoinedFrame
  | EventFrame
  | { op: "ack"; id: Id; room: Room; seq: number }
  | RefusedFrame
  | { op: "ticket"; room: Room; ticket: Ticket }
  /** `total`: how many they are, where `members` is cut. */
  | { op: "presence"; room: Room; members: Member[]; total?: number }
  /** Which agents have one ticket of a list open, and who of them all is writing there. */
  | { op: "viewing"; room: Room; ticket_id: Id; members: Member[]; typing: Member[] }
  /** The shared draft was sent: a new one has begun. */
  | { op: "draft"; room: Room; generation: number }
  | { op: "typing"; room: Room; who: Member; on: boolean; text?: string }
  | { op: "read"; room: Room; who: Member; seq: number }
  /** How many notifications are unread, and the newest of all: to be fetched. */
  | { op: "notified"; unread: number; newest: Id | null }
  | { op: "pong" }
  | { op: "bye"; reason: string; retry_after_ms: number };

type Fields = Record<string, unknown>;

const text = (value: unknown): boolean => typeof value === "string";
const whole = (value: unknown): boolean => Number.isSafeInteger(value);
const list = (value: unknown): boolean => Array.isArray(value);
const record = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the client relies on in each frame; the rest is the server's word. */
const shapes: Record<ServerFrame["op"], (frame: Fields) => boolean> = {
  welcome: (f) => whole(f.heartbeat_seconds) && record(f.me),
  joined: (f) => text(f.room) && whole(f.seq) && list(f.presence),
  event: (f) => text(f.room) && whole(f.seq) && text(f.type) && text(f.at) && record(f.data),
  ack: (f) => text(f.id) && text(f.room) && whole(f.seq),
  refused: (f) => text(f.code),
  ticket: (f) => text(f.room) && record(f.ticket),
  presence: (f) => text(f.room) && list(f.members),
  viewing: (f) => text(f.room) && text(f.ticket_id) && list(f.members) && list(f.typing),
  draft: (f) => text(f.room) && whole(f.generation),
  typing: (f) => text(f.room) && record(f.who) && typeof f.on === "boolean",
  read: (f) => text(f.room) && record(f.who) && whole(f.seq),
  notified: (f) => whole(f.unread) && (text(f.newest) || f.newest === null),
  pong: () => true,
  bye: (f) => whole(f.retry_after_ms),
};

/** The frame in `payload`, or null for one that this client does not know or cannot trust. */
export function parseServerFrame(payload: string): ServerFrame | null {
  let frame: unknown;
  try {
    frame = JSON.parse(payload);
  } catch {
    return null;
  }
  if (!record(frame) || typeof frame.op !== "string" || !Object.hasOwn(shapes, frame.op)) {
    return null;
  }
  const fits = shapes[frame.op as ServerFrame["op"]];
  return fits(frame) ? (frame as unknown as ServerFrame) : null;
}

/** The ticket id of a room `ticket:<id>`, or null for a list. */
export function ticketOf(room: Room): Id | null {
  return room.startsWith("ticket:") ? room.slice("ticket:".length) : null;
}
