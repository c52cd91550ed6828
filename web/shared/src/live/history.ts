/**
 * A ticket's events as they are told, in seq order, each once; and the fold of them over the
 * ticket's row. Pure. Law: any snapshot plus the frames after it equals the newest snapshot.
 */

import type { TicketEvent } from "../events";
import type { Interaction, SlaTarget, Ticket } from "../resources";

export interface History {
  /** The last seq counted; an event of an unknown type counts but is not kept. */
  readonly seq: number;
  readonly events: readonly TicketEvent[];
}

export const emptyHistory: History = { seq: 0, events: [] };

/** Adds the next event; one that is already counted changes nothing. */
export function applyEvent(history: History, event: TicketEvent): History {
  if (event.seq <= history.seq) return history;
  return { seq: event.seq, events: [...history.events, event] };
}

export function toHistory(events: readonly TicketEvent[]): History {
  return [...events].sort((a, b) => a.seq - b.seq).reduce(applyEvent, emptyHistory);
}

export function listInteractions(history: History): Interaction[] {
  return history.events.flatMap((event) =>
    event.type === "interaction_added" ? [event.data] : [],
  );
}

const previewLength = 200;

/**
 * The ticket's row after `event`; the same row when it has counted the event already. Two things
 * events do not carry, and a fetch or a `ticket` frame must bring: a changed subject, and a target
 * that was stopped (it is not in the row) and is resumed.
 */
export function applyToTicket(ticket: Ticket, event: TicketEvent): Ticket {
  if (event.seq <= ticket.seq) return ticket;
  return { ...ticket, ...changes(ticket, event), seq: event.seq, updated_at: event.at };
}

function changes(ticket: Ticket, event: TicketEvent): Partial<Ticket> {
  switch (event.type) {
    case "ticket_opened":
      return {};
    case "interaction_added":
      return event.data.type === "note" ? {} : { last_message: preview(event.data) };
    case "status_changed":
      return {
        status: event.data.status,
        status_reason_id: event.data.reason_id ?? null,
        status_reason: event.data.reason ?? null,
      };
    case "ticket_assigned":
      return { assignee_id: event.data.assignee_id, team_id: event.data.team_id };
    case "priority_changed":
      return { priority: event.data.priority };
    case "tag_added":
      return { tags: [...new Set([...ticket.tags, event.data.tag])].sort(byLetters) };
    case "tag_removed":
      return { tags: ticket.tags.filter((tag) => tag !== event.data.tag) };
    case "subject_changed":
      return {};
    case "customer_changed":
      // Who that is comes with the ticket.
      return { customer_id: event.data.customer_id };
    case "sla_started":
      return {
        sla: [...without(ticket, event.data.target), started(event.data, event.at)].sort(byDue),
      };
    case "sla_paused":
      return { sla: mend(ticket, event.data.target, { paused: true }) };
    case "sla_retimed":
      return { sla: mend(ticket, event.data.target, retimed(event.data)).sort(byDue) };
    case "sla_resumed":
      return { sla: resumed(ticket, event.data).sort(byDue) };
    case "sla_escalated":
      return {};
    case "sla_warned":
      return { sla: mend(ticket, event.data.target, { warned_at: event.at }) };
    case "sla_met":
      return { sla: mend(ticket, event.data.target, { met_at: event.data.met_at, paused: false }) };
    case "sla_breached":
      return { sla: mend(ticket, event.data.target, { breached_at: event.data.breached_at }) };
    case "sla_stopped":
      return { sla: without(ticket, event.data.target) };
    default:
      event satisfies never;
      return {};
  }
}

function preview({ content, author_type, created_at }: Interaction): Ticket["last_message"] {
  return { content: Array.from(content).slice(0, previewLength).join(""), author_type, created_at };
}

type Data<T extends TicketEvent["type"]> = (TicketEvent & { type: T })["data"];

function started(data: Data<"sla_started">, at: string): SlaTarget {
  const { target, policy_id, started_at = at, due_at } = data;
  const unset = { warned_at: null, met_at: null, breached_at: null, paused: false };
  return { target, policy_id, started_at, due_at, ...unset };
}

const retimed = ({ due_at, policy_id }: Data<"sla_retimed">) => ({ due_at, policy_id });

/** One that had stopped was not listed any more, and is again. */
function resumed(ticket: Ticket, { target, due_at, policy_id, started_at }: Data<"sla_resumed">) {
  if (ticket.sla.some((running) => running.target === target))
    return mend(ticket, target, { due_at, met_at: null, paused: false });
  if (!policy_id || !started_at) return ticket.sla;
  const unset = { warned_at: null, met_at: null, breached_at: null, paused: false };
  return [...ticket.sla, { target, policy_id, started_at, due_at, ...unset }];
}

// As the server orders them.
const byDue = (a: SlaTarget, b: SlaTarget) =>
  Date.parse(a.due_at) - Date.parse(b.due_at) || (a.target < b.target ? -1 : 1);
const byLetters = (a: string, b: string) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);

function without(ticket: Ticket, target: SlaTarget["target"]): SlaTarget[] {
  return ticket.sla.filter((running) => running.target !== target);
}

function mend(
  ticket: Ticket,
  target: SlaTarget["target"],
  fields: Partial<SlaTarget>,
): SlaTarget[] {
  return ticket.sla.map((running) =>
    running.target === target ? { ...running, ...fields } : running,
  );
}
