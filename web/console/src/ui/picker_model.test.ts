import { expect, test } from "vitest";
import { moved, offered } from "./picker_model";

const options = [
  { value: "1", label: "Alice Moor", also: "alice@example.com" },
  { value: "2", label: "Bob" },
];

test("every word typed must be in an option", () => {
  expect(offered(options, "moor ali").map(({ value }) => value)).toEqual(["1"]);
  expect(offered(options, "example").map(({ value }) => value)).toEqual(["1"]);
  expect(offered(options, "alice bob")).toEqual([]);
  expect(offered(options, " ")).toBe(options);
});

test("the cursor goes round", () => {
  expect(moved(1, 2, "ArrowDown")).toBe(0);
  expect(moved(0, 2, "ArrowUp")).toBe(1);
  expect(moved(5, 2, "x")).toBe(1);
  expect(moved(3, 0, "ArrowDown")).toBe(0);
});
