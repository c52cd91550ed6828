/**
 * The life of the one connection: open, greet, beat, lose, wait, open again. Pure: it is told
 * what happened and when, and answers what to do; the shell in `client.ts` does it.
 *
 *   idle ── start ─▶ opening ── opened ─▶ greeting ── welcome ─▶ online
 *                      ▲                      │ lost                │ lost
 *                      └──── due ── waiting ◀─┴─────────────────────┘      4401 ─▶ refused
 */

import type { Member, ServerFrame } from "../frames";

export type Phase = "idle" | "waiting" | "opening" | "greeting" | "online" | "refused";

export type ConnectionInput =
  | { kind: "start" }
  | { kind: "stop" }
  | { kind: "opened" }
  | { kind: "frame"; frame: ServerFrame }
  /** Something else came: the line lives. */
  | { kind: "heard" }
  /** `chance` in [0, 1) spreads many clients that were lost at once. */
  | { kind: "closed"; code: number; chance: number }
  | { kind: "network"; online: boolean; chance: number }
  | { kind: "due"; chance: number };

export type ConnectionOutput =
  | { kind: "open" }
  /** Drop the socket without waiting for its close. */
  | { kind: "drop" }
  | { kind: "greet" }
  | { kind: "ping" }
  | { kind: "phase"; phase: Phase };

const openingMs = 10_000;
const graceMs = 8_000;
const shortGraceMs = 4_000;
const firstDelayMs = 500;
const longestDelayMs = 30_000;
const stableMs = 10_000;
const crowdedMs = 5_000;

/** Exponential with full jitter, never below 200 ms. */
export function backoffMs(attempt: number, chance: number): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 10));
  return 200 + Math.floor(chance * ceiling);
}

export class Connection {
  phase: Phase = "idle";
  me: Member | null = null;
  private attempt = 0;
  private heartbeatMs = 25_000;
  private heardAt = 0;
  private onlineSince = 0;
  private byeMs = 0;
  /** Until then the server does not want us, whatever the network says. */
  private notBefore = 0;
  /** When something must happen although nothing is heard. */
  private dueAt: number | null = null;
  private pinged = false;

  /** The shell calls `due` at this instant; null: nothing is awaited. */
  get wakeAt(): number | null {
    return this.dueAt;
  }

  receive(input: ConnectionInput, now: number): ConnectionOutput[] {
    switch (input.kind) {
      case "start":
        if (this.phase !== "idle" && this.phase !== "refused") return [];
        this.attempt = 0;
        return this.open(now);
      case "stop":
        this.dueAt = null;
        return [{ kind: "drop" }, ...this.turn("idle")];
      case "opened":
        this.heardAt = now;
        return [...this.turn("greeting"), { kind: "greet" }];
      case "frame":
        return this.hear(input.frame, now);
      case "heard":
        this.beat(now);
        return [];
      case "closed":
        return this.closed(input.code, input.chance, now);
      case "network":
        return this.network(input.online, input.chance, now);
      case "due":
        return this.due(input.chance, now);
      default:
        return input satisfies never;
    }
  }

  private open(now: number): ConnectionOutput[] {
    this.dueAt = now + openingMs;
    this.byeMs = 0;
    return [...this.turn("opening"), { kind: "open" }];
  }

  private hear(frame: ServerFrame, now: number): ConnectionOutput[] {
    this.beat(now);
    if (frame.op === "bye") this.byeMs = Math.max(0, frame.retry_after_ms);
    if (frame.op === "welcome" && this.phase === "greeting") {
      this.me = frame.me;
      this.heartbeatMs = Math.max(1, frame.heartbeat_seconds) * 1000;
      this.onlineSince = now;
      this.dueAt = now + this.heartbeatMs;
      return this.turn("online");
    }
    return [];
  }

  private beat(now: number): void {
    this.heardAt = now;
    this.pinged = false;
    if (this.phase === "online") this.dueAt = now + this.heartbeatMs;
  }

  private closed(code: number, chance: number, now: number): ConnectionOutput[] {
    if (this.phase === "idle" || this.phase === "refused") return [];
    if (code === 4401) {
      this.dueAt = null;
      return this.turn("refused");
    }
    return this.wait(chance, now, code === 4429 ? crowdedMs : 0);
  }

  private wait(chance: number, now: number, atLeastMs = 0): ConnectionOutput[] {
    if (this.phase === "online" && now - this.onlineSince >= stableMs) this.attempt = 0;
    const told = this.byeMs && this.byeMs + chance * Math.max(1_000, this.byeMs);
    this.dueAt = now + (told || Math.max(atLeastMs, 0) + backoffMs(this.attempt, chance));
    this.notBefore = now + (this.byeMs || atLeastMs);
    this.byeMs = 0;
    this.attempt += 1;
    return this.turn("waiting");
  }

  private network(online: boolean, chance: number, now: number): ConnectionOutput[] {
    const connected = this.phase === "online" || this.phase === "greeting";
    if (!online && connected) return [{ kind: "drop" }, ...this.wait(chance, now)];
    if (!online) return [];
    if (this.phase === "waiting") return now < this.notBefore ? [] : this.open(now);
    return this.phase === "online" ? this.probe(shortGraceMs, now) : [];
  }

  private due(chance: number, now: number): ConnectionOutput[] {
    if (this.dueAt === null || now < this.dueAt) return [];
    switch (this.phase) {
      case "waiting":
        return this.open(now);
      case "opening":
      case "greeting":
        return [{ kind: "drop" }, ...this.wait(chance, now)];
      case "online":
        if (this.pinged) return [{ kind: "drop" }, ...this.wait(chance, now)];
        // After a sleep the socket is most likely dead: find out soon.
        return this.probe(now - this.heardAt > 3 * this.heartbeatMs ? shortGraceMs : graceMs, now);
      case "idle":
      case "refused":
        return [];
      default:
        return this.phase satisfies never;
    }
  }

  private probe(grace: number, now: number): ConnectionOutput[] {
    this.pinged = true;
    this.dueAt = now + grace;
    return [{ kind: "ping" }];
  }

  private turn(phase: Phase): ConnectionOutput[] {
    if (phase === this.phase) return [];
    this.phase = phase;
    this.pinged = false;
    return [{ kind: "phase", phase }];
  }
}
