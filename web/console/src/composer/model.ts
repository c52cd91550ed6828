/** What is being written to one ticket: the words, whether they are a reply or a note, and the
 * files that go with them. Pure. */
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
  text: string;
  files: readonly DraftFile[];
}

export const MAX_FILES = 10;

export function emptyDraft(type: InteractionType): Draft {
  return { type, text: "", files: [] };
}

export function isEmpty({ text, files }: Draft): boolean {
  return !text.trim() && !files.length;
}

/** Something to say, and every file there: an upload that runs or failed holds the draft back. */
export function isReady(draft: Draft): boolean {
  return !isEmpty(draft) && draft.files.every(({ attachment }) => attachment !== null);
}

export function withFile(draft: Draft, key: string, name: string, size: number): Draft {
  const file: DraftFile = { key, name, size, share: 0, attachment: null, problem: null };
  return { ...draft, files: [...draft.files, file] };
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

/** What a reload may find again: words and finished uploads; null when there is nothing to keep. */
export function formatDraft(draft: Draft): string | null {
  const files = draft.files.filter(({ attachment }) => attachment !== null);
  return isEmpty({ ...draft, files }) ? null : JSON.stringify({ ...draft, files });
}

export function parseDraft(text: string | null, type: InteractionType): Draft {
  try {
    const read = JSON.parse(text ?? "null") as Partial<Draft> | null;
    if (typeof read?.text !== "string" || !Array.isArray(read.files)) return emptyDraft(type);
    return { type: read.type === "note" ? "note" : type, text: read.text, files: read.files };
  } catch {
    return emptyDraft(type);
  }
}
