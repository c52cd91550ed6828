/** Keeps notes and files, uploads, tells that somebody types, and sends. */

import { makeId } from "@parley/shared/id";
import { systemClock } from "@parley/shared/live/clock";
import { TypingSignal } from "@parley/shared/live/typing";
import type { Attachment, InteractionType } from "@parley/shared/resources";
import { upload } from "@parley/shared/upload";
import { credentials, noticed } from "../http";
import { live } from "../live/actions";
import { describe } from "../problem";
import { replyStore, replyTo } from "../reply/store";
import { keep, kept } from "../storage";
import { createStore } from "../store";
import { roomOf } from "../ticket/actions";
import {
  changedFile,
  type Draft,
  emptyDraft,
  formatDraft,
  isReady,
  MAX_FILES,
  parseDraft,
  withAttachments,
  withFile,
  withoutFile,
} from "./model";

export const draftStore = createStore<{ drafts: ReadonlyMap<string, Draft> }>({
  drafts: new Map(),
});
/** Drafts read back and not touched yet: reading is no change, and gives the same object again. */
const found = new Map<string, Draft>();
const uploads = new Map<string, AbortController>();

const keyOf = (ticketId: string) => `draft.${ticketId}`;

/** The draft of a ticket, from memory or from before a reload. */
export function draftOf(ticketId: string, type: InteractionType): Draft {
  const known = draftStore.get().drafts.get(ticketId) ?? found.get(ticketId);
  if (known) return known;
  const draft = parseDraft(kept(keyOf(ticketId)), type);
  found.set(ticketId, draft);
  return draft;
}

function change(ticketId: string, next: (draft: Draft) => Draft): void {
  const draft = next(draftOf(ticketId, "message"));
  draftStore.set(({ drafts }) => ({ drafts: new Map(drafts).set(ticketId, draft) }));
  keep(keyOf(ticketId), formatDraft(draft));
}

export function writeNote(ticketId: string, note: string): void {
  change(ticketId, (draft) => ({ ...draft, note }));
}

/** This agent has changed the reply. Nobody is told that a note is being written. */
export function typed(ticketId: string, isEmpty: boolean): void {
  tellTyping(ticketId, signalOf(ticketId).key(isEmpty, systemClock.now()));
}

export function setType(ticketId: string, type: InteractionType): void {
  change(ticketId, (draft) => ({ ...draft, type }));
  if (type === "note") tellTyping(ticketId, signalOf(ticketId).rest());
}

/** Sends the reply or the note, if it is ready; what is written next is of the same kind. */
export function send(ticketId: string): boolean {
  const draft = draftOf(ticketId, "message");
  const { type, note, files } = draft;
  const reply = replyTo(ticketId);
  if (!isReady(draft, reply?.state.isBlank === false)) return false;
  const attachments = files.flatMap(({ attachment }) => (attachment ? [attachment] : []));
  if (type === "note") {
    live().send({ room: roomOf(ticketId), content: note.trimEnd(), type, attachments });
    change(ticketId, () => emptyDraft("note"));
  } else {
    if (!reply) return false;
    reply.post(attachments);
    change(ticketId, (now) => ({ ...now, files: [] }));
  }
  tellTyping(ticketId, signalOf(ticketId).rest());
  return true;
}

/** The message that they belonged to was not taken. */
export function restoreFiles(ticketId: string, attachments: readonly Attachment[]): void {
  change(ticketId, (draft) => withAttachments(draft, attachments));
}

export function addFiles(ticketId: string, files: readonly File[]): void {
  const room = MAX_FILES - draftOf(ticketId, "message").files.length;
  for (const file of files.slice(0, Math.max(0, room))) void addFile(ticketId, file);
}

async function addFile(ticketId: string, file: File): Promise<void> {
  const key = makeId();
  const request = new AbortController();
  uploads.set(key, request);
  change(ticketId, (draft) => withFile(draft, key, file.name, file.size));
  try {
    const attachment = await upload("/api/v1/attachments", file, credentials, {
      signal: request.signal,
      idempotencyKey: key,
      onProgress: (share) => change(ticketId, (draft) => changedFile(draft, key, { share })),
    }).catch(noticed);
    change(ticketId, (draft) => changedFile(draft, key, { attachment, share: 1 }));
  } catch (failure) {
    if (request.signal.aborted) return;
    change(ticketId, (draft) => changedFile(draft, key, { problem: describe(failure) }));
  } finally {
    uploads.delete(key);
  }
}

export function removeFile(ticketId: string, key: string): void {
  uploads.get(key)?.abort();
  change(ticketId, (draft) => withoutFile(draft, key));
}

let signal: { ticketId: string; typing: TypingSignal } | null = null;
let rest = () => {};

/** One composer is open at a time; going to another ticket ends the typing in the one before. */
function signalOf(ticketId: string): TypingSignal {
  if (signal?.ticketId === ticketId) return signal.typing;
  if (signal) tellTyping(signal.ticketId, signal.typing.rest());
  signal = { ticketId, typing: new TypingSignal() };
  return signal.typing;
}

function tellTyping(ticketId: string, on: boolean | null): void {
  if (on !== null) live().typing(roomOf(ticketId), on);
  rest();
  const { typing } = signal ?? {};
  if (!typing || typing.wakeAt === null) return;
  rest = systemClock.after(typing.wakeAt - systemClock.now(), () => {
    tellTyping(ticketId, typing.due(systemClock.now()));
  });
}

/** The composer goes away: nobody types here any more. */
export function leaveComposer(ticketId: string): void {
  if (signal?.ticketId !== ticketId) return;
  tellTyping(ticketId, signal.typing.rest());
  signal = null;
}

interface Field {
  focus(): void;
}

let noteField: Field | null = null;
let replyField: (Field & { isFocused(): boolean }) | null = null;

export function registerNote(node: Field | null): void {
  noteField = node;
}

/** Gives the undo. */
export function registerReply(field: NonNullable<typeof replyField>): () => void {
  replyField = field;
  return () => {
    if (replyField === field) replyField = null;
  };
}

export function isReplyFocused(): boolean {
  return replyField?.isFocused() ?? false;
}

/** Puts the cursor into the composer, in the given mode. */
export function focusComposer(ticketId: string, type: InteractionType): void {
  setType(ticketId, type);
  // The field is shown by the next rendering.
  setTimeout(() => {
    if (type === "note") noteField?.focus();
    else if (replyField) replyField.focus();
    else replyStore.set((now) => ({ ...now, wantsFocus: true }));
  });
}
