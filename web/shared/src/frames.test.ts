import { describe, expect, it } from "vitest";
import { parseServerFrame, type ServerFrame, ticketOf } from "./frames";
import { listOps, serverFrames } from "./golden";

const ops = listOps("server") as ServerFrame["op"][];

describe("parseServerFrame", () => {
  it("has a golden example of every frame", () => {
    const all =
      "ack bye draft event joined notified pong presence read refused ticket typing viewing welcome";
    expect(ops).toEqual(all.split(" "));
    const sent = "hello join leave ping read send status typing";
    expect(listOps("client")).toEqual(sent.split(" "));
  });

  it.each(ops)("reads every golden %s frame unchanged", (op) => {
    for (const frame of serverFrames(op)) {
      expect(parseServerFrame(JSON.stringify(frame))).toEqual(frame);
    }
  });

  it.each([
    "",
    "nonsense",
    "null",
    "[]",
    "7",
    "{}",
    '{"op":7}',
    '{"op":"toString"}',
    '{"op":"of a newer server"}',
    '{"op":"ack","id":"1","room":"ticket:1"}',
    '{"op":"event","room":"ticket:1","seq":1.5,"type":"x","at":"","data":{}}',
  ])("takes no frame from %j", (payload) => {
    expect(parseServerFrame(payload)).toBeNull();
  });
});

it("finds the ticket of a ticket's room only", () => {
  expect(ticketOf("ticket:12")).toBe("12");
  expect(ticketOf("inbox:12")).toBeNull();
});
