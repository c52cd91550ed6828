import { expect, it } from "vitest";
import type { Member } from "../frames";
import { expireTyping, hearTyping, TypingSignal, typingExpiresMs } from "./typing";

const alice: Member = { type: "agent", id: "a", name: "Alice" };
const bob: Member = { type: "agent", id: "b", name: "Bob" };

it("keeps one entry a person, the newest", () => {
  const first = hearTyping([], alice, true, null, 0);
  const both = hearTyping(hearTyping(first, bob, true, null, 1), alice, true, "He", 2);
  expect(both.map(({ who, text }) => [who.name, text])).toEqual([
    ["Bob", null],
    ["Alice", "He"],
  ]);
  expect(hearTyping(both, alice, false, null, 3).map(({ who }) => who.name)).toEqual(["Bob"]);
});

it("lets nobody type for ever", () => {
  const typing = hearTyping([], alice, true, null, 0);
  expect(expireTyping(typing, typingExpiresMs - 1)).toBe(typing);
  expect(expireTyping(typing, typingExpiresMs)).toEqual([]);
});

it("tells on at once, then rarely, and off after a pause", () => {
  const signal = new TypingSignal();
  expect([0, 100, 2_999, 3_000].map((now) => signal.key(false, now))).toEqual([
    true,
    null,
    null,
    true,
  ]);
  expect(signal.wakeAt).toBe(7_000);
  expect(signal.due(6_999)).toBeNull();
  expect(signal.due(7_000)).toBe(false);
  expect(signal.due(8_000)).toBeNull();
});

it("tells the text that stands there within a second, where it is told", () => {
  const signal = new TypingSignal();
  expect([0, 200, 900].map((now) => signal.key(false, now, true))).toEqual([true, null, null]);
  expect(signal.wakeAt).toBe(1_000);
  expect(signal.due(1_000)).toBe(true);
  expect(signal.wakeAt).toBe(4_900);
  expect(signal.due(4_900)).toBe(false);
});

it("tells off once when the message goes or nothing is left", () => {
  const signal = new TypingSignal();
  expect(signal.rest()).toBeNull();
  signal.key(false, 0);
  expect([signal.key(true, 1), signal.key(true, 2), signal.rest()]).toEqual([false, null, null]);
});
