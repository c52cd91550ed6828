import type { Member } from "@parley/shared/frames";
import type { ViewingFrame } from "@parley/shared/live/session";
import { expect, test } from "vitest";
import { isCustomerTyping, nobody, seen, viewersOf } from "./model";

const member = (name: string, type: Member["type"] = "agent"): Member => ({ type, id: name, name });
const [alice, bob, carla] = [member("alice"), member("bob"), member("carla", "customer")];
const frame = (members: Member[], typing: Member[] = [], ticket_id = "t1"): ViewingFrame => ({
  op: "viewing",
  room: "inbox:1",
  ticket_id,
  members,
  typing,
});

test("the newest frame of a ticket is what is known of it, and nobody is nothing", () => {
  const first = seen(seen(nobody, frame([alice, bob])), frame([alice], [], "t2"));
  expect([...first.keys()]).toEqual(["t1", "t2"]);
  const second = seen(first, frame([bob]));
  expect(second.get("t1")).toEqual({ members: [bob], typing: [] });
  expect([...seen(second, frame([])).keys()]).toEqual(["t2"]);
  expect(first.get("t1")?.members).toEqual([alice, bob]);
});

test("who writes comes first, once, and I am not my own colleague", () => {
  const viewed = { members: [alice, bob, member("dora")], typing: [member("dora"), carla] };
  expect(viewersOf(viewed, "alice")).toEqual([
    { id: "dora", name: "dora", isTyping: true },
    { id: "bob", name: "bob", isTyping: false },
  ]);
  expect(isCustomerTyping(viewed)).toBe(true);
  expect(isCustomerTyping({ members: [carla], typing: [bob] })).toBe(false);
});
