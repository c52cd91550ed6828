/**
 * Begins, renews and ends the visit: a session that this browser keeps, and the live connection
 * under it. Whatever the server answers, the page around us only learns that there is a chat.
 */

import { createHttp, type Http, isFinal, ProblemError } from "@parley/shared/http";
import { LiveClient } from "@parley/shared/live/client";
import type { Cancel, Clock } from "@parley/shared/live/clock";
import { backoffMs } from "@parley/shared/live/connection";
import { type OutboxStore, openOutboxStore } from "@parley/shared/live/outboxStore";
import type { Notice } from "@parley/shared/live/session";
import type { WidgetRoom, WidgetSession } from "@parley/shared/resources";
import type { OpenSocket } from "@parley/shared/socket";
import { batch } from "@preact/signals";
import { type App, inboxRoom } from "../app";
import { loadDraft, moveDraft } from "../composer/actions";
import { emptyDraft } from "../composer/model";
import { withBegun } from "./model";
import { forgetVisitor, isReturning, rememberVisitor, renewSession } from "./renewal";

const maxJoinedRooms = 20;
const lostShownAfterMs = 2_500;
const beatMs = 30;
const nothing: Cancel = () => {};

export class Visit {
  private readonly http: Http;
  private store: OutboxStore | null = null;
  private identity: string | null = null;
  /** Raised by each beginning: an answer to an earlier one comes too late. */
  private turn = 0;
  private failures = 0;
  private beatAt = 0;
  private beatDue = false;
  private unwatch = nothing;
  private cancelRetry = nothing;
  private cancelLost = nothing;

  constructor(
    private readonly app: App,
    private readonly openSocket: OpenSocket,
    private readonly clock: Clock,
  ) {
    this.http = createHttp("/api/v1", { bearer: () => app.session.value?.token ?? null });
  }

  /** Makes or renews the session, trying until the server answers. */
  async begin(identity: string | null): Promise<void> {
    const turn = ++this.turn;
    const returning = isReturning(this.app);
    this.identity = identity;
    this.cancelRetry();
    try {
      const session = await renewSession(this.app, this.http, identity);
      if (turn !== this.turn) return;
      rememberVisitor(this.app, session, identity);
      this.adopt(session);
      if (returning || session.rooms.length > 0 || this.app.visible.value) this.connect();
    } catch (error) {
      if (turn === this.turn && !isFinal(error)) this.retry(error);
    }
  }

  /** Connects; a fresh visitor does so only when the chat is opened. */
  connect(): void {
    this.app.live.value?.start();
  }

  /** Nothing of the visitor stays in this browser, nor open at the server. */
  async end(): Promise<void> {
    const { app } = this;
    this.turn++;
    this.cancelRetry();
    if (app.session.value) {
      // Not reached: the token is gone from here all the same, and runs out.
      this.http.delete("/widget/sessions", { keepalive: true }).catch(nothing);
    }
    this.stopLive();
    batch(() => {
      app.session.value = null;
      app.rooms.value = [];
      app.draft.value = emptyDraft;
      app.screen.value = { kind: "conversation", room: null };
    });
    await forgetVisitor(app);
  }

  private retry(error: unknown): void {
    const told = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const wait = told + backoffMs(this.failures++, this.clock.chance());
    this.cancelRetry = this.clock.after(wait, () => void this.begin(this.identity));
  }

  private adopt(session: WidgetSession): void {
    const { app } = this;
    const isSame = app.live.value && app.session.value?.visitor_id === session.visitor_id;
    this.failures = 0;
    batch(() => {
      app.session.value = session;
      app.rooms.value = isSame ? withBegun(session.rooms, app.rooms.value) : session.rooms;
      if (!isSame) this.openLive(session);
    });
    const recent = [...session.rooms].sort((a, b) => lastAt(b).localeCompare(lastAt(a)));
    for (const { room } of recent.slice(0, maxJoinedRooms)) app.live.value?.join(room);
  }

  private openLive({ visitor_id, rooms }: WidgetSession): void {
    const { app, clock, openSocket } = this;
    this.stopLive();
    // The visit before this one has ended at the server; what it left unsent has no home.
    this.store?.clear().catch(nothing);
    this.store = openOutboxStore(globalThis.indexedDB, visitor_id);
    const hello = () => ({ token: app.session.value?.token ?? "" });
    const client = new LiveClient({ openSocket, clock, store: this.store, hello });
    this.unwatch = client.watch((notice) => this.hear(client, notice));
    app.live.value = client;
    app.screen.value =
      rooms.length > 1 ? { kind: "home" } : { kind: "conversation", room: rooms[0]?.room ?? null };
    loadDraft(app);
  }

  private hear(client: LiveClient, notice: Notice): void {
    if (notice.kind === "phase") this.showLoss(client);
    if (notice.kind === "phase" && notice.phase === "refused") void this.begin(this.identity);
    if (notice.kind === "acked" && notice.sentTo === inboxRoom(this.app)) {
      this.arrive(client, notice.room);
    }
    this.beat();
  }

  /** At most so often: a long history arrives as thousands of frames. */
  private beat(): void {
    const { app, clock } = this;
    if (this.beatDue) return;
    const wait = this.beatAt + beatMs - clock.now();
    const beat = () => {
      this.beatDue = false;
      this.beatAt = clock.now();
      app.beat.value += 1;
    };
    this.beatDue = wait > 0;
    if (wait > 0) clock.after(wait, beat);
    else beat();
  }

  /** A short break is not worth a word. */
  private showLoss(client: LiveClient): void {
    const isFine = client.phase() === "online" || client.phase() === "idle";
    if (isFine) {
      this.cancelLost();
      this.cancelLost = nothing;
      this.app.lost.value = false;
    } else if (this.cancelLost === nothing) {
      this.cancelLost = this.clock.after(lostShownAfterMs, () => {
        this.app.lost.value = true;
      });
    }
  }

  /** The first message has opened a ticket: the conversation on the screen is that one now. */
  private arrive(client: LiveClient, room: string): void {
    const { app } = this;
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

  private stopLive(): void {
    this.cancelLost();
    this.cancelLost = nothing;
    this.unwatch();
    this.app.live.value?.stop();
    this.app.live.value = null;
  }
}

const lastAt = (room: WidgetRoom) => room.last_message?.created_at ?? "";
