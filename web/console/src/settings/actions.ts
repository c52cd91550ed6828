/** Changes of the desk itself: its people, places and promises. Each fetches anew what it touched. */
import type { Agent, Inbox, Mailbox, MailInfo, Team, Trial } from "@parley/shared/resources";
import { refresh } from "../data/actions";
import { http, listAll } from "../http";
import { PASSWORD_CHANCE_BYTES, readablePassword } from "./model";

export interface ApiToken {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

export function makePassword(): string {
  return readablePassword(crypto.getRandomValues(new Uint8Array(PASSWORD_CHANCE_BYTES)));
}

/** Creates or changes, at the collection's path or the one's own, and refreshes the collection. */
async function save<T>(
  path: string,
  id: string | null,
  body: object,
  ...keys: string[]
): Promise<T> {
  const saved = await (id === null
    ? http.post<T>(path, body)
    : http.patch<T>(`${path}/${id}`, body));
  await Promise.all(keys.map((key) => refresh(key)));
  return saved;
}

async function remove(path: string, id: string, ...keys: string[]): Promise<void> {
  await http.delete(`${path}/${id}`);
  await Promise.all(keys.map((key) => refresh(key)));
}

export const saveAgent = (id: string | null, body: object) =>
  save<Agent>("/agents", id, body, "agents", "teams", "inboxes");

export const setPassword = (id: string, password: string) =>
  http.put(`/agents/${id}/password`, { password });

export const changeOwnPassword = (current_password: string, new_password: string) =>
  http.put("/session/password", { current_password, new_password });

export const saveTeam = (id: string | null, body: object) =>
  save<Team>("/teams", id, body, "teams", "agents");

export const deleteTeam = (id: string) => remove("/teams", id, "teams", "agents");

export const saveInbox = (id: string | null, body: object) =>
  save<Inbox>("/inboxes", id, body, "inboxes", "agents");

/** Longer than the server may take for it. */
const TRIAL_MS = 60_000;

/** Tries the saved settings: connects, signs in, looks; nothing is fetched, nothing is sent. */
export const testInbox = (id: string, what: "imap" | "smtp") =>
  http.post<Trial>(`/inboxes/${id}/test`, { what }, { timeoutMs: TRIAL_MS });

/** Goes where the provider asks whoever is here for consent. */
export async function leaveForConsent(id: string): Promise<void> {
  const { url } = await http.post<{ url: string }>(`/inboxes/${id}/consents`, {});
  location.assign(url);
}

/** Brings what the provider sent somebody back with. */
export async function giveConsent(code: string, state: string): Promise<string> {
  const { inbox_id } = await http.post<{ inbox_id: string }>(
    "/consents",
    { code, state },
    { timeoutMs: TRIAL_MS },
  );
  await refresh("inboxes");
  return inbox_id;
}

export const fetchDeskRelay = () => http.get<{ host: string | null }>("/mail-relay");

export const listMailboxes = () => listAll<Mailbox>("/mailboxes");

export async function retryMail(id: string): Promise<void> {
  await http.post<MailInfo>(`/mails/${id}/retry`);
  await refresh("mails");
}

export const deleteInbox = (id: string) => remove("/inboxes", id, "inboxes", "agents");

export const rotateInboxToken = (id: string) =>
  http.post<{ token: string }>(`/inboxes/${id}/token`, {});

export const createTag = (name: string) => save("/tags", null, { name }, "tags");

export const deleteTag = (id: string) => remove("/tags", id, "tags");

export const createToken = (agentId: string, name: string) =>
  save<{ token: string }>(`/agents/${agentId}/tokens`, null, { name }, "tokens");

export const deleteToken = (agentId: string, id: string) =>
  remove(`/agents/${agentId}/tokens`, id, "tokens");

export const changeWorkspace = (change: { name: string; time_zone: string }) =>
  http.patch("/workspace", change);
