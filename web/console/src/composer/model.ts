/** What one agent alone prepares for a ticket: a note, the files that go with it or with the
 * reply, and which of the two is being written. The reply's words are shared (`reply/`). Pure. */
import type { Attachment, InteractionType } from "@parley/shared/resources";

export interface DraftFile {
  key: string;
  name: string;
  size: number;
  /** From 0 to 1. */
  share: number;
  attachment: Attachment | null;
  problem: string | null;
}

export interface Draft {
  type: InteractionType;
  note: string;
  files: readonly DraftFile[];
}

export const MAX_FILES = 10;

export function emptyDraft(type: InteractionType): Draft {
  return { type, note: "", files: [] };
}

/** Something to say, and every file there: an upload that runs or failed holds the draft back. */
export function isReady({ type, note, files }: Draft, hasReply: boolean): boolean {
  const hasWords = type === "note" ? note.trim() !== "" : hasReply;
  return (hasWords || files.length > 0) && files.every(({ attachment }) => attachment !== null);
}

export function withFile(draft: Draft, key: string, name: string, size: number): Draft {
  const file: DraftFile = { key, name, size, share: 0, attachment: null, problem: null };
  return { ...draft, files: [...draft.files, file] };
}

/** Uploaded before, and not sent after all. */
export function withAttachments(draft: Draft, attachments: readonly Attachment[]): Draft {
  return attachments.reduce((now, attachment) => {
    const { id, filename, size_bytes } = attachment;
    return changedFile(withFile(now, id, filename, size_bytes), id, { attachment, share: 1 });
  }, draft);
}

export function changedFile(draft: Draft, key: string, change: Partial<DraftFile>): Draft {
  return {
    ...draft,
    files: draft.files.map((file) => (file.key === key ? { ...file, ...change } : file)),
  };
}

export function withoutFile(draft: Draft, key: string): Draft {
  return { ...draft, files: draft.files.filter((file) => file.key !== key) };
}

/** What a reload may find again: a note and finished uploads; null when there is nothing to keep. */
export function formatDraft(draft: Draft): string | null {
  const files = draft.files.filter(({ attachment }) => attachment !== null);
  return draft.note.trim() || files.length ? JSON.stringify({ ...draft, files }) : null;
}

export function parseDraft(text: string | null, type: InteractionType): Draft {
  try {
    const read = JSON.parse(text ?? "null") as Partial<Draft> | null;
    if (typeof read?.note !== "string" || !Array.isArray(read.files)) return emptyDraft(type);
    return { type: read.type === "note" ? "note" : type, note: read.note, files: read.files };
  } catch {
    return emptyDraft(type);
  }
}
