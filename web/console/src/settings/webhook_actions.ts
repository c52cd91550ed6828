/** Changes of outgoing webhooks, and parked events told again. Each fetches anew what it touched. */
import type { Id } from "@parley/shared/resources";
import { refresh } from "../data/actions";
import { http, listAll } from "../http";
import type { Delivery, Webhook, WebhookAnswer } from "./webhook_model";

const PATH = "/outgoing-webhooks";
const KEY = "webhooks";

/** Longer than an endpoint may take. */
const PING_MS = 20_000;

export const listWebhooks = () => listAll<Webhook>(PATH);

async function refreshed<T>(answer: Promise<T>, key = KEY): Promise<T> {
  const value = await answer;
  await refresh(key);
  return value;
}

export const addWebhook = (body: object) =>
  refreshed(http.post<Webhook & { secret: string }>(PATH, body));

export const changeWebhook = (id: Id, body: object) =>
  refreshed(http.patch<Webhook>(`${PATH}/${id}`, body));

export const deleteWebhook = (id: Id) => refreshed(http.delete(`${PATH}/${id}`));

export const newSecret = (id: Id) =>
  refreshed(http.post<Webhook & { secret: string }>(`${PATH}/${id}/secret`));

export const pingWebhook = (id: Id) =>
  http.post<WebhookAnswer>(`${PATH}/${id}/test`, undefined, { timeoutMs: PING_MS });

export const deliveriesPath = (id: Id) => `${PATH}/${id}/deliveries`;

export const retryDelivery = (id: Id, delivery: Id) =>
  refreshed(http.post<Delivery>(`${deliveriesPath(id)}/${delivery}/retry`), "deliveries");

export const retryEvent = (id: Id) =>
  refreshed(http.post(`/parked-events/${id}/retry`), "parked_events");
