import { expect, it } from "vitest";
import { type DraftFrame, formatDraftFrame, parseDraftFrame } from "./codec";

const ticketId = "0192f000-0000-7000-8000-0000000000a1";
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const frame = (kind: DraftFrame["message"]["kind"], generation = 1): DraftFrame => ({
  ticketId,
  generation,
  message: { kind, payload: Uint8Array.of(9, 8, 7) },
});

it.each([
  ["ask", "01 0192f0000000700080000000000000a1 00000001 00 00 03090807"],
  ["answer", "01 0192f0000000700080000000000000a1 00000001 00 01 03090807"],
  ["update", "01 0192f0000000700080000000000000a1 00000001 00 02 03090807"],
  ["awareness", "01 0192f0000000700080000000000000a1 00000001 01 03090807"],
] as const)("writes %s as the contract says", (kind, bytes) => {
  expect(hex(formatDraftFrame(frame(kind)))).toBe(bytes.replaceAll(" ", ""));
});

it.each(["ask", "answer", "update", "awareness"] as const)("reads %s as it was written", (kind) => {
  for (const generation of [0, 1, 2 ** 32 - 1]) {
    const written = formatDraftFrame(frame(kind, generation));
    expect(parseDraftFrame(written)).toEqual(frame(kind, generation));
    // A frame may lie anywhere in its buffer.
    const moved = new Uint8Array([0, 0, 0, ...written]).subarray(3);
    expect(parseDraftFrame(moved)).toEqual(frame(kind, generation));
  }
});

it("takes no frame from anything else", () => {
  const whole = formatDraftFrame(frame("update"));
  for (let length = 0; length < whole.length; length++)
    expect(parseDraftFrame(whole.subarray(0, length)), String(length)).toBeNull();
  for (const [at, byte] of [
    [0, 2],
    [21, 3],
    [22, 7],
  ] as const) {
    const other = Uint8Array.from(whole);
    other[at] = byte;
    expect(parseDraftFrame(other)).toBeNull();
  }
});
