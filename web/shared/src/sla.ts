/** SLA policies, calendars and reasons as the API gives and takes them. */
import type { ChannelSource, Id, Instant, Priority, SlaTargetName } from "./resources";

export interface SlaConditions {
  inbox_ids: Id[];
  channels: ChannelSource[];
  team_ids: Id[];
  priorities: Priority[];
  tag_ids: Id[];
  companies: string[];
  tiers: string[];
  languages: string[];
  fields: { name: string; values: string[] }[];
}

/** A share of the promised time, or minutes before (negative) or after the due time. */
export type SlaMark = { percent: number } | { minutes: number };

export type SlaAction =
  | { type: "notify_agents"; agent_ids: Id[] }
  | { type: "notify_team"; team_id: Id | null }
  | { type: "notify_assignee" }
  | { type: "reassign"; agent_id: Id | null; team_id: Id | null }
  | { type: "raise_priority"; priority: Priority }
  | { type: "add_tag"; tag_id: Id }
  | { type: "call_webhook"; webhook_id: Id };

/** Without actions it is a warning. A new one has no id yet. */
export interface SlaStep {
  id?: Id;
  mark: SlaMark;
  actions: SlaAction[];
}

export type WaitingStatus = "pending" | "on_hold";

export interface SlaPromise {
  target: SlaTargetName;
  minutes: number;
  /** Null: all time counts. */
  calendar_id: Id | null;
  /** A reason of null: whatever the reason. */
  pauses: { status: WaitingStatus; reason_id: Id | null }[];
  on_reopen: "continue" | "restart";
  steps: SlaStep[];
}

export interface SlaPolicy {
  id: Id;
  name: string;
  description: string;
  /** The lowest is asked first. */
  position: number;
  active: boolean;
  priority_level: Priority | null;
  conditions: SlaConditions;
  targets: SlaPromise[];
  created_at: Instant;
  updated_at: Instant;
}

/** "09:00" to "24:00". */
export interface OpenPeriod {
  start: string;
  end: string;
}

export const weekdays = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;
export type Weekday = (typeof weekdays)[number];

export interface SpecialDay {
  date: string;
  name: string;
  /** None: closed. */
  hours: OpenPeriod[];
}

export interface CalendarTerms {
  time_zone: string;
  hours: Record<Weekday, OpenPeriod[]>;
  days: SpecialDay[];
  holidays: { country: string; subdivision: string | null } | null;
}

export interface Calendar extends CalendarTerms {
  id: Id;
  name: string;
  policy_ids: Id[];
  created_at: Instant;
  updated_at: Instant;
}

export interface PauseReason {
  id: Id;
  name: string;
  created_at: Instant;
}
