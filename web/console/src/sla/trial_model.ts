/** What a trial on past tickets asks for, and what it found. Pure. */
import type { Id, Instant, SlaTargetName } from "@parley/shared/resources";
import type { SlaPolicy } from "@parley/shared/sla";
import { draftOf, type PolicyDraft } from "./model";

export interface Sum {
  targets: number;
  met: number;
  breached: number;
  running: number;
  compliance: number | null;
}

export interface TrialLine {
  target: SlaTargetName;
  policy_id: Id | null;
  policy_name: string | null;
  was: Sum;
  would: Sum;
}

export type Outcome = "met" | "breached" | "running" | "stopped" | "none";

export interface TrialResult {
  tickets: number;
  not_replayed: number;
  totals: Omit<TrialLine, "policy_id" | "policy_name">[];
  lines: TrialLine[];
  better: number;
  worse: number;
  examples: {
    ticket_id: Id;
    number: number;
    target: SlaTargetName;
    was: Outcome;
    would: Outcome;
  }[];
}

export interface SlaTrial {
  id: Id;
  state: "queued" | "running" | "done" | "cancelled" | "failed";
  from: Instant;
  to: Instant;
  progress: { done: number; total: number };
  result: TrialResult | null;
}

export const isOver = ({ state }: SlaTrial): boolean => state !== "queued" && state !== "running";

/** The policies as they would be: the draft in its place, a new one before all others. */
export function proposed(
  policies: readonly SlaPolicy[],
  draft: PolicyDraft,
  id: Id | null,
): ({ id?: Id } & PolicyDraft)[] {
  const inForce = policies.map((policy) =>
    policy.id === id ? { id, ...draft } : { id: policy.id, ...draftOf(policy) },
  );
  return id === null ? [draft, ...inForce] : inForce;
}

/** The start of a period of so many days before an instant. */
export const daysBefore = (days: number, nowMs: number): Instant =>
  new Date(nowMs - days * 86_400_000).toISOString();
