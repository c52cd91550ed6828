/** Writing: keeps the draft over a reload, sends it, tells typing, carries files up. */

import { NetworkError, ProblemError } from "@parley/shared/http";
import { makeId } from "@parley/shared/id";
import type { Clock } from "@parley/shared/live/clock";
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

export interface Writing {
  write(text: string): void;
  send(): void;
  attach(files: Iterable<File>): void;
  detach(key: string): void;
}

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

export function createWriting(app: App, clock: Clock): Writing {
  const signal = new TypingSignal();
  let cancelAlarm = () => {};

  function tellTyping(on: boolean | null): void {
    const screen = app.screen.value;
    const room = screen.kind === "conversation" ? screen.room : null;
    if (room && on !== null) {
      const peek = on && app.session.value?.inbox.sneak_peek;
      const text = app.draft.value.text.slice(0, sneakPeekLength);
      app.live.value?.typing(room, on, peek ? text : undefined);
    }
    cancelAlarm();
    const { wakeAt } = signal;
    if (wakeAt === null) return;
    cancelAlarm = clock.after(wakeAt - clock.now(), () => tellTyping(signal.due(clock.now())));
  }

  function write(text: string): void {
    keep(app, { ...app.draft.value, text: text.slice(0, maxTextLength) });
    tellTyping(signal.key(text.trim() === "", clock.now()));
  }

  function send(): void {
    const { value: draft } = app.draft;
    const room = shownRoom(app);
    if (!room || !canSend(draft)) return;
    app.live.value?.send({ room, content: draft.text.trim(), attachments: attachmentsOf(draft) });
    app.complaint.value = null;
    keep(app, emptyDraft);
    tellTyping(signal.rest());
  }

  function attach(files: Iterable<File>): void {
    const { value: t } = app.t;
    app.complaint.value = null;
    for (const file of files) {
      const { kind } = judge(file, app.draft.value.uploads.length);
      if (kind === "take") void carryUp(file);
      else if (kind === "too_many") app.complaint.value = t("tooMany", { count: maxFiles });
      else {
        const limit = formatSize(maxFileBytes, t.locale);
        app.complaint.value = t("tooLarge", { name: file.name, limit });
      }
    }
  }

  async function carryUp(file: File): Promise<void> {
    const key = makeId();
    const cancel = new AbortController();
    const place = { key, name: file.name, size: file.size };
    const show = (state: UploadState) => {
      if (app.uploads.get(key) === cancel)
        keep(app, withUpload(app.draft.value, { ...place, state }));
    };
    app.uploads.set(key, cancel);
    show({ kind: "uploading", share: 0 });
    try {
      const attachment = await upload(
        "/api/v1/widget/attachments",
        file,
        { bearer: () => app.session.value?.token ?? null },
        { signal: cancel.signal, onProgress: (share) => show({ kind: "uploading", share }) },
      );
      show({ kind: "done", attachment });
    } catch (error) {
      if (cancel.signal.aborted) return;
      complain(file.name, error);
      keep(app, withoutUpload(app.draft.value, key));
    } finally {
      app.uploads.delete(key);
    }
  }

  function complain(name: string, error: unknown): void {
    const { value: t } = app.t;
    if (error instanceof ProblemError && error.status < 500) {
      app.complaint.value = t("uploadRefused", { name, reason: error.message });
    } else if (error instanceof ProblemError || error instanceof NetworkError) {
      app.complaint.value = t("uploadFailed", { name });
    } else throw error;
  }

  function detach(key: string): void {
    app.uploads.get(key)?.abort();
    app.uploads.delete(key);
    keep(app, withoutUpload(app.draft.value, key));
  }

  return { write, send, attach, detach };
}
