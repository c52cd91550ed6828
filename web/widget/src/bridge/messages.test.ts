import { describe, expect, it } from "vitest";
import { maxPrefillLength, parseToFrame, readPageOrigin } from "./messages";

describe("parseToFrame", () => {
  const boot = { parley: 1, type: "boot", identity: null, locale: "de", visible: false };

  it("takes what the loader says", () => {
    for (const message of [
      boot,
      { parley: 1, type: "open", room: null },
      { parley: 1, type: "open", room: "ticket:1" },
      { parley: 1, type: "prefill", text: "I need help" },
      { parley: 1, type: "shutdown" },
    ]) {
      expect(parseToFrame(message)).toEqual(message);
    }
  });

  it.each([
    null,
    "boot",
    { type: "shutdown" },
    { parley: "1", type: "shutdown" },
    { parley: 1, type: "send", text: "as the visitor" },
    { parley: 1, type: "constructor" },
    { ...boot, identity: 7 },
    { ...boot, identity: "x".repeat(9000) },
    { parley: 1, type: "open", room: "inbox:1" },
    { parley: 1, type: "prefill", text: "x".repeat(maxPrefillLength + 1) },
    { parley: 1, type: "visible", on: "yes" },
  ])("takes nothing from %j", (message) => {
    expect(parseToFrame(message)).toBeNull();
  });
});

describe("readPageOrigin", () => {
  const read = (origin: string) => readPageOrigin(`?origin=${encodeURIComponent(origin)}`);

  it("takes an origin as browsers write it", () => {
    expect(read("https://shop.example")).toBe("https://shop.example");
    expect(read("http://localhost:8000")).toBe("http://localhost:8000");
  });

  it.each([
    "",
    "null",
    "*",
    "https://shop.example/",
    "https://shop.example/a",
    "javascript:alert(1)",
    "file://",
  ])("takes no origin from %j", (origin) => expect(read(origin)).toBeNull());
});
