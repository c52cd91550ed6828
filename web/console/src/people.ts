/** Who and what the tests are about: Alice and Bob answer, Carla asks. */
import type { TicketEvent } from "@parley/shared/events";
import type { Outgoing } from "@parley/shared/live/outbox";
import type { Agent, Interaction, SlaTarget, Ticket } from "@parley/shared/resources";

export const ALICE = "0190-alice";
export const BOB = "0190-bob";
export const CARLA = "0190-carla";

const AT = "2026-11-22T09:00:00Z";

export function ticket(id: string, change: Partial<Ticket> = {}): Ticket {
  return {
    id,
    number: 1,
    subject: `About ${id}`,
    description: "",
    status: "open",
    priority: "normal",
    assignee_id: null,
    team_id: null,
    customer_id: CARLA,
    customer: { id: CARLA, name: "Carla", email: "carla@example.com" },
    inbox_id: "inbox-1",
    channel_source: "chat",
    tags: [],
    sla: [],
    seq: 1,
    last_message: null,
    unread: false,
    created_at: AT,
    updated_at: AT,
    ...change,
  };
}

export function target(change: Partial<SlaTarget> = {}): SlaTarget {
  return {
    target: "first_response",
    policy_id: "policy-1",
    started_at: AT,
    due_at: "2026-11-22T10:00:00Z",
    warned_at: null,
    met_at: null,
    breached_at: null,
    paused: false,
    ...change,
  };
}

export function interaction(seq: number, change: Partial<Interaction> = {}): Interaction {
  return {
    id: `interaction-${seq}`,
    ticket_id: "t1",
    seq,
    author_id: CARLA,
    author_type: "customer",
    author_name: "Carla",
    type: "message",
    content: "Hello",
    content_html: "<p>Hello</p>",
    created_at: AT,
    attachment_ids: [],
    attachments: [],
    ...change,
  };
}

export function said(seq: number, change: Partial<Interaction> = {}): TicketEvent {
  const data = interaction(seq, change);
  const actor = { type: data.author_type, id: data.author_id, name: data.author_name };
  return { seq, type: "interaction_added", at: data.created_at, actor, data };
}

export function outgoing(id: string, change: Partial<Outgoing> = {}): Outgoing {
  return {
    id,
    room: "ticket:t1",
    type: "message",
    content: "On its way",
    attachments: [],
    created_at: Date.parse(AT),
    state: "queued",
    due_at: 0,
    failure: null,
    ...change,
  };
}

export function agent(id: string, change: Partial<Agent> = {}): Agent {
  return {
    id,
    name: id,
    email: `${id}@example.com`,
    roles: ["agent"],
    status: "online",
    team_ids: [],
    inbox_ids: [],
    active: true,
    last_active_at: null,
    created_at: AT,
    ...change,
  };
}
