import { expect, test } from "vitest";
import { commandOf } from "./model";

const pressed = (key: string, change = {}) => ({
  key,
  hasModifier: false,
  isWriting: false,
  isOnControl: false,
  ...change,
});

test("a key asks for its command", () => {
  expect(commandOf(pressed("j"), "")).toEqual({ command: "next", waiting: "" });
});

test("letters in a field are letters, and Ctrl+R is the browser's", () => {
  expect(commandOf(pressed("r", { isWriting: true }), "").command).toBeNull();
  expect(commandOf(pressed("r", { hasModifier: true }), "").command).toBeNull();
});

test("two keys make a chord", () => {
  const first = commandOf(pressed("g"), "");
  expect(first).toEqual({ command: null, waiting: "g" });
  expect(commandOf(pressed("r"), first.waiting)).toEqual({ command: "go_reports", waiting: "" });
  expect(commandOf(pressed("z"), first.waiting)).toEqual({ command: null, waiting: "" });
});

test("Enter on a button presses the button", () => {
  expect(commandOf(pressed("Enter", { isOnControl: true }), "").command).toBeNull();
  expect(commandOf(pressed("Enter"), "").command).toBe("open");
});
