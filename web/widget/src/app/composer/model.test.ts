import type { Attachment } from "@parley/shared/resources";
import { expect, it } from "vitest";
import {
  attachmentsOf,
  canSend,
  emptyDraft,
  formatSize,
  fromStored,
  judge,
  maxFileBytes,
  maxFiles,
  toStored,
  type Upload,
  withoutUpload,
  withUpload,
} from "./model";

const attachment: Attachment = {
  ...{ id: "a", interaction_id: null, filename: "x.png", url: "/x", mime_type: "image/png" },
  ...{ size_bytes: 5, uploaded_by: null, created_at: "2026-11-22T10:00:00Z" },
};
const going: Upload = {
  key: "1",
  name: "x.png",
  size: 5,
  state: { kind: "uploading", share: 0.5 },
};
const done: Upload = { ...going, state: { kind: "done", attachment } };

it("sends a text, a file, or both, and waits for what is on its way up", () => {
  expect(canSend(emptyDraft)).toBe(false);
  expect(canSend({ text: "  \n", uploads: [] })).toBe(false);
  expect(canSend({ text: "Hi", uploads: [] })).toBe(true);
  expect(canSend({ text: "", uploads: [done] })).toBe(true);
  expect(canSend({ text: "Hi", uploads: [going] })).toBe(false);
});

it("keeps an upload's place while it goes up", () => {
  const other: Upload = { ...done, key: "2" };
  const draft = withUpload(withUpload(withUpload(emptyDraft, going), other), done);
  expect(draft.uploads).toEqual([done, other]);
  expect(attachmentsOf(draft)).toEqual([attachment, attachment]);
  expect(withoutUpload(draft, "1").uploads).toEqual([other]);
});

it("takes files up to the limits", () => {
  expect(judge({ size: maxFileBytes }, 0).kind).toBe("take");
  expect(judge({ size: maxFileBytes + 1 }, 0).kind).toBe("too_large");
  expect(judge({ size: 1 }, maxFiles).kind).toBe("too_many");
});

it("survives a reload with its text and its finished files", () => {
  const draft = { text: "Half a sen", uploads: [done, { ...going, key: "2" }] };
  expect(fromStored(toStored(draft))).toEqual({ text: "Half a sen", uploads: [done] });
  expect(toStored(emptyDraft)).toBe("");
  for (const broken of [null, "", "{", "7", '{"text":7,"uploads":{}}']) {
    expect(fromStored(broken)).toEqual(emptyDraft);
  }
});

it("writes sizes as people do", () => {
  expect([0, 999, 48_213, 1_230_000].map((size) => formatSize(size, "en"))).toEqual([
    "0B",
    "999B",
    "48 kB",
    "1.2 MB",
  ]);
  expect(formatSize(1_230_000, "de")).toBe("1,2 MB");
});
