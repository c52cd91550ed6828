import type { Mailbox } from "@parley/shared/resources";
import { expect, test } from "vitest";
import { healthOf, shareFetched } from "./mail_model";

const seen: Mailbox = {
  inbox_id: "inbox-1",
  inbox_name: "Support",
  address: "support@desk.test",
  folder: "INBOX",
  last_seen_at: "2026-11-22T09:00:00Z",
  lag_seconds: 4,
  fetched: 90,
  waiting: 0,
  error: null,
  error_at: null,
  missing: 0,
  compared_at: null,
};

test("a mailbox is well when it was seen lately and nothing is wrong", () => {
  expect(healthOf(seen)).toBe("good");
  expect(healthOf({ ...seen, last_seen_at: null, lag_seconds: null })).toBe("waiting");
  expect(healthOf({ ...seen, lag_seconds: 901 })).toBe("bad");
  expect(healthOf({ ...seen, error: "Sign-in refused" })).toBe("bad");
  expect(healthOf({ ...seen, missing: 1 })).toBe("bad");
});

test("progress is shown while something waits", () => {
  expect(shareFetched(seen)).toBeNull();
  expect(shareFetched({ ...seen, waiting: 10 })).toBe(0.9);
});
