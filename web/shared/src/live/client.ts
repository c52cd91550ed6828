/**
 * The live client: the pure `Session` with a socket, a clock and a store around it. One per page.
 *
 *   const client = new LiveClient({ openSocket, clock: systemClock, store, hello: () => ({}) });
 *   const stop = client.watch((notice) => …);   // anything that subscribes returns its undo
 *   client.start();
 *   const leave = client.join("ticket:…");      // counted: the last to leave leaves the room
 *   client.send({ room, type: "message", content });
 */

import { type Member, parseServerFrame, type Room } from "../frames";
import { makeId } from "../id";
import type { AgentStatus, Attachment, Id, InteractionType } from "../resources";
import type { OpenSocket, Socket } from "../socket";
import type { Cancel, Clock } from "./clock";
import type { Phase } from "./connection";
import type { History } from "./history";
import type { Outgoing } from "./outbox";
import type { OutboxStore } from "./outboxStore";
import type { RoomState } from "./room";
import { type Notice, Session, type SessionInput, type SessionOutput } from "./session";

export interface LiveOptions {
  openSocket: OpenSocket;
  clock: Clock;
  store: OutboxStore;
  /** Asked at each connection; the console's cookie needs no token. */
  hello: () => { token?: string };
  makeId?: () => Id;
}

export interface NewMessage {
  room: Room;
  content: string;
  type?: InteractionType;
  attachments?: Attachment[];
  /** The generation of the shared draft whose text this is. */
  draft?: number;
}

export class LiveClient {
  private readonly session = new Session();
  private readonly listeners = new Set<(notice: Notice) => void>();
  private readonly joined = new Map<Room, number>();
  private readonly inputs: SessionInput[] = [];
  private socket: Socket | null = null;
  private alarm: Cancel = () => {};

  constructor(private readonly options: LiveOptions) {}

  start(): void {
    this.receive({ kind: "connection", input: { kind: "start" } });
    this.options.store.load().then((messages) => {
      if (messages.length) this.receive({ kind: "outbox", input: { kind: "restored", messages } });
    }, forgetful);
  }

  /** Closes; what is unsent stays in the store. */
  stop(): void {
    this.receive({ kind: "connection", input: { kind: "stop" } });
  }

  watch(listener: (notice: Notice) => void): Cancel {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Stays joined over reconnects. `history`: what is already here, from a snapshot. */
  join(room: Room, history?: History): Cancel {
    this.joined.set(room, (this.joined.get(room) ?? 0) + 1);
    this.receive({ kind: "join", room, ...(history ? { history } : {}) });
    return once(() => {
      const left = (this.joined.get(room) ?? 1) - 1;
      this.joined.set(room, left);
      if (left === 0) this.receive({ kind: "leave", room });
    });
  }

  /** Reads the room's history anew, with fresh links to its files. */
  renew(room: Room): void {
    this.receive({ kind: "renew", room });
  }

  /** Shown at once by `outgoing`, sent when it can be; the id finds it again. */
  send({ type = "message", attachments = [], ...said }: NewMessage): Id {
    const id = (this.options.makeId ?? makeId)();
    const message = { id, type, attachments, ...said };
    this.receive({ kind: "outbox", input: { kind: "post", message } });
    return id;
  }

  /** A binary frame, dropped when there is no connection: what it carries must be told again then. */
  carry(payload: Uint8Array<ArrayBuffer>): void {
    this.receive({ kind: "carry", payload });
  }

  retry(id: Id): void {
    this.receive({ kind: "outbox", input: { kind: "retry", id } });
  }

  discard(id: Id): void {
    this.receive({ kind: "outbox", input: { kind: "discard", id } });
  }

  typing(room: Room, on: boolean, text?: string): void {
    this.receive({ kind: "typing", room, on, ...(text === undefined ? {} : { text }) });
  }

  read(room: Room, seq: number): void {
    this.receive({ kind: "read", room, seq });
  }

  setStatus(status: AgentStatus): void {
    this.receive({ kind: "status", status });
  }

  /** What the browser says of its network. */
  network(online: boolean): void {
    const chance = this.options.clock.chance();
    this.receive({ kind: "connection", input: { kind: "network", online, chance } });
  }

  phase(): Phase {
    return this.session.phase;
  }

  me(): Member | null {
    return this.session.me;
  }

  room(room: Room): RoomState | null {
    return this.session.room(room);
  }

  outgoing(room: Room): Outgoing[] {
    return this.session.outgoing(room);
  }

  private receive(input: SessionInput): void {
    const { inputs, session } = this;
    const { clock } = this.options;
    inputs.push(input);
    // A listener may call back in: what it asks waits until what is under way is carried out.
    if (inputs.length > 1) return;
    for (let next = inputs[0]; next; inputs.shift(), next = inputs[0]) {
      for (const output of session.receive(next, clock.now())) this.carryOut(output);
    }
    this.alarm();
    const { wakeAt } = session;
    const wake = () => this.receive({ kind: "due", chance: clock.chance() });
    this.alarm = wakeAt === null ? () => {} : clock.after(wakeAt - clock.now(), wake);
  }

  private carryOut(output: SessionOutput): void {
    switch (output.kind) {
      case "open":
        this.open();
        return;
      case "drop":
        this.socket?.close();
        this.socket = null;
        return;
      case "greet": {
        const hello = { op: "hello", v: 1, ...this.options.hello(), resume: output.resume };
        this.socket?.send(JSON.stringify(hello));
        return;
      }
      case "transmit":
        this.socket?.send(JSON.stringify(output.frame));
        return;
      case "carry":
        this.socket?.send(output.payload);
        return;
      case "store":
        this.options.store.put(output.message).catch(forgetful);
        return;
      case "forget":
        this.options.store.delete(output.id).catch(forgetful);
        return;
      case "tell":
        for (const listener of [...this.listeners]) listener(output.notice);
        return;
      default:
        output satisfies never;
    }
  }

  private open(): void {
    const { clock, openSocket } = this.options;
    this.socket?.close();
    this.socket = openSocket({
      onOpen: () => this.receive({ kind: "connection", input: { kind: "opened" } }),
      onText: (payload) => {
        const frame = parseServerFrame(payload);
        if (frame) this.receive({ kind: "frame", frame });
      },
      onBytes: (payload) => this.receive({ kind: "bytes", payload }),
      onClose: (code) => {
        const chance = clock.chance();
        this.socket = null;
        this.receive({ kind: "connection", input: { kind: "closed", code, chance } });
      },
    });
  }
}

/** Storage may be forbidden or full; the message is still in memory and on its way. */
function forgetful(): void {}

function once(run: () => void): Cancel {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
