import { describe, expect, it } from "vitest";
import { isSamePerson, parseRemembered, subjectOf } from "./model";
import { openKeyValues } from "./storage";

const identity = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replaceAll("=", "")}.sig`;

it("reads the subject of an identity, and nothing from what is none", () => {
  expect(subjectOf(identity({ sub: "carla" }))).toBe("carla");
  expect(subjectOf(identity({ user_id: "7" }))).toBe("7");
  for (const broken of [null, "", "x", "a.b.c", identity({ sub: 7 })]) {
    expect(subjectOf(broken)).toBeNull();
  }
});

it("carries nothing from one person to the next", () => {
  const anonymous = { token: "t", visitor_id: "v", subject: null };
  const carla = { ...anonymous, subject: "carla" };
  expect(isSamePerson(anonymous, null)).toBe(true);
  expect(isSamePerson(anonymous, identity({ sub: "carla" }))).toBe(true);
  expect(isSamePerson(carla, identity({ sub: "carla" }))).toBe(true);
  expect(isSamePerson(carla, identity({ sub: "dan" }))).toBe(false);
  expect(isSamePerson(carla, null)).toBe(false);
});

it("remembers only what is whole", () => {
  const whole = { token: "t", visitor_id: "v", subject: null };
  expect(parseRemembered(JSON.stringify(whole))).toEqual(whole);
  for (const broken of [null, "", "{", "null", '{"token":"t"}']) {
    expect(parseRemembered(broken)).toBeNull();
  }
});

describe("storage", () => {
  it("falls back to memory where the browser forbids it", () => {
    const values = openKeyValues(() => {
      throw new DOMException("denied", "SecurityError");
    });
    values.set("parley:a", "1");
    expect(values.get("parley:a")).toBe("1");
    values.removeAll("parley:");
    expect(values.get("parley:a")).toBeNull();
  });

  it("keeps what no longer fits in memory", () => {
    const full = {
      getItem: () => null,
      removeItem: () => {},
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    };
    const values = openKeyValues(() => full as unknown as Storage);
    values.set("a", "1");
    expect(values.get("a")).toBe("1");
    values.set("a", "");
    expect(values.get("a")).toBeNull();
  });
});
