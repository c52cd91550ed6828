import type { Member } from "@parley/shared/frames";
import { expect, test } from "vitest";
import { ALICE, agent, BOB } from "../people";
import { presenceOf, withPresence } from "./model";

const member = (id: string, status: "online" | "away"): Member => ({
  type: "agent",
  id,
  name: id,
  status,
});

test("who is at work is what was told, however old the list of agents is", () => {
  const fetched = [agent(ALICE, { status: "offline" }), agent(BOB, { status: "online" })];
  const statuses = withPresence(fetched, presenceOf([member(ALICE, "away")]));
  expect(statuses.map(({ status }) => status)).toEqual(["away", "offline"]);
});

test("until something is told the list says it", () => {
  const fetched = [agent(ALICE, { status: "away" })];
  expect(withPresence(fetched, null)).toBe(fetched);
});
