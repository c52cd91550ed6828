import { FakeClock } from "@parley/shared/live/fakes";
import type { WidgetSession } from "@parley/shared/resources";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApp } from "../app";
import { openKeyValues } from "../session/storage";
import { Attendance } from "./actions";

let asked = 0;
let online = false;

beforeEach(() => {
  asked = 0;
  vi.stubGlobal("fetch", async () => {
    asked++;
    return Response.json({ id: "i", name: "Shop", online });
  });
});
afterEach(() => vi.unstubAllGlobals());

function open() {
  const app = createApp(
    "i",
    openKeyValues(() => localStorage),
    () => {},
    ["en"],
  );
  const clock = new FakeClock();
  const stop = new Attendance(app, clock).watch();
  app.session.value = { token: "t", visitor_id: "vic", inbox: { online: false } } as WidgetSession;
  return { app, clock, stop };
}

it("asks while the chat is open and connected, and at no other time", async () => {
  const { app, clock, stop } = open();
  clock.elapse(600_000);
  expect(asked).toBe(0);
  online = true;
  app.visible.value = true;
  app.networked.value = true;
  clock.elapse(1_000);
  await vi.waitFor(() => expect(app.session.value?.inbox.online).toBe(true), 30_000);
  clock.elapse(60_000);
  expect(asked).toBe(1);
  clock.elapse(7_500);
  expect(asked).toBe(2);
  app.networked.value = false;
  clock.elapse(600_000);
  expect(asked).toBe(2);
  app.networked.value = true;
  stop();
  clock.elapse(600_000);
  expect(asked).toBe(2);
});

it("keeps what is known when it cannot ask, and asks again", async () => {
  const { app, clock, stop } = open();
  vi.stubGlobal("fetch", async () => {
    asked++;
    throw new TypeError("Failed to fetch");
  });
  app.visible.value = true;
  clock.elapse(1_000);
  clock.elapse(70_000);
  expect(asked).toBe(2);
  expect(app.session.value?.inbox.online).toBe(false);
  stop();
});
