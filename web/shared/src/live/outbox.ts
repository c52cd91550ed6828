/**
 * What the person here has said and the server has not yet confirmed. Pure. One message per room
 * is under way at a time: that keeps the order, and lets the first message to an inbox name the
 * ticket that those behind it belong to. Every message keeps its client id over retries, reloads
 * and reconnects, so that sending it again is harmless.
 */

import type { RefusedFrame, Room, SendFrame } from "../frames";
import type { Attachment, Id, InteractionType } from "../resources";

export interface Posted {
  id: Id;
  room: Room;
  type: InteractionType;
  content: string;
  attachments: Attachment[];
  /** The generation of the shared draft whose text this is. */
  draft?: number;
}

export interface Outgoing extends Posted {
  created_at: number;
  /** `acked`: durable, its own event has not come yet. */
  state: "queued" | "sent" | "acked" | "failed";
  /** Before this instant it is not sent (again). */
  due_at: number;
  failure: { code: string; detail: string } | null;
}

export type OutboxInput =
  | { kind: "restored"; messages: Outgoing[] }
  | { kind: "post"; message: Posted }
  | { kind: "retry"; id: Id }
  | { kind: "discard"; id: Id }
  | { kind: "connected" }
  | { kind: "lost" }
  | { kind: "acked"; id: Id; room: Room }
  | { kind: "refused"; frame: RefusedFrame }
  /** The message came back as an event: it is history now. */
  | { kind: "seen"; id: Id }
  | { kind: "due" };

export type OutboxOutput =
  | { kind: "transmit"; frame: SendFrame }
  | { kind: "store"; message: Outgoing }
  | { kind: "forget"; id: Id }
  /** The list of this room has changed. */
  | { kind: "changed"; room: Room };

export const maxOutgoing = 200;
const unansweredMs = 20_000;
const refusedPauseMs = 2_000;

export class Outbox {
  private messages: Outgoing[] = [];
  private connected = false;

  list(room: Room): Outgoing[] {
    return this.messages.filter((message) => message.room === room);
  }

  find(id: Id): Outgoing | undefined {
    return this.messages.find((message) => message.id === id);
  }

  get wakeAt(): number | null {
    const due = this.connected ? [...this.heads()].map(({ due_at }) => due_at) : [];
    return due.length ? Math.min(...due) : null;
  }

  receive(input: OutboxInput, now: number): OutboxOutput[] {
    switch (input.kind) {
      case "restored":
        return this.restore(input.messages, now);
      case "post":
        return this.post(input.message, now);
      case "retry":
        return this.change(input.id, { state: "queued", failure: null, due_at: 0 }, now);
      case "discard":
      case "seen":
        return this.remove(input.id, now);
      case "connected":
        this.connected = true;
        return this.flush(now);
      case "lost":
        this.connected = false;
        this.messages = this.messages.map((m) =>
          m.state === "sent" ? { ...m, state: "queued", due_at: 0 } : m,
        );
        return [];
      case "acked":
        return this.acked(input.id, input.room, now);
      case "refused":
        return this.refused(input.frame, now);
      case "due":
        return this.flush(now);
      default:
        return input satisfies never;
    }
  }

  private restore(stored: Outgoing[], now: number): OutboxOutput[] {
    const known = new Set(this.messages.map(({ id }) => id));
    const restored = stored
      .filter(({ id }) => !known.has(id))
      .map((m): Outgoing => (m.state === "failed" ? m : { ...m, state: "queued", due_at: 0 }));
    this.messages = [...restored, ...this.messages].sort((a, b) => (a.id < b.id ? -1 : 1));
    const rooms = new Set(restored.map(({ room }) => room));
    return [...[...rooms].map((room) => ({ kind: "changed", room }) as const), ...this.flush(now)];
  }

  private post(posted: Posted, now: number): OutboxOutput[] {
    const full = this.messages.length >= maxOutgoing;
    const message: Outgoing = {
      ...posted,
      created_at: now,
      due_at: 0,
      state: full ? "failed" : "queued",
      failure: full ? { code: "rate_limited", detail: "Too many unsent messages." } : null,
    };
    this.messages = [...this.messages, message];
    return [{ kind: "store", message }, { kind: "changed", room: posted.room }, ...this.flush(now)];
  }

  private acked(id: Id, room: Room, now: number): OutboxOutput[] {
    const message = this.find(id);
    if (!message) return [];
    const moved: OutboxOutput[] = [];
    this.messages = this.messages.map((m) => {
      if (m.id === id) return { ...m, room, state: "acked" };
      if (m.room !== message.room || room === message.room) return m;
      const following: Outgoing = { ...m, room };
      moved.push({ kind: "store", message: following });
      return following;
    });
    const changed = new Set([message.room, room]);
    return [
      { kind: "forget", id },
      ...moved,
      ...[...changed].map((name) => ({ kind: "changed", room: name }) as const),
      ...this.flush(now),
    ];
  }

  private refused(frame: RefusedFrame, now: number): OutboxOutput[] {
    if (!frame.id) return [];
    if (frame.retry) {
      return this.change(
        frame.id,
        { state: "queued", due_at: now + (frame.retry_after_ms ?? refusedPauseMs) },
        now,
      );
    }
    // The draft was sent already, by a colleague or another window: nothing is left to send.
    if (frame.code === "draft_sent") return this.remove(frame.id, now);
    const failure = { code: frame.code, detail: frame.detail };
    return this.change(frame.id, { state: "failed", failure }, now);
  }

  private change(id: Id, fields: Partial<Outgoing>, now: number): OutboxOutput[] {
    const before = this.find(id);
    if (!before || before.state === "acked") return [];
    const message = { ...before, ...fields };
    this.messages = this.messages.map((m) => (m.id === id ? message : m));
    return [
      { kind: "store", message },
      { kind: "changed", room: message.room },
      ...this.flush(now),
    ];
  }

  private remove(id: Id, now: number): OutboxOutput[] {
    const message = this.find(id);
    if (!message) return [];
    this.messages = this.messages.filter((m) => m.id !== id);
    return [{ kind: "forget", id }, { kind: "changed", room: message.room }, ...this.flush(now)];
  }

  /** The oldest unsent message of every room: the only one of it that may be under way. */
  private *heads(): Generator<Outgoing> {
    const rooms = new Set<Room>();
    for (const message of this.messages) {
      if (message.state === "acked" || message.state === "failed") continue;
      if (!rooms.has(message.room)) yield message;
      rooms.add(message.room);
    }
  }

  private flush(now: number): OutboxOutput[] {
    if (!this.connected) return [];
    const due = new Set([...this.heads()].filter(({ due_at }) => due_at <= now));
    const sent = [...due].map(
      (message) => ({ kind: "transmit", frame: toFrame(message) }) as const,
    );
    this.messages = this.messages.map((message) =>
      due.has(message) ? { ...message, state: "sent", due_at: now + unansweredMs } : message,
    );
    return sent;
  }
}

function toFrame({ room, id, type, content, attachments, draft }: Outgoing): SendFrame {
  const ids = attachments.map((attachment) => attachment.id);
  return {
    op: "send",
    room,
    id,
    type,
    content,
    ...(ids.length ? { attachment_ids: ids } : {}),
    ...(draft === undefined ? {} : { draft }),
  };
}
