/** What the forms of policies and calendars make of their input, and policies in words. Pure. */
import type { SlaTargetName } from "@parley/shared/resources";
import type {
  CalendarTerms,
  OpenPeriod,
  SlaAction,
  SlaConditions,
  SlaMark,
  SlaPolicy,
  SlaPromise,
  SlaStep,
  SpecialDay,
  WaitingStatus,
  Weekday,
} from "@parley/shared/sla";
import { weekdays } from "@parley/shared/sla";
import type { T } from "../words/view";

export const TARGETS: readonly SlaTargetName[] = ["first_response", "next_response", "resolution"];
export const UNITS = ["minutes", "hours", "days"] as const;
export type Unit = (typeof UNITS)[number];
const MINUTES: Record<Unit, number> = { minutes: 1, hours: 60, days: 1440 };

export const NO_CONDITIONS: SlaConditions = {
  inbox_ids: [],
  channels: [],
  team_ids: [],
  priorities: [],
  tag_ids: [],
  companies: [],
  tiers: [],
  languages: [],
  fields: [],
};

/** What the editor works on: a policy without what the server adds. */
export type PolicyDraft = Pick<
  SlaPolicy,
  "name" | "description" | "active" | "conditions" | "targets"
>;

export function draftOf(policy: SlaPolicy | null): PolicyDraft {
  if (!policy)
    return { name: "", description: "", active: true, conditions: NO_CONDITIONS, targets: [] };
  const { name, description, active, conditions, targets } = policy;
  return { name, description, active, conditions, targets };
}

/** A promise as it usually begins: all time counts, a warning at four fifths. */
export function newPromise(target: SlaTargetName): SlaPromise {
  const waits = target === "resolution" ? (["pending", "on_hold"] as const) : [];
  return {
    target,
    minutes: target === "resolution" ? 1440 : 60,
    calendar_id: null,
    pauses: waits.map((status) => ({ status, reason_id: null })),
    on_reopen: "continue",
    steps: [{ mark: { percent: 80 }, actions: [] }],
  };
}

/** The targets with one of them changed, begun (`null` before) or taken away (null). */
export function withPromise(
  targets: readonly SlaPromise[],
  target: SlaTargetName,
  promise: SlaPromise | null,
): SlaPromise[] {
  return TARGETS.flatMap((name) => {
    const kept = name === target ? promise : targets.find((one) => one.target === name);
    return kept ? [kept] : [];
  });
}

/** The largest unit in which so many minutes are a whole number. */
export function unitOf(minutes: number): Unit {
  if (minutes && minutes % MINUTES.days === 0) return "days";
  return minutes && minutes % MINUTES.hours === 0 ? "hours" : "minutes";
}

export const inUnit = (minutes: number, unit: Unit): number => minutes / MINUTES[unit];
export const toMinutes = (amount: number, unit: Unit): number => Math.round(amount * MINUTES[unit]);

export function duration(t: T, minutes: number): string {
  const unit = unitOf(minutes);
  return t(`sla_${unit}`, { count: inUnit(minutes, unit) });
}

/** One line on what a policy promises. */
export function promisesOf(t: T, targets: readonly SlaPromise[]): string {
  return targets
    .map(({ target, minutes }) => `${t(`target_${target}`)} ${duration(t, minutes)}`)
    .join(" · ");
}

// Pauses.

export type Stands = "runs" | "stands" | "reasons";

export function standsIn(promise: SlaPromise, status: WaitingStatus): Stands {
  const found = promise.pauses.filter((pause) => pause.status === status);
  if (!found.length) return "runs";
  return found.some(({ reason_id }) => reason_id === null) ? "stands" : "reasons";
}

export function reasonsIn(promise: SlaPromise, status: WaitingStatus): string[] {
  return promise.pauses.flatMap((pause) =>
    pause.status === status && pause.reason_id ? [pause.reason_id] : [],
  );
}

export function withPause(
  promise: SlaPromise,
  status: WaitingStatus,
  stands: Stands,
  reasons: readonly string[],
): SlaPromise {
  const others = promise.pauses.filter((pause) => pause.status !== status);
  const ids = stands === "stands" ? [null] : stands === "reasons" ? reasons : [];
  return { ...promise, pauses: [...others, ...ids.map((reason_id) => ({ status, reason_id }))] };
}

// Steps.

export type MarkKind = "percent" | "before" | "after";

export function markKind(mark: SlaMark): MarkKind {
  if ("percent" in mark) return "percent";
  return mark.minutes < 0 ? "before" : "after";
}

export const markAmount = (mark: SlaMark): number =>
  "percent" in mark ? mark.percent : Math.abs(mark.minutes);

export function makeMark(kind: MarkKind, amount: number): SlaMark {
  if (kind === "percent") return { percent: amount };
  return { minutes: kind === "before" ? -amount : amount };
}

export const ACTIONS: readonly SlaAction["type"][] = [
  "notify_assignee",
  "notify_team",
  "notify_agents",
  "reassign",
  "raise_priority",
  "add_tag",
  "call_webhook",
];

/** An action of a kind, before anything is chosen for it. */
export function newAction(type: SlaAction["type"]): SlaAction {
  switch (type) {
    case "notify_agents":
      return { type, agent_ids: [] };
    case "notify_team":
      return { type, team_id: null };
    case "notify_assignee":
      return { type };
    case "reassign":
      return { type, agent_id: null, team_id: null };
    case "raise_priority":
      return { type, priority: "high" };
    case "add_tag":
      return { type, tag_id: "" };
    case "call_webhook":
      return { type, webhook_id: "" };
    default:
      return type satisfies never;
  }
}

/** Whether something is still to be chosen for a step. */
export function isUnfinished({ actions }: SlaStep): boolean {
  return actions.some((action) => {
    switch (action.type) {
      case "notify_agents":
        return !action.agent_ids.length;
      case "reassign":
        return !action.agent_id && !action.team_id;
      case "add_tag":
        return !action.tag_id;
      case "call_webhook":
        return !action.webhook_id;
      default:
        return false;
    }
  });
}

// Texts with commas between them.

export const listed = (texts: readonly string[]): string => texts.join(", ");

export function unlisted(text: string): string[] {
  return [
    ...new Set(
      text
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean),
    ),
  ];
}

// Hours.

const PERIOD = /^([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)$/;

export const hoursText = (hours: readonly OpenPeriod[]): string =>
  hours.map(({ start, end }) => `${start}–${end}`).join(", ");

/** "9:00-12:30, 13:30-17:00" as periods; null when it cannot be read. Nothing is closed. */
export function parseHours(text: string): OpenPeriod[] | null {
  const periods: OpenPeriod[] = [];
  for (const part of unlisted(text)) {
    const found = PERIOD.exec(part);
    if (!found) return null;
    const [, startHour = "", startMinute, endHour = "", endMinute] = found;
    const period = {
      start: `${startHour.padStart(2, "0")}:${startMinute}`,
      end: `${endHour.padStart(2, "0")}:${endMinute}`,
    };
    const before = periods.at(-1);
    if (period.start >= period.end || period.end > "24:00") return null;
    if (before && before.end > period.start) return null;
    periods.push(period);
  }
  return periods;
}

const OFFICE: OpenPeriod[] = [{ start: "09:00", end: "17:00" }];

export function newCalendar(zone: string): CalendarTerms {
  const hours = Object.fromEntries(
    weekdays.map((day, at) => [day, at < 5 ? OFFICE : []]),
  ) as Record<Weekday, OpenPeriod[]>;
  return { time_zone: zone, hours, days: [], holidays: null };
}

/** The days with one more, or changed, in order of their dates. */
export function withDay(days: readonly SpecialDay[], day: SpecialDay): SpecialDay[] {
  const others = days.filter(({ date }) => date !== day.date);
  return [...others, day].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** A list with the one at `from` moved by so many places; as it is where that leads out of it. */
export function movedBy<V>(list: readonly V[], from: number, by: number): V[] {
  const moved = [...list];
  const to = from + by;
  const [one] = moved.splice(from, 1);
  if (one === undefined || to < 0 || to >= list.length) return [...list];
  moved.splice(to, 0, one);
  return moved;
}
