/**
 * Begins, renews and ends the visitor's session. A session is a token that this browser keeps;
 * whatever the server answers, the page around us only learns that there is a chat, or nothing.
 */

import { createHttp, type Http, ProblemError } from "@parley/shared/http";
import { createLiveClient, type LiveClient } from "@parley/shared/live/client";
import type { Clock } from "@parley/shared/live/clock";
import { backoffMs } from "@parley/shared/live/connection";
import { type OutboxStore, openOutboxStore } from "@parley/shared/live/outboxStore";
import type { Notice } from "@parley/shared/live/session";
import type { WidgetSession } from "@parley/shared/resources";
import type { OpenSocket } from "@parley/shared/socket";
import { batch } from "@preact/signals";
import { type App, inboxRoom } from "../app";
import { loadDraft, moveDraft } from "../composer/actions";
import { emptyDraft } from "../composer/model";
import { draftPrefix, isSamePerson, parseRemembered, rememberedKey, subjectOf } from "./model";

const maxJoinedRooms = 20;
const lostShownAfterMs = 2_500;

export interface Visit {
  /** Makes or renews the session, as often as it takes. */
  begin(identity: string | null): Promise<void>;
  /** Connects; a fresh visitor does so only when the chat is opened. */
  connect(): void;
  /** Nothing of the visitor stays in this browser, nor open at the server. */
  end(): Promise<void>;
}

export function createVisit(app: App, openSocket: OpenSocket, clock: Clock): Visit {
  const http: Http = createHttp("/api/v1", { bearer: () => app.session.value?.token ?? null });
  let store: OutboxStore | null = null;
  let unwatch = () => {};
  let attempt = 0;
  let identityGiven: string | null = null;
  let cancelRetry = () => {};
  let cancelLost = () => {};

  async function ask(identity: string | null): Promise<WidgetSession> {
    const key = rememberedKey(app.inbox);
    const found = parseRemembered(app.storage.get(key));
    if (found && !isSamePerson(found, identity)) await forget();
    const kept = parseRemembered(app.storage.get(key));
    const session = await open(identity, kept?.token ?? null);
    const { token, visitor_id } = session;
    app.storage.set(key, JSON.stringify({ token, visitor_id, subject: subjectOf(identity) }));
    return session;
  }

  async function open(identity: string | null, token: string | null): Promise<WidgetSession> {
    const body = {
      inbox_id: app.inbox,
      ...(identity ? { identity } : {}),
      ...(token ? { token } : {}),
    };
    try {
      return await http.post<WidgetSession>("/widget/sessions", body);
    } catch (error) {
      // The remembered token has run out: begin as somebody new.
      if (!token || !(error instanceof ProblemError) || error.status !== 401) throw error;
      await forget();
      return open(identity, null);
    }
  }

  async function begin(identity: string | null): Promise<void> {
    identityGiven = identity;
    const turn = ++attempt;
    cancelRetry();
    const returning = app.storage.get(rememberedKey(app.inbox)) !== null;
    try {
      const session = await ask(identity);
      if (turn !== attempt) return;
      adopt(session);
      if (returning || session.rooms.length > 0 || app.visible.value) connect();
    } catch (error) {
      if (turn !== attempt || isFinal(error)) return;
      const wait = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      cancelRetry = clock.after(wait + backoffMs(failures++, clock.chance()), () =>
        begin(identity),
      );
    }
  }
  let failures = 0;

  function adopt(session: WidgetSession): void {
    failures = 0;
    const sameVisitor = app.session.value?.visitor_id === session.visitor_id;
    batch(() => {
      app.session.value = session;
      app.rooms.value = session.rooms;
      if (sameVisitor && app.live.value) return;
      stopLive();
      // The visit before this one has ended at the server; what it left unsent has no home.
      store?.clear().catch(() => {});
      store = openOutboxStore(globalThis.indexedDB, session.visitor_id);
      const client = createLiveClient({
        openSocket,
        clock,
        store,
        hello: () => ({ token: app.session.value?.token ?? "" }),
      });
      unwatch = client.watch((notice) => hear(client, notice));
      app.live.value = client;
      const [only, ...more] = session.rooms;
      app.screen.value =
        more.length > 0 ? { kind: "home" } : { kind: "conversation", room: only?.room ?? null };
      loadDraft(app);
    });
    const recent = [...session.rooms].sort((a, b) => lastAt(b).localeCompare(lastAt(a)));
    for (const { room } of recent.slice(0, maxJoinedRooms)) app.live.value?.join(room);
  }

  function hear(client: LiveClient, notice: Notice): void {
    if (notice.kind === "phase" && notice.phase === "refused") begin(identityGiven);
    if (notice.kind === "phase") showLoss(client);
    if (notice.kind === "acked" && notice.sentTo === inboxRoom(app)) arrive(client, notice.room);
    app.beat.value += 1;
  }

  /** A short break is not worth a word. */
  function showLoss(client: LiveClient): void {
    cancelLost();
    if (client.phase() === "online" || client.phase() === "idle") app.lost.value = false;
    else
      cancelLost = clock.after(lostShownAfterMs, () => {
        app.lost.value = client.phase() !== "online" && client.phase() !== "idle";
      });
  }

  /** The first message has opened a ticket: the conversation on the screen is that one now. */
  function arrive(client: LiveClient, room: string): void {
    if (!app.rooms.value.some((known) => known.room === room)) {
      const fresh = {
        room,
        subject: "",
        status: "new",
        public_seq: 0,
        last_message: null,
      } as const;
      app.rooms.value = [fresh, ...app.rooms.value];
      client.join(room);
    }
    const { value: screen } = app.screen;
    if (screen.kind === "conversation" && screen.room === null) {
      app.screen.value = { kind: "conversation", room };
      moveDraft(app);
    }
  }

  function connect(): void {
    app.live.value?.start();
  }

  function stopLive(): void {
    cancelLost();
    unwatch();
    app.live.value?.stop();
    app.live.value = null;
  }

  async function forget(): Promise<void> {
    const found = parseRemembered(app.storage.get(rememberedKey(app.inbox)));
    app.storage.set(rememberedKey(app.inbox), "");
    app.storage.removeAll(draftPrefix(app.inbox));
    if (!found) return;
    // A browser that forbids the store has kept nothing in it.
    await openOutboxStore(globalThis.indexedDB, found.visitor_id)
      .clear()
      .catch(() => {});
  }

  async function end(): Promise<void> {
    attempt++;
    cancelRetry();
    if (app.session.value) {
      // Not reached: the token is gone from here all the same, and runs out.
      http.delete("/widget/sessions", { keepalive: true }).catch(() => {});
    }
    stopLive();
    batch(() => {
      app.session.value = null;
      app.rooms.value = [];
      app.draft.value = emptyDraft;
      app.screen.value = { kind: "conversation", room: null };
    });
    await forget();
  }

  return { begin, connect, end };
}

const lastAt = (room: WidgetSession["rooms"][number]) => room.last_message?.created_at ?? "";

/** Refused for good: not our inbox, not our identity. Anything else is worth another try. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return false;
  return error.status >= 400 && error.status < 500 && ![408, 409, 425, 429].includes(error.status);
}
