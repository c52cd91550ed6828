/**
 * The live client without its skin: connection, rooms and outbox as one pure machine. Inputs say
 * what happened; outputs say what the shell (`client.ts`) must do and tell.
 */

import type { TicketEvent } from "../events";
import type {
  ClientFrame,
  JoinedFrame,
  Member,
  RefusedFrame,
  Room as RoomName,
  ServerFrame,
} from "../frames";
import type { AgentStatus, Id, Ticket } from "../resources";
import { Connection, type ConnectionInput, type ConnectionOutput, type Phase } from "./connection";
import type { History } from "./history";
import { Outbox, type OutboxInput, type OutboxOutput, type Outgoing } from "./outbox";
import { Room, type RoomState } from "./room";

export type ViewingFrame = ServerFrame & { op: "viewing" };

/** What a hello may carry: the protocol's own bound. */
const maxResumedRooms = 200;

export type SessionInput =
  | { kind: "connection"; input: Exclude<ConnectionInput, { kind: "frame" }> }
  | { kind: "frame"; frame: ServerFrame }
  | { kind: "bytes"; payload: Uint8Array }
  | { kind: "carry"; payload: Uint8Array<ArrayBuffer> }
  | { kind: "due"; chance: number }
  | { kind: "join"; room: RoomName; history?: History }
  | { kind: "leave"; room: RoomName }
  | { kind: "renew"; room: RoomName }
  | { kind: "outbox"; input: OutboxInput }
  | { kind: "typing"; room: RoomName; on: boolean; text?: string }
  | { kind: "read"; room: RoomName; seq: number }
  | { kind: "status"; status: AgentStatus };

/** What those who watch are told. */
export type Notice =
  | { kind: "phase"; phase: Phase }
  /** `client.room(name)` or `client.outgoing(name)` has a new value. */
  | { kind: "room"; room: RoomName }
  /** A new event, in order, once. */
  | { kind: "event"; room: RoomName; event: TicketEvent }
  | { kind: "ticket"; room: RoomName; ticket: Ticket }
  | { kind: "viewing"; frame: ViewingFrame }
  /** How many notifications are unread now. */
  | { kind: "notified"; unread: number }
  /** A binary frame. */
  | { kind: "bytes"; payload: Uint8Array }
  /** A message became durable; the first one to an inbox is in a new room now. */
  | { kind: "acked"; id: Id; room: RoomName; sentTo: RoomName }
  | { kind: "refused"; refusal: RefusedFrame };

export type SessionOutput =
  | { kind: "open" }
  | { kind: "drop" }
  /** Say hello, and which rooms to be let into again. */
  | { kind: "greet"; resume: Record<RoomName, number> }
  | { kind: "transmit"; frame: ClientFrame }
  | { kind: "carry"; payload: Uint8Array<ArrayBuffer> }
  | { kind: "store"; message: Outgoing }
  | { kind: "forget"; id: Id }
  | { kind: "tell"; notice: Notice };

export class Session {
  private readonly connection = new Connection();
  private readonly outbox = new Outbox();
  private readonly rooms = new Map<RoomName, Room>();
  private greeted = false;
  private status: AgentStatus | null = null;

  get phase(): Phase {
    return this.connection.phase;
  }

  get me(): Member | null {
    return this.connection.me;
  }

  room(name: RoomName): RoomState | null {
    return this.rooms.get(name)?.state ?? null;
  }

  outgoing(room: RoomName): Outgoing[] {
    return this.outbox.list(room);
  }

  get wakeAt(): number | null {
    const parts = [this.connection, this.outbox, ...this.rooms.values()];
    const due = parts.map(({ wakeAt }) => wakeAt).filter((at) => at !== null);
    return due.length ? Math.min(...due) : null;
  }

  receive(input: SessionInput, now: number): SessionOutput[] {
    switch (input.kind) {
      case "connection":
        return this.connect(this.connection.receive(input.input, now), now);
      case "frame":
        return this.hear(input.frame, now);
      case "bytes":
        this.connection.receive({ kind: "heard" }, now);
        return [{ kind: "tell", notice: input }];
      case "carry":
        return this.greeted ? [input] : [];
      case "due":
        return this.due(input.chance, now);
      case "join":
        return this.join(input.room, input.history);
      case "leave":
        return this.rooms.delete(input.room)
          ? this.transmit({ op: "leave", room: input.room })
          : [];
      case "renew": {
        const again = this.rooms.get(input.room)?.renew();
        return again ? [...this.transmit(again), changed(input.room)] : [];
      }
      case "outbox":
        return this.post(this.outbox.receive(input.input, now));
      case "typing": {
        const { kind: _kind, ...typing } = input;
        return this.transmit({ op: "typing", ...typing });
      }
      case "read":
        return this.read(input.room, input.seq);
      case "status":
        this.status = input.status;
        return this.transmit({ op: "status", status: input.status });
      default:
        return input satisfies never;
    }
  }

  private connect(outputs: ConnectionOutput[], now: number): SessionOutput[] {
    return outputs.flatMap((output): SessionOutput[] => {
      switch (output.kind) {
        case "greet":
          this.greeted = true;
          return this.greet();
        case "ping":
          return [{ kind: "transmit", frame: { op: "ping" } }];
        case "phase":
          return [{ kind: "tell", notice: output }, ...this.turn(output.phase, now)];
        case "open":
        case "drop":
          return [output];
        default:
          return output satisfies never;
      }
    });
  }

  /** A hello resumes so many rooms; the others are joined behind it. */
  private greet(): SessionOutput[] {
    const wanted = [...this.rooms.values()].filter(({ state }) => !state.refused);
    const resumed = wanted.slice(0, maxResumedRooms).map(({ state }) => state);
    const resume = Object.fromEntries(resumed.map(({ room, history }) => [room, history.seq]));
    const others = wanted.slice(maxResumedRooms).flatMap((room) => this.transmit(room.join()));
    return [{ kind: "greet", resume }, ...others];
  }

  private turn(phase: Phase, now: number): SessionOutput[] {
    if (phase === "online") {
      const status = this.status ? this.transmit({ op: "status", status: this.status }) : [];
      return [...status, ...this.post(this.outbox.receive({ kind: "connected" }, now))];
    }
    if (!this.greeted || phase === "greeting") return [];
    this.greeted = false;
    for (const room of this.rooms.values()) room.lost();
    const unsent = this.post(this.outbox.receive({ kind: "lost" }, now));
    return [...unsent, ...[...this.rooms.keys()].map(changed)];
  }

  private hear(frame: ServerFrame, now: number): SessionOutput[] {
    const beat = this.connect(this.connection.receive({ kind: "frame", frame }, now), now);
    return [...beat, ...this.dispatch(frame, now)];
  }

  private dispatch(frame: ServerFrame, now: number): SessionOutput[] {
    switch (frame.op) {
      case "ack":
        return this.acked(frame.id, frame.room, now);
      case "refused":
        return this.refused(frame, now);
      case "ticket":
        return [
          { kind: "tell", notice: { kind: "ticket", room: frame.room, ticket: frame.ticket } },
        ];
      case "viewing":
        return [{ kind: "tell", notice: { kind: "viewing", frame } }];
      case "notified":
        return [{ kind: "tell", notice: { kind: "notified", unread: frame.unread } }];
      case "joined":
      case "event":
      case "presence":
      case "typing":
      case "read":
      case "draft":
        return this.enter(frame.room, frame, now);
      case "welcome":
      case "pong":
      case "bye":
        return [];
      default:
        return frame satisfies never;
    }
  }

  private enter(name: RoomName, frame: ServerFrame, now: number): SessionOutput[] {
    const room = this.rooms.get(name);
    if (!room) return [];
    const before = room.state;
    const { transmit, events } = room.receive(frame, now);
    const unheard = frame.op === "joined" ? this.readAgain(room, frame) : [];
    const seen = events.flatMap((event) => this.seen(event, now));
    const told = events.map(
      (event): SessionOutput => ({ kind: "tell", notice: { kind: "event", room: name, event } }),
    );
    const view = room.state === before ? [] : [changed(name)];
    const sent = transmit.flatMap((out) => this.transmit(out));
    return [...sent, ...unheard, ...seen, ...view, ...told];
  }

  /** Our own message has come back: whatever became of its ack, it is durable. */
  private seen(event: TicketEvent, now: number): SessionOutput[] {
    const id = event.type === "interaction_added" ? event.data.client_id : null;
    return id ? this.post(this.outbox.receive({ kind: "seen", id }, now)) : [];
  }

  private acked(id: Id, room: RoomName, now: number): SessionOutput[] {
    const sentTo = this.outbox.find(id)?.room ?? room;
    const moved = sentTo === room ? [] : this.join(room);
    const outputs = this.post(this.outbox.receive({ kind: "acked", id, room }, now));
    return [...moved, ...outputs, { kind: "tell", notice: { kind: "acked", id, room, sentTo } }];
  }

  private refused(frame: RefusedFrame, now: number): SessionOutput[] {
    const told: SessionOutput = { kind: "tell", notice: { kind: "refused", refusal: frame } };
    if (frame.id) return [...this.post(this.outbox.receive({ kind: "refused", frame }, now)), told];
    return frame.room ? [...this.enter(frame.room, frame, now), told] : [told];
  }

  private due(chance: number, now: number): SessionOutput[] {
    const views = [...this.rooms].flatMap(([name, room]) => {
      const before = room.state;
      const asked = room.due(now).flatMap((frame) => this.transmit(frame));
      return room.state === before ? asked : [...asked, changed(name)];
    });
    return [
      ...this.connect(this.connection.receive({ kind: "due", chance }, now), now),
      ...this.post(this.outbox.receive({ kind: "due" }, now)),
      ...views,
    ];
  }

  private join(name: RoomName, history?: History): SessionOutput[] {
    if (this.rooms.has(name)) return [];
    const room = new Room(name, history);
    this.rooms.set(name, room);
    return [...this.transmit(room.join()), changed(name)];
  }

  private read(name: RoomName, seq: number): SessionOutput[] {
    const room = this.rooms.get(name);
    if (!room || seq <= room.readTo) return [];
    room.readTo = seq;
    const me = this.me?.id;
    // Before the first welcome nobody knows who reads: told when the room is joined.
    if (!me || seq <= (room.state.reads[me] ?? 0)) return [];
    room.read(me, seq);
    return [...this.transmit({ op: "read", room: name, seq }), changed(name)];
  }

  /** What was read here and the server has not heard: the line was not open, or broke under it. */
  private readAgain(room: Room, { seq, reads }: JoinedFrame): SessionOutput[] {
    const me = this.me?.id;
    const unheard = Math.min(room.readTo, seq);
    if (!me || unheard <= (reads?.[me] ?? 0)) return [];
    room.read(me, unheard);
    return this.transmit({ op: "read", room: room.state.room, seq: unheard });
  }

  private post(outputs: OutboxOutput[]): SessionOutput[] {
    return outputs.flatMap((output): SessionOutput[] => {
      switch (output.kind) {
        case "transmit":
          return this.transmit(output.frame);
        case "changed":
          return [changed(output.room)];
        case "store":
        case "forget":
          return [output];
        default:
          return output satisfies never;
      }
    });
  }

  /** Only on a greeted connection; what must survive its loss is in the rooms and the outbox. */
  private transmit(frame: ClientFrame): SessionOutput[] {
    return this.greeted ? [{ kind: "transmit", frame }] : [];
  }
}

function changed(room: RoomName): SessionOutput {
  return { kind: "tell", notice: { kind: "room", room } };
}
