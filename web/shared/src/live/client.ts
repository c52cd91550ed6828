/**
 * The live client: the pure `Session` with a socket, a clock and a store around it. One per page.
 *
 *   const client = createLiveClient({ openSocket, clock: systemClock, store, hello: () => ({}) });
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
}

export interface LiveClient {
  start(): void;
  /** Closes; what is unsent stays in the store. */
  stop(): void;
  watch(listener: (notice: Notice) => void): Cancel;
  /** Stays joined over reconnects. `history`: what is already here, from a snapshot. */
  join(room: Room, history?: History): Cancel;
  send(message: NewMessage): Id;
  retry(id: Id): void;
  discard(id: Id): void;
  typing(room: Room, on: boolean, text?: string): void;
  read(room: Room, seq: number): void;
  setStatus(status: AgentStatus): void;
  network(online: boolean): void;
  phase(): Phase;
  me(): Member | null;
  room(room: Room): RoomState | null;
  outgoing(room: Room): Outgoing[];
}

export function createLiveClient(options: LiveOptions): LiveClient {
  const { clock, store, openSocket, hello } = options;
  const session = new Session();
  const listeners = new Set<(notice: Notice) => void>();
  const joined = new Map<Room, number>();
  const inputs: SessionInput[] = [];
  let socket: Socket | null = null;
  let alarm: Cancel = () => {};

  function receive(input: SessionInput): void {
    inputs.push(input);
    // A listener may call back in: what it asks waits until what is under way is carried out.
    if (inputs.length > 1) return;
    for (let next = inputs[0]; next; inputs.shift(), next = inputs[0]) {
      for (const output of session.receive(next, clock.now())) carryOut(output);
    }
    alarm();
    const { wakeAt } = session;
    alarm = wakeAt === null ? () => {} : clock.after(wakeAt - clock.now(), wake);
  }
  const wake = () => receive({ kind: "due", chance: clock.chance() });

  function carryOut(output: SessionOutput): void {
    switch (output.kind) {
      case "open":
        open();
        return;
      case "drop":
        socket?.close();
        socket = null;
        return;
      case "greet":
        socket?.send(JSON.stringify({ op: "hello", v: 1, ...hello(), resume: output.resume }));
        return;
      case "transmit":
        socket?.send(JSON.stringify(output.frame));
        return;
      case "store":
        store.put(output.message).catch(forgetful);
        return;
      case "forget":
        store.delete(output.id).catch(forgetful);
        return;
      case "tell":
        for (const listener of [...listeners]) listener(output.notice);
        return;
      default:
        output satisfies never;
    }
  }

  function open(): void {
    socket?.close();
    socket = openSocket({
      onOpen: () => receive({ kind: "connection", input: { kind: "opened" } }),
      onText: (payload) => {
        const frame = parseServerFrame(payload);
        if (frame) receive({ kind: "frame", frame });
      },
      onClose: (code) => {
        socket = null;
        receive({ kind: "connection", input: { kind: "closed", code, chance: clock.chance() } });
      },
    });
  }

  return {
    start: () => {
      receive({ kind: "connection", input: { kind: "start" } });
      store.load().then((messages) => {
        if (messages.length) receive({ kind: "outbox", input: { kind: "restored", messages } });
      }, forgetful);
    },
    stop: () => receive({ kind: "connection", input: { kind: "stop" } }),
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    join: (room, history) => {
      joined.set(room, (joined.get(room) ?? 0) + 1);
      receive({ kind: "join", room, ...(history ? { history } : {}) });
      return once(() => {
        const left = (joined.get(room) ?? 1) - 1;
        joined.set(room, left);
        if (left === 0) receive({ kind: "leave", room });
      });
    },
    send: ({ room, content, type = "message", attachments = [] }) => {
      const id = (options.makeId ?? makeId)();
      const draft = { id, room, type, content, attachments };
      receive({ kind: "outbox", input: { kind: "post", draft } });
      return id;
    },
    retry: (id) => receive({ kind: "outbox", input: { kind: "retry", id } }),
    discard: (id) => receive({ kind: "outbox", input: { kind: "discard", id } }),
    typing: (room, on, text) => {
      receive({ kind: "typing", room, on, ...(text === undefined ? {} : { text }) });
    },
    read: (room, seq) => receive({ kind: "read", room, seq }),
    setStatus: (status) => receive({ kind: "status", status }),
    network: (online) => {
      const chance = clock.chance();
      receive({ kind: "connection", input: { kind: "network", online, chance } });
    },
    phase: () => session.phase,
    me: () => session.me,
    room: (room) => session.room(room),
    outgoing: (room) => session.outgoing(room),
  };
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
