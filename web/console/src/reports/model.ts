/** Reports in rows for tables and shapes for charts. Pure. */

import type { Priority, SlaTargetName } from "@parley/shared/resources";
import { dayOf } from "@parley/shared/time/format";
import type { Group, Period } from "../route/model";
import type { T } from "../words/view";

export interface Counts {
  targets: number;
  met: number;
  breached: number;
  running: number;
  /** The share met of what is decided, 0 to 1; null when nothing is decided yet. */
  compliance: number | null;
}

type Key = Record<string, string | null>;

export interface Line extends Counts {
  group: Key;
  target: SlaTargetName;
}

interface Told {
  /** Up to when it is complete. */
  as_of: string;
  lag_seconds: number;
}

export interface Compliance extends Told {
  totals: Counts;
  data: Line[];
  truncated: boolean;
}

export interface Duration {
  target: SlaTargetName;
  count: number;
  median_seconds: number | null;
  p90_seconds: number | null;
}

export interface Durations extends Told {
  totals: Duration[];
  data: (Duration & { group: Key })[];
  truncated: boolean;
}

export interface Breaches extends Told {
  total: number;
  /** Every hour of every weekday, Monday being 1. */
  data: { weekday: number; hour: number; breached: number }[];
}

export interface Volume extends Told {
  data: { day: string; opened: number; resolved: number; reopened: number }[];
}

export interface Backlog extends Told {
  data: { day: string; open: number }[];
}

export interface Ageing extends Told {
  open: number;
  data: { from_days: number; to_days: number | null; open: number }[];
}

export interface Bar extends Counts {
  /** The group's key: a name, a priority, a day. Null: without one. */
  name: string | null;
}

const DAY_MS = 86_400_000;
/** Below this a report is as good as new. */
const LAG_SECONDS = 5;

/** The start of the first of so many days in a zone, of which today is the last. */
export function startOf(days: Period, nowMs: number, zone: string): string {
  const today = Date.parse(dayOf(new Date(nowMs), zone));
  return midnightOf(today - (days - 1) * DAY_MS, zone).toISOString();
}

/** When a date, given as its midnight in UTC, begins in a zone. */
function midnightOf(dateMs: number, zone: string): Date {
  const aheadAt = (ms: number) => wallMs(new Date(ms), zone) - ms;
  const guess = dateMs - aheadAt(dateMs);
  return new Date(dateMs - aheadAt(guess));
}

/** What a zone's wall clock shows at an instant, as if it were UTC. */
function wallMs(at: Date, zone: string): number {
  const clock = at.toLocaleTimeString("en-GB", { timeZone: zone });
  return Date.parse(`${dayOf(at, zone)}T${clock}Z`);
}

/** "Buenos Aires", of "America/Argentina/Buenos_Aires". */
export const zoneName = (zone: string): string =>
  (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");

/** Since when a report is behind; null while it keeps up. */
export const behindSince = ({ as_of, lag_seconds }: Told): string | null =>
  lag_seconds > LAG_SECONDS ? as_of : null;

const TIMES: readonly Group[] = ["day", "week", "month"];

/** The name of a line's group, or its key where it has no name. */
export function groupName({ group }: { group: Key }, by: Group): string | null {
  return group[`${by}_name`] ?? group[by] ?? null;
}

/** The name of a group in words: a policy's or team's own, a priority's, a day's date. */
export function groupLabel(t: T, name: string | null, by: Group): string {
  if (name === null) return t(by === "team" ? "no_team" : "none");
  if (by === "priority") return t(`priority_${name as Priority}`);
  if (!TIMES.includes(by)) return name;
  const day: Intl.DateTimeFormatOptions =
    by === "month" ? { month: "short", year: "numeric" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(t.locale, { ...day, timeZone: "UTC" }).format(new Date(name));
}

/** One bar a group, over all its targets; times in order, everything else by size. */
export function barsOf(lines: readonly Line[], by: Group): Bar[] {
  const bars = new Map<string | null, Bar>();
  const none = { targets: 0, met: 0, breached: 0, running: 0, compliance: null };
  for (const line of lines) {
    const name = groupName(line, by);
    const sum = bars.get(name) ?? { name, ...none };
    const met = sum.met + line.met;
    const breached = sum.breached + line.breached;
    bars.set(name, {
      name,
      targets: sum.targets + line.targets,
      met,
      breached,
      running: sum.running + line.running,
      compliance: met + breached ? met / (met + breached) : null,
    });
  }
  const list = [...bars.values()];
  if (TIMES.includes(by)) return list.sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  return list.sort((a, b) => b.targets - a.targets);
}

/** The lines in the order of their bars, a group's targets together. */
export function linesInOrder(lines: readonly Line[], by: Group): Line[] {
  const places = new Map(barsOf(lines, by).map(({ name }, at) => [name, at]));
  const place = (line: Line) => places.get(groupName(line, by)) ?? 0;
  return [...lines].sort((a, b) => place(a) - place(b) || (a.target < b.target ? -1 : 1));
}

/** The shares of a bar of full height, bottom up, as numbers from 0 to 1. */
export function sharesOf(
  bar: Counts,
  highest: number,
): { met: number; running: number; breached: number } {
  const of = (count: number) => (highest ? count / highest : 0);
  return { met: of(bar.met), running: of(bar.running), breached: of(bar.breached) };
}

/** How strong an hour of the week is beside the worst one, 0 to 1. */
export function heatOf(breached: number, worst: number): number {
  return worst ? Math.sqrt(breached / worst) : 0;
}

/** The points of a line over so many days, in a box of 100 by `height`, as SVG reads them. */
export function pointsOf(values: readonly number[], highest: number, height: number): string {
  const step = 100 / Math.max(values.length, 1);
  return values
    .map((value, at) => {
      const x = (at + 0.5) * step;
      const y = height * (1 - (highest ? value / highest : 0));
      return `${x.toFixed(2)},${y.toFixed(2)}`;
    })
    .join(" ");
}

/** "0–1 days", "90 days and more". */
export function ageLabel(t: T, { from_days, to_days }: Ageing["data"][number]): string {
  return to_days === null
    ? t("age_from", { from: from_days })
    : t("age_between", { from: from_days, to: to_days });
}
