import { expect, test } from "vitest";
import {
  changedFile,
  emptyDraft,
  formatDraft,
  isReady,
  parseDraft,
  withFile,
  withoutFile,
} from "./model";

const attachment = {
  id: "a1",
  interaction_id: null,
  filename: "x.pdf",
  url: "/x",
  mime_type: "application/pdf",
  size_bytes: 3,
  uploaded_by: null,
  created_at: "2026-11-22T09:00:00Z",
};

test("an empty draft cannot be sent, words or a finished file can", () => {
  const draft = emptyDraft("message");
  expect(isReady({ ...draft, text: " \n" })).toBe(false);
  expect(isReady({ ...draft, text: "Hello" })).toBe(true);
  const uploading = withFile(draft, "k1", "x.pdf", 3);
  expect(isReady(uploading)).toBe(false);
  expect(isReady(changedFile(uploading, "k1", { attachment }))).toBe(true);
});

test("a failed upload holds the draft back until it is removed", () => {
  const draft = { ...withFile(emptyDraft("message"), "k1", "x", 3), text: "Hello" };
  const broken = changedFile(draft, "k1", { problem: "too large" });
  expect(isReady(broken)).toBe(false);
  expect(isReady(withoutFile(broken, "k1"))).toBe(true);
});

test("a reload brings back words and finished files, not half an upload", () => {
  const draft = { ...withFile(emptyDraft("note"), "k1", "x", 3), text: "Look" };
  const done = changedFile(draft, "k1", { attachment, share: 1 });
  const kept = formatDraft(withFile(done, "k2", "half", 9));
  expect(parseDraft(kept, "message")).toEqual(done);
});

test("nothing written is nothing kept, and rubbish is an empty draft", () => {
  expect(formatDraft(emptyDraft("message"))).toBeNull();
  expect(parseDraft("{", "note")).toEqual(emptyDraft("note"));
  expect(parseDraft('{"text":1}', "message")).toEqual(emptyDraft("message"));
});
