/** The SLA compliance report in rows for the table and bars for the chart. Pure. */
import type { Priority, SlaTargetName } from "@parley/shared/resources";
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

export interface Line extends Counts {
  group: Record<string, string | null>;
  target: SlaTargetName;
}

export interface Compliance {
  from: string;
  to: string;
  group_by: string[];
  totals: Counts;
  data: Line[];
}

export interface Bar extends Counts {
  /** The group's key: a name, a priority, a day. Null: without one. */
  name: string | null;
}

const DAY_MS = 86_400_000;

/** From the start of the day so many days ago (UTC) until now. */
export function periodOf(days: Period, nowMs: number): { from: string; to: string } {
  const start = Math.floor(nowMs / DAY_MS) * DAY_MS - (days - 1) * DAY_MS;
  return { from: new Date(start).toISOString(), to: new Date(nowMs).toISOString() };
}

/** The name of a line's group: what the server calls it, whichever key it uses. */
export function groupName({ group }: Pick<Line, "group">, by: Group): string | null {
  return group[`${by}_name`] ?? group.name ?? group[by] ?? null;
}

/** The name of a group in words: a policy's or team's own, a priority's, a day's date. */
export function groupLabel(t: T, name: string | null, by: Group): string {
  if (name === null) return t(by === "team" ? "no_team" : "none");
  if (by === "priority") return t(`priority_${name as Priority}`);
  if (by !== "day") return name;
  const format = new Intl.DateTimeFormat(t.locale, {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  return format.format(new Date(name));
}

/** One bar a group, over all its targets; days in order, everything else by size. */
export function barsOf(lines: readonly Line[], by: Group): Bar[] {
  const bars = new Map<string | null, Bar>();
  for (const line of lines) {
    const name = groupName(line, by);
    const sum = bars.get(name) ?? {
      name,
      targets: 0,
      met: 0,
      breached: 0,
      running: 0,
      compliance: null,
    };
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
  if (by === "day") return list.sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  return list.sort((a, b) => b.targets - a.targets);
}

/** The lines in the order of their bars, a group's targets together. */
export function linesInOrder(lines: readonly Line[], by: Group): Line[] {
  const order = barsOf(lines, by).map(({ name }) => name);
  const place = (line: Line) => order.indexOf(groupName(line, by));
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
