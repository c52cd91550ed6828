import { expect, test } from "vitest";
import {
  changedFile,
  emptyDraft,
  formatDraft,
  isReady,
  parseDraft,
  withAttachments,
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

test("an empty draft cannot be sent, words of its kind or a finished file can", () => {
  const [reply, note] = [emptyDraft("message"), emptyDraft("note")];
  expect(isReady(reply, false)).toBe(false);
  expect(isReady(reply, true)).toBe(true);
  expect(isReady({ ...reply, note: "For us" }, false)).toBe(false);
  expect(isReady({ ...note, note: " \n" }, true)).toBe(false);
  expect(isReady({ ...note, note: "Hello" }, false)).toBe(true);
  const uploading = withFile(reply, "k1", "x.pdf", 3);
  expect(isReady(uploading, true)).toBe(false);
  expect(isReady(changedFile(uploading, "k1", { attachment }), false)).toBe(true);
});

test("a failed upload holds the draft back until it is removed", () => {
  const broken = changedFile(withFile(emptyDraft("message"), "k1", "x", 3), "k1", {
    problem: "too large",
  });
  expect(isReady(broken, true)).toBe(false);
  expect(isReady(withoutFile(broken, "k1"), true)).toBe(true);
});

test("files of a refused message are ready to be sent again", () => {
  const back = withAttachments(emptyDraft("message"), [attachment]);
  expect(back.files).toMatchObject([{ name: "x.pdf", size: 3, attachment, share: 1 }]);
  expect(isReady(back, false)).toBe(true);
});

test("a reload brings back words and finished files, not half an upload", () => {
  const draft = { ...withFile(emptyDraft("note"), "k1", "x", 3), note: "Look" };
  const done = changedFile(draft, "k1", { attachment, share: 1 });
  const kept = formatDraft(withFile(done, "k2", "half", 9));
  expect(parseDraft(kept, "message")).toEqual(done);
});

test("nothing written is nothing kept, and rubbish is an empty draft", () => {
  expect(formatDraft(emptyDraft("message"))).toBeNull();
  expect(parseDraft("{", "note")).toEqual(emptyDraft("note"));
  expect(parseDraft('{"note":1}', "message")).toEqual(emptyDraft("message"));
});
