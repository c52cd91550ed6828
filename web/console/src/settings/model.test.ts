import { expect, test } from "vitest";
import { readablePassword, roleOf } from "./model";

test("a password has four groups and nothing to mistake", () => {
  const password = readablePassword(Uint8Array.from({ length: 20 }, (_, at) => at * 13));
  expect(password).toMatch(/^[a-zA-Z2-9]{5}(-[a-zA-Z2-9]{5}){3}$/);
  expect(password).not.toMatch(/[0O1Il]/);
});

test("the widest role counts", () => {
  expect(roleOf({ roles: ["agent", "admin"] })).toBe("admin");
  expect(roleOf({ roles: ["light_agent"] })).toBe("light_agent");
});
