/** What an agent is notified of, as the bell shows it. Pure. */
import type { Id } from "@parley/shared/resources";

export type Kind =
  | "sla_warned"
  | "sla_breached"
  | "sla_escalated"
  | "ticket_assigned"
  | "customer_answered"
  | "webhook_disabled";

export interface Notification {
  id: Id;
  kind: Kind;
  at: string;
  read_at: string | null;
  ticket: { id: Id; number: number; subject: string } | null;
  target: "first_response" | "next_response" | "resolution" | null;
  due_at: string | null;
  actor_name: string | null;
  webhook: { id: Id; name: string } | null;
}

/** A page as the API gives it. */
export interface Fetched {
  data: readonly Notification[];
  meta: { has_more: boolean; after_cursor: string | null };
  unread: number;
}

export interface Bell {
  isOpen: boolean;
  unread: number;
  /** The newest first; null until they were fetched. */
  items: readonly Notification[] | null;
  /** Leads to the next page; null on the last. */
  after: string | null;
  hasFailed: boolean;
}

export const SILENT: Bell = {
  isOpen: false,
  unread: 0,
  items: null,
  after: null,
  hasFailed: false,
};

export type Input =
  | { kind: "opened" }
  | { kind: "closed" }
  /** The server says so, at once. */
  | { kind: "told"; unread: number }
  | { kind: "fetched"; page: Fetched }
  | { kind: "grown"; page: Fetched }
  | { kind: "failed" }
  | { kind: "read"; id: Id; at: string }
  | { kind: "all_read"; at: string };

export function receive(bell: Bell, input: Input): Bell {
  switch (input.kind) {
    case "opened":
      return { ...bell, isOpen: true, hasFailed: false };
    case "closed":
      return { ...bell, isOpen: false };
    case "told":
      return { ...bell, unread: input.unread };
    case "fetched":
      return { ...bell, ...reached(input.page, input.page.data), unread: input.page.unread };
    case "grown":
      return { ...bell, ...reached(input.page, joined(bell.items ?? [], input.page.data)) };
    case "failed":
      return { ...bell, hasFailed: true };
    case "read":
      return readOne(bell, input.id, input.at);
    case "all_read":
      return { ...bell, unread: 0, items: bell.items?.map((one) => read(one, input.at)) ?? null };
    default:
      return input satisfies never;
  }
}

function reached({ meta }: Fetched, items: readonly Notification[]): Partial<Bell> {
  return { items, after: meta.has_more ? meta.after_cursor : null, hasFailed: false };
}

/** What came meanwhile may have moved the pages: nothing is shown twice. */
function joined(known: readonly Notification[], more: readonly Notification[]) {
  const ids = new Set(known.map(({ id }) => id));
  return [...known, ...more.filter(({ id }) => !ids.has(id))];
}

function readOne(bell: Bell, id: Id, at: string): Bell {
  const found = bell.items?.find((one) => one.id === id);
  if (!bell.items || !found || found.read_at) return bell;
  const items = bell.items.map((one) => (one.id === id ? read(one, at) : one));
  return { ...bell, items, unread: Math.max(0, bell.unread - 1) };
}

function read(one: Notification, at: string): Notification {
  return one.read_at ? one : { ...one, read_at: at };
}

/** Whether what is shown is not all that there is any more. */
export function isStale(bell: Bell): boolean {
  return bell.items === null || bell.items.filter((one) => !one.read_at).length !== bell.unread;
}

const MOST = 99;

/** What stands on the bell; nothing for none. */
export function badgeOf(unread: number): string {
  return unread > MOST ? `${MOST}+` : unread > 0 ? String(unread) : "";
}

/** How urgent it looks. */
export function toneOf(kind: Kind): "danger" | "warning" | "plain" {
  switch (kind) {
    case "sla_breached":
    case "webhook_disabled":
      return "danger";
    case "sla_warned":
    case "sla_escalated":
      return "warning";
    case "ticket_assigned":
    case "customer_answered":
      return "plain";
    default:
      return kind satisfies never;
  }
}
