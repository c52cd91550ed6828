/** Asks the server for the visitor's session, and forgets what this browser keeps of one. */

import { type Http, ProblemError } from "@parley/shared/http";
import { openOutboxStore } from "@parley/shared/live/outboxStore";
import type { WidgetSession } from "@parley/shared/resources";
import type { App } from "../app";
import { draftPrefix, isSamePerson, parseRemembered, rememberedKey, subjectOf } from "./model";

/** Goes on with the remembered visit, unless it was somebody else's; otherwise begins one. */
export async function renewSession(
  app: App,
  http: Http,
  identity: string | null,
): Promise<WidgetSession> {
  const found = remembered(app);
  if (found && isSamePerson(found, identity)) {
    try {
      return await open(app, http, identity, found.token);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401) throw error;
    }
  }
  // It has run out, or it is not this visitor's.
  await forgetVisitor(app);
  return open(app, http, identity, null);
}

function open(app: App, http: Http, identity: string | null, token: string | null) {
  return http.post<WidgetSession>("/widget/sessions", {
    inbox_id: app.inbox,
    ...(identity ? { identity } : {}),
    ...(token ? { token } : {}),
  });
}

const remembered = (app: App) => parseRemembered(app.storage.get(rememberedKey(app.inbox)));

export const isReturning = (app: App) => remembered(app) !== null;

export function rememberVisitor(app: App, session: WidgetSession, identity: string | null): void {
  const { token, visitor_id } = session;
  const kept = JSON.stringify({ token, visitor_id, subject: subjectOf(identity) });
  app.storage.set(rememberedKey(app.inbox), kept);
}

/** Nothing of the visitor stays here: token, drafts, unsent messages. */
export async function forgetVisitor(app: App): Promise<void> {
  const found = remembered(app);
  app.storage.set(rememberedKey(app.inbox), "");
  app.storage.removeAll(draftPrefix(app.inbox));
  if (!found) return;
  // A browser that forbids the store has kept nothing in it.
  await openOutboxStore(globalThis.indexedDB, found.visitor_id)
    .clear()
    .catch(() => {});
}
