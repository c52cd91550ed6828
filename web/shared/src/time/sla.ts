/**
 * The countdown of an SLA target. Pure. It only shows what the server has stamped and, between
 * two stamps, what the clock says: a target past its due time is shown as breached even before
 * the stamp has arrived.
 */

import type { SlaTarget, Ticket } from "../resources";

export type CountdownState = "running" | "warning" | "breached" | "paused" | "met" | "met_late";

export interface Countdown {
  target: SlaTarget["target"];
  state: CountdownState;
  /** To the due time; negative when it has passed. */
  remainingMs: number;
  dueAt: Date;
  /** When what is shown changes next; null: never by itself. */
  nextChangeAt: number | null;
}

const secondsShownBelowMs = 3_600_000;

export function countdown(target: SlaTarget, now: number): Countdown {
  const dueAt = new Date(target.due_at);
  const remainingMs = dueAt.getTime() - now;
  const state = stateOf(target, remainingMs);
  const ticking = state === "running" || state === "warning" || state === "breached";
  const step = Math.abs(remainingMs) < secondsShownBelowMs ? 1000 : 60_000;
  const nextChangeAt = ticking ? now + (((remainingMs % step) + step) % step || step) : null;
  return { target: target.target, state, remainingMs, dueAt, nextChangeAt };
}

function stateOf(target: SlaTarget, remainingMs: number): CountdownState {
  if (target.met_at !== null) return target.breached_at === null ? "met" : "met_late";
  if (target.breached_at !== null) return "breached";
  if (target.paused) return "paused";
  if (remainingMs <= 0) return "breached";
  return target.warned_at === null ? "running" : "warning";
}

/** The target that an agent must look at first: breached, then the next to fall due, then paused. */
export function mostUrgent(sla: Ticket["sla"], now: number): Countdown | null {
  const rank: Record<CountdownState, number> = {
    breached: 0,
    warning: 1,
    running: 1,
    paused: 2,
    met_late: 3,
    met: 3,
  };
  const open = sla.map((target) => countdown(target, now)).filter(({ state }) => rank[state] < 3);
  open.sort((a, b) => rank[a.state] - rank[b.state] || a.remainingMs - b.remainingMs);
  return open[0] ?? null;
}
