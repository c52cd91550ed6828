/** Opens one ticket, follows it live, and asks for its changes. A change shows at once and gives
 * way to what the server says. */

import type { TicketEvent } from "@parley/shared/events";
import { isFinal, ProblemError } from "@parley/shared/http";
import { applyToTicket, emptyHistory, type History, toHistory } from "@parley/shared/live/history";
import type { Page, Priority, Status, Ticket } from "@parley/shared/resources";
import { refresh } from "../data/actions";
import { http } from "../http";
import { persistently } from "../later";
import { live, watchLive } from "../live/actions";
import { report } from "../problem";
import { createStore } from "../store";
import { markSeen } from "../tickets/actions";
import { type Known, participantsOf, withTold } from "./model";

export interface Opened extends Known {
  id: string | null;
  /** Changes asked for and not answered yet, shown over the ticket. */
  asked: Partial<Ticket>;
  phase: "loading" | "ready" | "missing" | "failed";
}

const NOTHING: Opened = { id: null, ticket: null, turn: 0, asked: {}, phase: "loading" };

export const ticketStore = createStore<Opened>(NOTHING);

/** Histories of the tickets looked at last, to show them at once and resume from where they end. */
const histories = new Map<string, History>();
const MAX_HISTORIES = 30;

export function roomOf(id: string): string {
  return `ticket:${id}`;
}

/** Shows the ticket until the undo is called. */
export function openTicket(id: string): () => void {
  ticketStore.set({ ...NOTHING, id });
  const request = new AbortController();
  let leave = () => {};
  const undo = watchLive((notice) => {
    if (notice.kind === "event" && notice.room === roomOf(id)) advance(id, notice.event);
    if (notice.kind === "ticket" && notice.ticket.id === id) know(notice.ticket);
    if (notice.kind === "room" && notice.room === roomOf(id)) checkRefused(id);
  });
  void fetchTicket(id, request.signal);
  void fetchHistory(id, request.signal).then((history) => {
    if (request.signal.aborted) return;
    leave = live().join(roomOf(id), history);
    // It may be newer than the ticket, which was asked for at the same time.
    change(id, (now) =>
      now.ticket ? { ...now, ...withTold(now, now.ticket, history.events) } : now,
    );
  });
  return () => {
    request.abort();
    const history = live().room(roomOf(id))?.history;
    if (history?.seq) remember(id, history);
    undo();
    leave();
    if (ticketStore.get().id === id) ticketStore.set(NOTHING);
  };
}

/** Counts the answers that name participants, by when they were asked for. */
let turns = 0;

/** Asks until it is answered, or is refused for good, or another ticket is shown. */
export async function fetchTicket(id: string, signal?: AbortSignal): Promise<void> {
  const isOver = (failure: unknown) =>
    isFinal(failure) || signal?.aborted || ticketStore.get().id !== id;
  try {
    await persistently(() => fetchOnce(id, signal), isOver);
  } catch (failure) {
    if (!isOver(failure)) report(failure);
  }
}

async function fetchOnce(id: string, signal?: AbortSignal): Promise<void> {
  const turn = ++turns;
  try {
    know(await http.get<Ticket>(`/tickets/${id}`, signal ? { signal } : {}), turn);
  } catch (failure) {
    const isMissing = failure instanceof ProblemError && [403, 404, 422].includes(failure.status);
    if (!signal?.aborted)
      change(id, (now) => (now.ticket ? now : { ...now, phase: isMissing ? "missing" : "failed" }));
    throw failure;
  }
}

/** What the timeline starts with: the one remembered, else the server's; should that fail, the
 * room tells everything from the beginning. */
async function fetchHistory(id: string, signal: AbortSignal): Promise<History> {
  const known = histories.get(id);
  if (known) return known;
  const events: TicketEvent[] = [];
  try {
    for (let after: string | null = null; ; ) {
      const page: Page<TicketEvent> = await http.page<TicketEvent>(`/tickets/${id}/events`, {
        after,
        size: 100,
        signal,
      });
      events.push(...page.data);
      after = page.meta.after_cursor;
      if (!page.meta.has_more || !after) return toHistory(events);
    }
  } catch {
    return emptyHistory;
  }
}

function remember(id: string, history: History): void {
  histories.delete(id);
  histories.set(id, history);
  const oldest = histories.keys().next().value;
  if (histories.size > MAX_HISTORIES && oldest) histories.delete(oldest);
}

function change(id: string, next: (now: Opened) => Opened): void {
  ticketStore.set((now) => (now.id === id ? next(now) : now));
}

function know(ticket: Ticket, turn = 0): void {
  const events = live().room(roomOf(ticket.id))?.history.events ?? [];
  change(ticket.id, (now) => ({ ...now, ...withTold(now, ticket, events, turn), phase: "ready" }));
}

function advance(id: string, event: TicketEvent): void {
  // A merge brings another customer, and the event does not say whom; nor what a ticket is called now.
  if (event.type === "customer_changed") void fetchPeople(id);
  if (event.type === "subject_changed") void fetchTicket(id);
  change(id, (now) => (now.ticket ? { ...now, ticket: applyToTicket(now.ticket, event) } : now));
}

/** Whoever takes part, and what is known of the customer. */
export async function fetchPeople(id: string): Promise<void> {
  await fetchTicket(id);
  const customerId = ticketStore.get().ticket?.customer_id;
  if (customerId) await refresh("customers", customerId);
}

function checkRefused(id: string): void {
  if (live().room(roomOf(id))?.refused) change(id, (now) => ({ ...now, phase: "missing" }));
}

/** Tells the others how far this agent has read, and takes the dot off the list. */
export function markRead(id: string, seq: number): void {
  live().read(roomOf(id), seq);
  markSeen(id, seq);
}

/** The ticket as it will be when everything asked for is done. */
export function asShown({ ticket, asked }: Opened): Ticket | null {
  return ticket && { ...ticket, ...asked };
}

async function ask(
  id: string,
  asked: Partial<Ticket>,
  request: () => Promise<unknown>,
): Promise<void> {
  change(id, (now) => ({ ...now, asked: { ...now.asked, ...asked } }));
  try {
    const answer = await request();
    if (isTicket(answer)) know(answer, ++turns);
  } catch (failure) {
    report(failure);
  } finally {
    const keys = Object.keys(asked);
    change(id, (now) => {
      const left = Object.entries(now.asked).filter(([key]) => !keys.includes(key));
      return { ...now, asked: Object.fromEntries(left) };
    });
  }
}

function isTicket(answer: unknown): answer is Ticket {
  return typeof answer === "object" && answer !== null && "seq" in answer && "subject" in answer;
}

/** With `reason`, one of the desk's reasons to wait; null says none. */
export function setStatus(
  id: string,
  status: Status,
  reason: { id: string; name: string } | null = null,
): Promise<void> {
  const asked = {
    status,
    status_reason_id: reason?.id ?? null,
    status_reason: reason?.name ?? null,
  };
  const body = reason ? { status, reason_id: reason.id } : { status };
  return ask(id, asked, () => http.put(`/tickets/${id}/status`, body));
}

export function setPriority(id: string, priority: Priority): Promise<void> {
  return ask(id, { priority }, () => http.patch(`/tickets/${id}`, { priority }));
}

export function setSubject(id: string, subject: string): Promise<void> {
  return ask(id, { subject }, () => http.patch(`/tickets/${id}`, { subject }));
}

/** Null takes the ticket from whoever has it; the team stays as it is. */
export function assignAgent(id: string, agentId: string | null): Promise<void> {
  const asked = { assignee_id: agentId };
  return ask(id, asked, () => http.put(`/tickets/${id}/assign`, { agent_id: agentId }));
}

export function assignTeam(id: string, teamId: string | null): Promise<void> {
  return ask(id, { team_id: teamId }, () => http.put(`/tickets/${id}/assign`, { team_id: teamId }));
}

/** Changes the list as it is now, by address: nobody is told what others did to it since it was read. Whoever
 * is new becomes a customer. */
export function changeParticipants(
  id: string,
  change: (emails: string[]) => string[],
): Promise<void> {
  return ask(id, {}, async () => {
    const now = participantsOf(await http.get<Ticket>(`/tickets/${id}`));
    const emails = change(now.map(({ email }) => email));
    return http.put(`/tickets/${id}/participants`, { emails });
  });
}

export async function setTags(id: string, tags: string[]): Promise<void> {
  await ask(id, { tags }, () => http.patch(`/tickets/${id}`, { tags }));
  await refresh("tags");
}
