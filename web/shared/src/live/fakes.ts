/** A clock that only a test moves, and a socket that a test plays the server of. */

import type { ClientFrame, ServerFrame } from "../frames";
import type { OpenSocket, SocketHandlers } from "../socket";
import type { Clock } from "./clock";

export class FakeClock implements Clock {
  private timers: { at: number; run: () => void }[] = [];

  constructor(
    private time = 1_000_000,
    private readonly luck = 0.5,
  ) {}

  now(): number {
    return this.time;
  }

  chance(): number {
    return this.luck;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + Math.max(0, ms), run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Moves on, firing what falls due in its order. A timer that never rests is an error. */
  elapse(ms: number): void {
    const end = this.time + ms;
    for (let fired = 0; fired < 1000; fired++) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) {
        this.time = end;
        return;
      }
      this.timers = this.timers.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    throw new Error("A timer fires without end.");
  }
}

/** The far end: what the client sent, and hands to answer with. One entry per connection. */
export class FakeServer {
  readonly connections: FakeConnection[] = [];

  readonly open: OpenSocket = (handlers) => {
    const connection = new FakeConnection(handlers);
    this.connections.push(connection);
    return {
      send: (payload) => {
        if (typeof payload === "string") connection.sent.push(JSON.parse(payload) as ClientFrame);
        else connection.carried.push(payload);
      },
      close: () => {
        connection.dropped = true;
      },
    };
  };

  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error("Nobody has connected.");
    return connection;
  }
}

export class FakeConnection {
  readonly sent: ClientFrame[] = [];
  /** Binary frames. */
  readonly carried: Uint8Array[] = [];
  dropped = false;

  constructor(private readonly handlers: SocketHandlers) {}

  accept(): void {
    this.handlers.onOpen();
  }

  say(...frames: ServerFrame[]): void {
    for (const frame of frames) this.handlers.onText(JSON.stringify(frame));
  }

  carry(payload: Uint8Array): void {
    this.handlers.onBytes(payload);
  }

  close(code: number): void {
    this.handlers.onClose(code);
  }

  /** What the client has said since this was last asked. */
  take(): ClientFrame[] {
    return this.sent.splice(0);
  }
}
