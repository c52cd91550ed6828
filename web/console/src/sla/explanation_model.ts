/** An SLA explanation, laid out: the pieces and ticks of a bar, and what is said of each. Pure. */
import type { Id, Instant, SlaTargetName, Status } from "@parley/shared/resources";
import type { T } from "../words/view";

export interface Rule {
  policy_id: Id;
  policy_name: string | null;
  calendar_id: Id | null;
  calendar_name: string | null;
  zone: string | null;
  needed_seconds: number;
}

export type SegmentState = "running" | "paused" | "outside_hours" | "ended";
export type ReasonCode =
  | "always"
  | "business_hours"
  | "outside_hours"
  | "day_off"
  | "public_holiday"
  | "waiting"
  | "answered"
  | "resolved"
  | "done"
  | "not_promised";

export interface Segment {
  from: Instant;
  to: Instant;
  state: SegmentState;
  reason: { code: ReasonCode; status: Status | null; name: string | null };
  rule: number;
  counted_seconds: number;
  spent_seconds: number;
  /** More than one: several were told as one. */
  parts: number;
}

export interface ExplainedMark {
  at: Instant;
  kind: "warning" | "step" | "due" | "breached" | "met" | "stopped";
  ahead: boolean;
  told_at: Instant | null;
  percent: number | null;
  offset_minutes: number | null;
  actions: string[];
}

export type Cause =
  | "priority"
  | "assignment"
  | "tags"
  | "customer"
  | "reopened"
  | "time"
  | "calendar"
  | "pauses"
  | "steps"
  | "rules";

export interface RuleChange {
  at: Instant;
  since: Instant;
  causes: Cause[];
  rule_before: number;
  rule_after: number;
  due_before: Instant;
  due_after: Instant;
  spent_seconds: number;
}

export interface Run {
  id: number;
  target: SlaTargetName;
  standing: "running" | "outside_hours" | "paused" | "met" | "stopped";
  started_at: Instant;
  due_at: Instant;
  needed_seconds: number;
  spent_seconds: number;
  met_at: Instant | null;
  breached_at: Instant | null;
  stopped_at: Instant | null;
  rules: Rule[];
  segments: Segment[];
  marks: ExplainedMark[];
  changes: RuleChange[];
  shortened: boolean;
}

export interface Explanation {
  ticket_id: Id;
  as_of: Instant;
  runs: Run[];
}

/** A stretch of the bar, in shares of its width. */
export interface Piece {
  from: number;
  width: number;
  segment: Segment;
  isLate: boolean;
}

export interface Tick {
  at: number;
  mark: ExplainedMark;
}

export interface Bar {
  pieces: Piece[];
  ticks: Tick[];
}

const ms = (at: Instant): number => Date.parse(at);

/** From the beginning to the end, or as far as the due time lies ahead. */
export function barOf(run: Run): Bar {
  const start = ms(run.started_at);
  const last = run.segments.at(-1);
  const ends = [last ? ms(last.to) : start, ...run.marks.map(({ at }) => ms(at))];
  const whole = Math.max(...ends, start + 1) - start;
  const share = (at: Instant) => (ms(at) - start) / whole;
  return {
    pieces: run.segments.flatMap((segment) =>
      partsAt(segment, run.breached_at).map(({ from, to, isLate }) => ({
        from: share(from),
        width: share(to) - share(from),
        segment,
        isLate,
      })),
    ),
    ticks: run.marks.map((mark) => ({ at: share(mark.at), mark })),
  };
}

/** A segment cut in two where the breach lies within it: what comes after is late. */
function partsAt({ from, to }: Segment, breachedAt: Instant | null) {
  if (breachedAt === null || ms(to) <= ms(breachedAt)) return [{ from, to, isLate: false }];
  if (ms(from) >= ms(breachedAt)) return [{ from, to, isLate: true }];
  return [
    { from, to: breachedAt, isLate: false },
    { from: breachedAt, to, isLate: true },
  ];
}

/** The runs of each target, the newest first. */
export function byTarget(runs: readonly Run[], target: SlaTargetName): Run[] {
  return runs.filter((run) => run.target === target).sort((a, b) => b.id - a.id);
}

/** Why the clock ran or did not, in a few words. */
export function reasonOf(t: T, { reason }: Segment, rule: Rule | undefined): string {
  switch (reason.code) {
    case "waiting":
      return t(reason.name ? "why_waiting_for" : "why_waiting", {
        status: t(`status_${reason.status ?? "pending"}`),
        reason: reason.name ?? "",
      });
    case "business_hours":
      return t("why_business_hours", { calendar: rule?.calendar_name ?? "–" });
    case "public_holiday":
    case "day_off":
      return reason.name || t(`why_${reason.code}`);
    default:
      return t(`why_${reason.code}`);
  }
}

/** What stands at a tick. */
export function markOf(t: T, mark: ExplainedMark): string {
  const where =
    mark.percent !== null
      ? `${mark.percent} %`
      : mark.offset_minutes === null
        ? ""
        : t(mark.offset_minutes < 0 ? "minutes_before" : "minutes_after", {
            count: Math.abs(mark.offset_minutes),
          });
  const what = t(`mark_${mark.kind}`);
  return where ? `${what} (${where})` : what;
}
