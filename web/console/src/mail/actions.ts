/** Fetches the mails of a ticket, asks for pictures that lie elsewhere, and sends once more. */
import type { MailInfo, Page } from "@parley/shared/resources";
import { refresh } from "../data/actions";
import { http } from "../http";
import { report } from "../problem";
import { createStore } from "../store";
import { type Folds, withFold } from "./model";

/** The first page holds them all, but for a ticket of more than two hundred mails. */
const MAX_MAILS = 200;

export async function fetchMails(ticketId: string, signal?: AbortSignal): Promise<MailInfo[]> {
  const page: Page<MailInfo> = await http.page<MailInfo>(`/tickets/${ticketId}/mails`, {
    size: MAX_MAILS,
    ...(signal ? { signal } : {}),
  });
  return page.data;
}

/** What the reader has opened of each message, while the page lives. */
export interface Opened {
  folds: ReadonlyMap<string, Folds>;
  /** Pictures from elsewhere that were asked for: where the desk gives each of them. */
  images: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export const openedStore = createStore<Opened>({ folds: new Map(), images: new Map() });

const NONE: Folds = new Set();

export function foldsOf(interactionId: string): Folds {
  return openedStore.get().folds.get(interactionId) ?? NONE;
}

export function setFold(interactionId: string, at: number, isOpen: boolean): void {
  openedStore.set((now) => {
    const folds = new Map(now.folds);
    folds.set(interactionId, withFold(foldsOf(interactionId), at, isOpen));
    return { ...now, folds };
  });
}

/** Nothing is fetched from elsewhere before this; what is then, the desk fetches in our place. */
export async function showImages(ticketId: string, interactionId: string): Promise<void> {
  try {
    const path = `/tickets/${ticketId}/interactions/${interactionId}/images`;
    const answer = await http.get<{ images: Record<string, string> }>(path);
    openedStore.set((now) => {
      const images = new Map(now.images);
      images.set(interactionId, new Map(Object.entries(answer.images)));
      return { ...now, images };
    });
  } catch (failure) {
    report(failure);
  }
}

export async function sendAgain(mail: MailInfo): Promise<void> {
  try {
    await http.post<MailInfo>(`/mails/${mail.id}/retry`);
    if (mail.ticket_id) await refresh("tickets", mail.ticket_id, "mails");
  } catch (failure) {
    report(failure);
  }
}
