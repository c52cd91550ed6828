import { expect, it } from "vitest";
import { makeId, uuidv7 } from "./id";

it("writes time, version and variant where RFC 9562 wants them", () => {
  const ones = new Uint8Array(16).fill(255);
  expect(uuidv7(0x0192f0001234, ones)).toBe("0192f000-1234-7fff-bfff-ffffffffffff");
});

it("makes ids that sort by time and never meet", () => {
  const chance = new Uint8Array(16);
  expect(uuidv7(1_000, chance) < uuidv7(1_001, chance)).toBe(true);
  expect(new Set(Array.from({ length: 1000 }, makeId)).size).toBe(1000);
});
