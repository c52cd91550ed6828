import { expect, test } from "vitest";
import { ALICE, agent, BOB } from "../people";
import { agentOf, expired, isSomebodyElse, mayAnswer, signedIn } from "./model";

const answer = (id: string) => ({
  agent: agent(id),
  csrf_token: "c",
  workspace: { id: "w", name: "Desk", time_zone: "UTC" },
});

test("a session that ends keeps its agent, so that the screen can stay", () => {
  const over = expired(signedIn(answer(ALICE)));
  expect(over.phase).toBe("expired");
  expect(agentOf(over)?.id).toBe(ALICE);
});

test("another person over an open screen is noticed", () => {
  const over = expired(signedIn(answer(ALICE)));
  expect(isSomebodyElse(over, answer(ALICE))).toBe(false);
  expect(isSomebodyElse(over, answer(BOB))).toBe(true);
  expect(isSomebodyElse({ phase: "signed_out" }, answer(BOB))).toBe(false);
});

test("a light agent answers nobody", () => {
  expect(mayAnswer(agent(ALICE, { roles: ["light_agent"] }))).toBe(false);
  expect(mayAnswer(agent(ALICE))).toBe(true);
});
