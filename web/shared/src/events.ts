/**
 * What happened to a ticket: the closed union that both the timeline (`GET …/events`) and live
 * `event` frames carry. A customer sees only public messages and public changes of status.
 */

import type {
  AuthorType,
  Id,
  Instant,
  Interaction,
  Priority,
  SlaTargetName,
  Status,
} from "./resources";

export interface Actor {
  type: AuthorType;
  id: Id | null;
  name: string;
}

interface EventData {
  ticket_opened: Record<string, unknown>;
  interaction_added: Interaction;
  /** The reason, why it waits, is for agents alone. */
  status_changed: {
    status: Status;
    previous: Status;
    reason_id?: Id | null;
    reason?: string | null;
  };
  ticket_assigned: {
    assignee_id: Id | null;
    team_id: Id | null;
    assignee_name: string | null;
    team_name: string | null;
  };
  priority_changed: { priority: Priority; previous: Priority };
  tag_added: { tag: string };
  tag_removed: { tag: string };
  /** The new subject is in the ticket itself: events hold no text. */
  subject_changed: Record<string, never>;
  /** Two customers were merged: the ticket is the other's now. */
  customer_changed: { customer_id: Id; previous: Id; by: Id };
  sla_started: {
    target: SlaTargetName;
    policy_id: Id;
    started_at?: Instant;
    due_at: Instant;
  };
  /** What is promised changed in the middle. */
  sla_retimed: { target: SlaTargetName; policy_id: Id; due_at: Instant };
  sla_paused: { target: SlaTargetName };
  sla_resumed: { target: SlaTargetName; due_at: Instant; policy_id?: Id; started_at?: Instant };
  sla_warned: { target: SlaTargetName; due_at: Instant };
  /** A step of the policy has come; what it did to the ticket follows as events of its own. */
  sla_escalated: { target: SlaTargetName; due_at: Instant; step: Id };
  sla_met: { target: SlaTargetName; met_at: Instant };
  sla_breached: { target: SlaTargetName; breached_at: Instant };
  sla_stopped: { target: SlaTargetName };
}

export type EventType = keyof EventData;

/** One event of a ticket; `seq` is dense within the ticket (for a customer: its public_seq). */
export type TicketEvent = {
  [T in EventType]: { seq: number; type: T; at: Instant; actor: Actor; data: EventData[T] };
}[EventType];

const eventTypes: Record<EventType, true> = {
  ticket_opened: true,
  interaction_added: true,
  status_changed: true,
  ticket_assigned: true,
  priority_changed: true,
  tag_added: true,
  tag_removed: true,
  subject_changed: true,
  customer_changed: true,
  sla_started: true,
  sla_retimed: true,
  sla_paused: true,
  sla_resumed: true,
  sla_warned: true,
  sla_escalated: true,
  sla_met: true,
  sla_breached: true,
  sla_stopped: true,
};

/** Whether this client knows what such an event means; others are counted but not shown. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventTypes, type);
}
