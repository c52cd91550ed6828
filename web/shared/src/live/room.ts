/**
 * One joined room: its history in order, who is here, who is typing, who has read how far.
 * Pure. `Room.state` is replaced whole when it changes, so a view may compare by identity.
 *
 * Events arrive numbered and dense. A repeated one is dropped; a hole means that frames were
 * lost, and the room joins again from the last it has: what follows comes in order.
 */

import { isEventType, type TicketEvent } from "../events";
import type {
  ClientFrame,
  EventFrame,
  JoinedFrame,
  Member,
  RefusalCode,
  RefusedFrame,
  Room as RoomName,
  ServerFrame,
} from "../frames";
import type { Id } from "../resources";
import { applyEvent, emptyHistory, type History } from "./history";
import { expireTyping, hearTyping, isSame, type Typist } from "./typing";

export interface RoomState {
  readonly room: RoomName;
  /** Everything up to the join is here. */
  readonly caughtUp: boolean;
  readonly history: History;
  readonly members: readonly Member[];
  /** How many are here; more than `members` where that list is cut. */
  readonly total: number;
  readonly typing: readonly Typist[];
  readonly reads: Readonly<Record<Id, number>>;
  /** Set when the server refused the room: it is not ours, or not there. */
  readonly refused: RefusalCode | null;
  /** The generation of the ticket's shared draft, while the line to it is open. */
  readonly draft: number | null;
  /** Raised by each joining: the server has forgotten what was asked of it before, the draft too. */
  readonly joins: number;
}

export interface RoomOutput {
  transmit: ClientFrame[];
  /** New events, in order, each once. */
  events: TicketEvent[];
}

const refusedPauseMs = 2_000;
const nothing: RoomOutput = { transmit: [], events: [] };

export function emptyRoom(room: RoomName, history: History = emptyHistory): RoomState {
  const none = {
    members: [],
    total: 0,
    typing: [],
    reads: {},
    refused: null,
    draft: null,
    joins: 0,
  };
  return { room, caughtUp: false, history, ...none };
}

export class Room {
  state: RoomState;
  /** How far who sits here has read, whether or not the server has heard of it. */
  readTo = 0;
  /** A hole was seen: asked for by joining again, then answered. What it lacks now is nowhere. */
  private hole: "none" | "asked" | "answered" = "none";
  private target = 0;
  /** When to ask again for a room that could not be entered just now. */
  private retryAt: number | null = null;
  /** The draft's generation was asked for, by joining again. */
  private isAsking = false;

  constructor(name: RoomName, history: History = emptyHistory) {
    this.state = emptyRoom(name, history);
  }

  get wakeAt(): number | null {
    const due = this.state.typing.map(({ until }) => until);
    if (this.retryAt !== null) due.push(this.retryAt);
    return due.length ? Math.min(...due) : null;
  }

  join(): ClientFrame {
    return { op: "join", room: this.state.room, since: this.state.history.seq };
  }

  /** Asks for everything again: links in it may have run out. */
  renew(): ClientFrame {
    this.set({ history: emptyHistory, caughtUp: false });
    return this.join();
  }

  lost(): void {
    this.hole = "none";
    this.retryAt = null;
    this.isAsking = false;
    this.set({ typing: [], members: [], total: 0, caughtUp: false, draft: null });
  }

  due(now: number): ClientFrame[] {
    this.set({ typing: expireTyping(this.state.typing, now) });
    if (this.retryAt === null || now < this.retryAt) return [];
    this.retryAt = null;
    return [this.join()];
  }

  receive(frame: ServerFrame, now: number): RoomOutput {
    switch (frame.op) {
      case "joined":
        return this.joined(frame);
      case "event":
        return this.event(frame);
      case "presence":
        this.set({ members: frame.members, total: frame.total ?? frame.members.length });
        return nothing;
      case "draft":
        this.set({ draft: frame.generation });
        return nothing;
      case "typing":
        this.set({
          typing: hearTyping(this.state.typing, frame.who, frame.on, frame.text ?? null, now),
        });
        return nothing;
      case "read":
        if (frame.who.id) this.read(frame.who.id, frame.seq);
        return nothing;
      case "refused":
        return this.refused(frame, now);
      default:
        return nothing;
    }
  }

  /** Raises somebody's read position; it never goes back. */
  read(who: Id, seq: number): void {
    if (seq <= (this.state.reads[who] ?? 0)) return;
    this.set({ reads: { ...this.state.reads, [who]: seq } });
  }

  private refused(frame: RefusedFrame, now: number): RoomOutput {
    if (frame.code === "not_found" || frame.code === "not_permitted") {
      this.set({ refused: frame.code, members: [], total: 0, typing: [], draft: null });
    } else if (frame.code === "draft_sent" && !this.isAsking) {
      // What was refused may have crossed the news on its way, or the news was lost: `joined` tells.
      this.isAsking = true;
      return { transmit: [this.join()], events: [] };
    } else if (frame.retry && !this.state.caughtUp) {
      this.retryAt = now + (frame.retry_after_ms ?? refusedPauseMs);
    }
    return nothing;
  }

  private joined(frame: JoinedFrame): RoomOutput {
    const { history, joins } = this.state;
    const members = frame.presence;
    this.isAsking = false;
    this.retryAt = null;
    this.set({ members, total: members.length, refused: null });
    this.set({ draft: frame.draft ?? null, joins: joins + 1 });
    for (const [who, seq] of Object.entries(frame.reads ?? {})) this.read(who, seq);
    this.target = frame.seq;
    if (this.hole === "asked") this.hole = "answered";
    if (frame.seq < history.seq) {
      // The server has less than we saw: it was restored from a backup. Begin again.
      this.set({ history: emptyHistory, caughtUp: false });
      return { transmit: [this.join()], events: [] };
    }
    if (frame.seq === history.seq) {
      // Nothing is missing any more: the next hole is a new one.
      this.hole = "none";
      this.set({ caughtUp: true });
    }
    return nothing;
  }

  private event(frame: EventFrame): RoomOutput {
    const { history } = this.state;
    if (frame.seq <= history.seq) return nothing;
    const isHole = frame.seq > history.seq + 1;
    if (isHole && this.hole === "asked") return nothing;
    if (isHole && this.hole === "none") {
      this.hole = "asked";
      return { transmit: [this.join()], events: [] };
    }
    if (this.hole === "answered") this.hole = "none";
    const { op: _op, room: _room, ...event } = frame;
    if (isEventType(event.type)) this.set({ history: applyEvent(history, event) });
    else this.set({ history: { ...history, seq: frame.seq } });
    this.settle(event);
    return { transmit: [], events: isEventType(event.type) ? [event] : [] };
  }

  private settle(event: TicketEvent): void {
    const { typing, history } = this.state;
    const { type, id, name } = event.actor;
    if (event.type === "interaction_added" && type !== "system") {
      const others = typing.filter(({ who }) => !isSame(who, { type, id, name }));
      if (others.length < typing.length) this.set({ typing: others });
    }
    if (history.seq >= this.target) this.set({ caughtUp: true });
  }

  private set(fields: Partial<RoomState>): void {
    const changed = Object.entries(fields).some(
      ([name, value]) => this.state[name as keyof RoomState] !== value,
    );
    if (changed) this.state = { ...this.state, ...fields };
  }
}
