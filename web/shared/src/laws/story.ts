/**
 * For the laws: one ticket as its server knows it, and a line that loses, doubles, holds back and
 * cuts what goes over it, all by one seed. The truth is changed first and the event told of it
 * afterwards, so that nothing here shares a fold with what is tested.
 */

import type { EventType, TicketEvent } from "../events";
import type { ClientFrame, EventFrame, ServerFrame } from "../frames";
import { ticketLife } from "../golden";
import type { FakeConnection, FakeServer } from "../live/fakes";
import {
  priorities,
  type SlaTarget,
  type SlaTargetName,
  statuses,
  type Ticket,
} from "../resources";

/** Mulberry32: small, and the same everywhere. */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

// As the server orders them.
const byDue = (a: SlaTarget, b: SlaTarget) =>
  Date.parse(a.due_at) - Date.parse(b.due_at) || (a.target < b.target ? -1 : 1);

export class Chance {
  constructor(private readonly next: () => number) {}

  is(share: number): boolean {
    return this.next() < share;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

const [opened] = ticketLife();
const said = ticketLife().find(({ type }) => type === "interaction_added");
const alice = { type: "agent", id: "alice", name: "Alice" } as const;
export const room = opened?.room ?? "";
const targets: readonly SlaTargetName[] = ["first_response", "next_response", "resolution"];
const kinds: readonly EventType[] = [
  "interaction_added",
  "interaction_added",
  "status_changed",
  "ticket_assigned",
  "priority_changed",
  "tag_added",
  "tag_removed",
  "sla_started",
  "sla_retimed",
  "sla_paused",
  "sla_resumed",
  "sla_warned",
  "sla_escalated",
  "sla_met",
  "sla_breached",
  "sla_stopped",
];

/** The ticket itself: its row, and every event with the row as it was after it. */
export class TrueTicket {
  readonly log: EventFrame[] = [];
  readonly rows: Ticket[];
  private readonly acks = new Map<string, number>();

  constructor(
    private row: Ticket,
    private readonly chance: Chance,
  ) {
    this.rows = [structuredClone(row)];
    this.tell("ticket_opened", {});
  }

  get newest(): Ticket {
    return this.row;
  }

  /** The events as they are kept. */
  get events(): TicketEvent[] {
    return this.log.map(({ op: _op, room: _room, ...event }) => event);
  }

  /** Something happens. */
  happen(): void {
    const { chance, row } = this;
    const type = chance.pick(kinds);
    switch (type) {
      case "interaction_added":
        this.say(`said ${this.log.length}`, null, chance.is(0.3) ? "note" : "message");
        break;
      case "status_changed": {
        const [previous, status] = [row.status, chance.pick(statuses)];
        const reason = chance.pick(["supplier", null]);
        Object.assign(row, { status, status_reason_id: reason, status_reason: reason });
        this.tell(type, { status, previous, ...(reason && { reason_id: reason, reason }) });
        break;
      }
      case "ticket_assigned": {
        const [assignee_id, team_id] = [
          chance.pick(["alice", "bob", null]),
          chance.pick(["t", null]),
        ];
        Object.assign(row, { assignee_id, team_id });
        this.tell(type, { assignee_id, team_id, assignee_name: assignee_id, team_name: team_id });
        break;
      }
      case "priority_changed": {
        const [previous, priority] = [row.priority, chance.pick(priorities)];
        row.priority = priority;
        this.tell(type, { priority, previous });
        break;
      }
      case "tag_added":
      case "tag_removed":
        this.tag(type, chance.pick(["blue", "Green", "lamp"]));
        break;
      case "sla_started":
        this.begin(chance.pick(targets));
        break;
      default:
        this.tick(type, chance.pick(targets));
    }
  }

  /** Says it once for each id; gives its seq. */
  say(content: string, id: string | null, type: "message" | "note"): number {
    const known = id === null ? undefined : this.acks.get(id);
    if (known !== undefined) return known;
    const seq = this.log.length + 1;
    const at = this.at(seq);
    if (type === "message")
      this.row.last_message = { content, author_type: "agent", created_at: at };
    const template = said?.type === "interaction_added" ? said.data : {};
    const author = { author_type: "agent", author_id: "alice", author_name: "Alice" };
    const data = { ...template, id: `i${seq}`, seq, type, content, created_at: at, ...author };
    this.tell("interaction_added", { ...data, client_id: id });
    if (id !== null) this.acks.set(id, seq);
    return seq;
  }

  private tag(type: "tag_added" | "tag_removed", tag: string): void {
    const others = this.row.tags.filter((each) => each !== tag);
    const tags = type === "tag_added" ? [...others, tag] : others;
    this.row.tags = tags.sort((a, b) => a.localeCompare(b, "en", { sensitivity: "base" }));
    this.tell(type, { tag });
  }

  private begin(target: SlaTargetName): void {
    const [started_at, due_at] = [this.at(this.log.length + 1), this.at(this.chance.below(1_000))];
    const begun = { target, policy_id: "p", started_at, due_at };
    const unset = { warned_at: null, met_at: null, breached_at: null, paused: false };
    const others = this.row.sla.filter((each) => each.target !== target);
    this.row.sla = [...others, { ...begun, ...unset }].sort(byDue);
    this.tell("sla_started", begun);
  }

  private tick(type: EventType, target: SlaTargetName): void {
    const at = this.at(this.log.length + 1);
    let running = this.row.sla.find((each) => each.target === target);
    const due_at = this.at(this.chance.below(1_000));
    if (type === "sla_resumed" && !running) {
      const unset = { warned_at: null, met_at: null, breached_at: null, paused: false };
      running = { target, policy_id: "q", started_at: at, due_at, ...unset };
      this.row.sla.push(running);
    }
    if (running && type === "sla_resumed") Object.assign(running, { met_at: null, paused: false });
    if (running && type === "sla_retimed") running.policy_id = "q";
    if (running && (type === "sla_resumed" || type === "sla_retimed")) running.due_at = due_at;
    this.row.sla.sort(byDue);
    if (type === "sla_stopped") this.row.sla = this.row.sla.filter((each) => each !== running);
    if (running && type === "sla_paused") running.paused = true;
    if (running && type === "sla_warned") running.warned_at = at;
    if (running && type === "sla_breached") running.breached_at = at;
    if (running && type === "sla_met") Object.assign(running, { met_at: at, paused: false });
    const both = { due_at, policy_id: "q", started_at: at };
    this.tell(type, { target, ...both, met_at: at, breached_at: at });
  }

  private at(seq: number): string {
    return new Date(1_700_000_000_000 + seq * 60_000).toISOString();
  }

  private tell(type: EventType, data: object): void {
    const seq = this.log.length + 1;
    const at = this.at(seq);
    Object.assign(this.row, { seq, updated_at: at });
    this.log.push({ op: "event", room, seq, type, at, actor: alice, data } as EventFrame);
    this.rows.push(structuredClone(this.row));
  }
}

/** The server of a desk with one ticket, at the far end of a line that chance plays with. */
export class TrueServer {
  private told = 0;
  private joined: FakeConnection | null = null;
  private isSilent = false;

  constructor(
    private readonly ticket: TrueTicket,
    private readonly far: FakeServer,
    private readonly chance: Chance,
  ) {}

  /** From now on nothing is lost, doubled or held back. */
  calm(): void {
    this.isSilent = true;
  }

  accept(): void {
    const { last } = this.far;
    last.accept();
    last.say({ op: "welcome", session: "s", heartbeat_seconds: 25, me: alice });
  }

  /** Answers what has come, and tells what has happened since. */
  turn(): void {
    for (const frame of this.far.last.take()) this.answer(frame);
    if (this.joined !== this.far.last) return;
    this.deliver(this.ticket.log.slice(this.told));
    this.told = this.ticket.log.length;
  }

  cut(code: number, bye: boolean): void {
    const { last } = this.far;
    if (last.dropped) return;
    if (bye) last.say({ op: "bye", reason: "drain", retry_after_ms: 2_000 });
    this.joined = null;
    last.dropped = true;
    last.close(code);
  }

  private answer(frame: ClientFrame): void {
    const { last } = this.far;
    if (frame.op === "ping") last.say({ op: "pong" });
    const resumed = frame.op === "hello" ? frame.resume?.[room] : undefined;
    if (resumed !== undefined) this.join(resumed);
    if (frame.op === "join" && frame.room === room) this.join(frame.since);
    if (frame.op !== "send") return;
    if (!this.isSilent && this.chance.is(0.2)) {
      const refusal = {
        code: "unavailable",
        detail: "",
        retry: true,
        retry_after_ms: 500,
      } as const;
      last.say({ op: "refused", id: frame.id, room, ...refusal });
      return;
    }
    const seq = this.ticket.say(frame.content, frame.id, frame.type);
    const ack: ServerFrame = { op: "ack", id: frame.id, room, seq };
    // The event and the ack come in either order, and either may be lost with its connection.
    if (this.chance.is(0.5)) last.say(ack);
    this.deliver(this.ticket.log.slice(this.told));
    this.told = this.ticket.log.length;
    last.say(ack);
  }

  private join(since: number): void {
    const { log } = this.ticket;
    this.far.last.say({ op: "joined", room, seq: log.length, presence: [alice] });
    this.joined = this.far.last;
    // What is missed comes whole and in order, or with it the connection ends.
    for (const event of log.slice(since)) this.far.last.say(event);
    this.told = log.length;
  }

  private deliver(events: readonly EventFrame[]): void {
    for (const frame of this.isSilent ? events : this.disturbed(events)) this.far.last.say(frame);
  }

  private *disturbed(events: readonly EventFrame[]): Generator<EventFrame> {
    let held: EventFrame | null = null;
    for (const frame of events) {
      if (this.chance.is(0.12)) continue;
      if (held === null && this.chance.is(0.12)) {
        held = frame;
        continue;
      }
      yield frame;
      if (this.chance.is(0.2)) yield frame;
      if (this.chance.is(0.05)) yield this.chance.pick(this.ticket.log);
      if (held && this.chance.is(0.5)) {
        yield held;
        held = null;
      }
    }
    if (held) yield held;
  }
}
