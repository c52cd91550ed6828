/** What is being written: the text, and the files on their way up. Pure. */

import type { Attachment } from "@parley/shared/resources";

export const maxFileBytes = 25 * 1024 * 1024;
export const maxFiles = 10;
export const maxTextLength = 10_000;

export type UploadState =
  | { kind: "uploading"; share: number }
  | { kind: "done"; attachment: Attachment }
  | { kind: "failed"; reason: string | null };

export interface Upload {
  key: string;
  name: string;
  size: number;
  state: UploadState;
}

export interface Draft {
  text: string;
  uploads: readonly Upload[];
}

export const emptyDraft: Draft = { text: "", uploads: [] };

export function canSend({ text, uploads }: Draft): boolean {
  const ready = uploads.every(({ state }) => state.kind === "done");
  return ready && (text.trim() !== "" || uploads.length > 0);
}

export function attachmentsOf({ uploads }: Draft): Attachment[] {
  return uploads.flatMap(({ state }) => (state.kind === "done" ? [state.attachment] : []));
}

export type Choice = { kind: "take" } | { kind: "too_large" } | { kind: "too_many" };

/** Whether a chosen file may go up; the server has the last word. */
export function judge(file: { size: number }, already: number): Choice {
  if (already >= maxFiles) return { kind: "too_many" };
  return file.size > maxFileBytes ? { kind: "too_large" } : { kind: "take" };
}

export function withUpload(draft: Draft, upload: Upload): Draft {
  const others = draft.uploads.filter(({ key }) => key !== upload.key);
  const at = draft.uploads.findIndex(({ key }) => key === upload.key);
  const uploads = at < 0 ? [...others, upload] : draft.uploads.with(at, upload);
  return { ...draft, uploads };
}

export function withoutUpload(draft: Draft, key: string): Draft {
  return { ...draft, uploads: draft.uploads.filter((upload) => upload.key !== key) };
}

/** What a reload keeps: the text and the files that are up. */
export function toStored(draft: Draft): string {
  const uploads = draft.uploads.filter(({ state }) => state.kind === "done");
  return draft.text || uploads.length ? JSON.stringify({ text: draft.text, uploads }) : "";
}

export function fromStored(stored: string | null): Draft {
  if (!stored) return emptyDraft;
  try {
    const { text, uploads } = JSON.parse(stored) as Partial<Draft>;
    return {
      text: typeof text === "string" ? text : "",
      uploads: Array.isArray(uploads) ? uploads : [],
    };
  } catch {
    return emptyDraft;
  }
}

/** `512 B`, `48 kB`, `1.2 MB`, in the reader's writing. */
export function formatSize(bytes: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: step === 0 ? "narrow" : "short",
    maximumFractionDigits: step > 1 ? 1 : 0,
  }).format(bytes / 1000 ** step);
}
