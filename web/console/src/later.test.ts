import { expect, test } from "vitest";
import { persistently } from "./later";

const never = () => Promise.resolve(false);

test("what fails for a while comes in the end, after growing pauses", async () => {
  const pauses: number[] = [];
  let left = 3;
  const fetch = () => (left-- ? Promise.reject(new Error("away")) : Promise.resolve("here"));
  const wait = (ms: number) => Promise.resolve(pauses.push(ms));
  expect(await persistently(fetch, never, wait)).toBe("here");
  expect(pauses).toEqual([300, 600, 1200]);
});

test("what never comes is given up", async () => {
  let tries = 0;
  const fetch = () => {
    tries += 1;
    return Promise.reject(new Error("gone"));
  };
  await expect(persistently(fetch, never, () => Promise.resolve())).rejects.toThrow("gone");
  expect(tries).toBe(20);
});

test("what is gone for good is not waited for", async () => {
  const answers = [false, true];
  let tries = 0;
  const fetch = () => {
    tries += 1;
    return Promise.reject(new Error("gone"));
  };
  const isGone = () => Promise.resolve(answers.shift() ?? true);
  await expect(persistently(fetch, isGone, () => Promise.resolve())).rejects.toThrow("gone");
  expect(tries).toBe(2);
});
