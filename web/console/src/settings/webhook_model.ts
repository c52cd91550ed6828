/** Outgoing webhooks as the settings show them. Pure. */
import type { Id } from "@parley/shared/resources";

export const KINDS = [
  "ticket_opened",
  "interaction_added",
  "status_changed",
  "ticket_assigned",
  "sla_warned",
  "sla_breached",
  "sla_escalated",
] as const;
export type WebhookKind = (typeof KINDS)[number];

export const isKind = (type: string): type is WebhookKind => KINDS.some((kind) => kind === type);

export interface Webhook {
  id: Id;
  name: string;
  url: string;
  kinds: readonly WebhookKind[];
  active: boolean;
  failing_since: string | null;
  last_error: string | null;
  disabled_at: string | null;
}

export interface Delivery {
  id: Id;
  kind: WebhookKind;
  ticket_id: Id;
  seq: number;
  state: "queued" | "delivered" | "failed";
  attempts: number;
  status: number | null;
  error: string | null;
  created_at: string;
  next_attempt_at: string | null;
  settled_at: string | null;
}

/** What came back to a ping. */
export interface WebhookAnswer {
  ok: boolean;
  status: number | null;
  error: string | null;
  took_ms: number;
}

export type Health = "well" | "failing" | "given_up" | "off";

export function healthOf({ active, failing_since, disabled_at }: Webhook): Health {
  if (!active) return disabled_at ? "given_up" : "off";
  return failing_since ? "failing" : "well";
}
