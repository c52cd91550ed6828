import { describe, expect, it } from "vitest";
import { healthOf, isKind, type Webhook } from "./webhook_model";

const hook: Webhook = {
  id: "h",
  name: "Pager",
  url: "https://hooks.example.org/",
  kinds: [],
  active: true,
  failing_since: null,
  last_error: null,
  disabled_at: null,
};

describe("the health of a webhook", () => {
  const at = "2026-11-22T12:00:00Z";

  it("is well until it fails, whatever it failed with before", () => {
    expect(healthOf(hook)).toBe("well");
    expect(healthOf({ ...hook, last_error: "500" })).toBe("well");
    expect(healthOf({ ...hook, failing_since: at })).toBe("failing");
  });

  it("tells what Parley gave up from what an admin switched off", () => {
    expect(healthOf({ ...hook, active: false })).toBe("off");
    expect(healthOf({ ...hook, active: false, failing_since: at, disabled_at: at })).toBe(
      "given_up",
    );
  });
});

it("knows the kinds of events that have words of their own", () => {
  expect(["sla_breached", "ticket_merged"].map(isKind)).toEqual([true, false]);
});
