import { expect, test } from "vitest";
import { formatRoute, HOME, parseRoute } from "./model";

test("every address is read and written back the same", () => {
  for (const address of [
    "/tickets",
    "/tickets/0190-a?status=new&view=mine&sort=-priority",
    "/tickets?tag=a%26b",
    "/tickets/new",
    "/customers?q=carla",
    "/customers/0190-c",
    "/articles/new",
    "/reports?days=7&group_by=team",
    "/settings/inboxes/0190-i",
    "/nowhere",
  ])
    expect(formatRoute(parseRoute(address))).toBe(address);
});

test("what a provider sends back is read, and never written", () => {
  const back = parseRoute("/settings/consent?code=c&state=s");
  expect(back).toEqual({ page: "consent", code: "c", state: "s", refusal: "" });
  expect(formatRoute(back)).toBe("/settings/consent");
  const refused = parseRoute("/settings/consent?error=access_denied&error_description=Not+today");
  expect(refused).toEqual({ page: "consent", code: "", state: "", refusal: "Not today" });
  expect(parseRoute("/settings/consent?error=access_denied")).toMatchObject({
    refusal: "access_denied",
  });
});

test("the root is the open tickets", () => {
  expect(parseRoute("/")).toEqual(HOME);
});

test("an unknown address is nowhere", () => {
  expect(parseRoute("/boats")).toEqual({ page: "nowhere" });
  expect(parseRoute("/settings/boats")).toEqual({ page: "nowhere" });
});

test("a report falls back to thirty days by priority", () => {
  const report = { page: "reports", days: 30, group: "priority" };
  expect(parseRoute("/reports?days=31&group_by=moon")).toEqual(report);
});
