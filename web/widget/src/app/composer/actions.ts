/** Writing: keeps the draft over a reload, sends it, tells typing, carries files up. */

import { NetworkError, ProblemError } from "@parley/shared/http";
import { makeId } from "@parley/shared/id";
import type { Cancel, Clock } from "@parley/shared/live/clock";
import { TypingSignal } from "@parley/shared/live/typing";
import { upload } from "@parley/shared/upload";
import { type App, shownRoom } from "../app";
import { draftKey } from "../session/model";
import {
  attachmentsOf,
  canSend,
  type Draft,
  emptyDraft,
  formatSize,
  fromStored,
  judge,
  maxFileBytes,
  maxFiles,
  maxTextLength,
  toStored,
  type UploadState,
  withoutUpload,
  withUpload,
} from "./model";

const sneakPeekLength = 500;

/** Shows what was being written in the open conversation; uploads of another one end. */
export function loadDraft(app: App): void {
  for (const running of app.uploads.values()) running.abort();
  app.uploads.clear();
  app.complaint.value = null;
  const { value: screen } = app.screen;
  const key = screen.kind === "conversation" ? draftKey(app.inbox, screen.room) : null;
  app.draft.value = key ? fromStored(app.storage.get(key)) : emptyDraft;
}

function keep(app: App, draft: Draft): void {
  const { value: screen } = app.screen;
  app.draft.value = draft;
  if (screen.kind !== "conversation") return;
  app.storage.set(draftKey(app.inbox, screen.room), toStored(draft));
}

/** The new conversation has become a ticket: what is being written goes with it. */
export function moveDraft(app: App): void {
  app.storage.set(draftKey(app.inbox, null), "");
  keep(app, app.draft.value);
}

export class Writing {
  private readonly signal = new TypingSignal();
  private cancelAlarm: Cancel = () => {};

  constructor(
    private readonly app: App,
    private readonly clock: Clock,
  ) {}

  write(text: string): void {
    const { app, clock } = this;
    keep(app, { ...app.draft.value, text: text.slice(0, maxTextLength) });
    this.tellTyping(this.signal.key(text.trim() === "", clock.now(), this.isPeeked));
  }

  send(): void {
    const { app } = this;
    const { value: draft } = app.draft;
    const room = shownRoom(app);
    if (!room || !canSend(draft)) return;
    app.live.value?.send({ room, content: draft.text.trim(), attachments: attachmentsOf(draft) });
    app.complaint.value = null;
    keep(app, emptyDraft);
    this.tellTyping(this.signal.rest());
  }

  attach(files: Iterable<File>): void {
    const { app } = this;
    const { value: t } = app.t;
    app.complaint.value = null;
    for (const file of files) {
      const { kind } = judge(file, app.draft.value.uploads.length);
      if (kind === "take") void this.carryUp(file);
      else if (kind === "too_many") app.complaint.value = t("tooMany", { count: maxFiles });
      else {
        const limit = formatSize(maxFileBytes, t.locale);
        app.complaint.value = t("tooLarge", { name: file.name, limit });
      }
    }
  }

  detach(key: string): void {
    const { app } = this;
    app.uploads.get(key)?.abort();
    app.uploads.delete(key);
    keep(app, withoutUpload(app.draft.value, key));
  }

  private get isPeeked(): boolean {
    return this.app.session.value?.inbox.sneak_peek ?? false;
  }

  private tellTyping(on: boolean | null): void {
    const { app, clock, signal } = this;
    const { value: screen } = app.screen;
    const room = screen.kind === "conversation" ? screen.room : null;
    if (room && on !== null) {
      const peek = on && this.isPeeked;
      const text = app.draft.value.text.slice(0, sneakPeekLength);
      app.live.value?.typing(room, on, peek ? text : undefined);
    }
    this.cancelAlarm();
    const { wakeAt } = signal;
    if (wakeAt === null) return;
    const due = () => this.tellTyping(signal.due(clock.now()));
    this.cancelAlarm = clock.after(wakeAt - clock.now(), due);
  }

  private async carryUp(file: File): Promise<void> {
    const { app } = this;
    const key = makeId();
    const cancel = new AbortController();
    const place = { key, name: file.name, size: file.size };
    const show = (state: UploadState) => {
      if (app.uploads.get(key) !== cancel) return;
      keep(app, withUpload(app.draft.value, { ...place, state }));
    };
    const onProgress = (share: number) => show({ kind: "uploading", share });
    app.uploads.set(key, cancel);
    onProgress(0);
    try {
      const bearer = () => app.session.value?.token ?? null;
      const options = { signal: cancel.signal, onProgress };
      const attachment = await upload("/api/v1/widget/attachments", file, { bearer }, options);
      show({ kind: "done", attachment });
    } catch (error) {
      if (cancel.signal.aborted) return;
      this.complain(file.name, error);
      keep(app, withoutUpload(app.draft.value, key));
    } finally {
      app.uploads.delete(key);
    }
  }

  private complain(name: string, error: unknown): void {
    const { value: t } = this.app.t;
    if (error instanceof ProblemError && error.status < 500) {
      this.app.complaint.value = t("uploadRefused", { name, reason: error.message });
    } else if (error instanceof ProblemError || error instanceof NetworkError) {
      this.app.complaint.value = t("uploadFailed", { name });
    } else throw error;
  }
}
