import { expect, it } from "vitest";
import type { RefusalCode } from "../frames";
import { maxOutgoing, Outbox, type OutboxOutput, type Posted } from "./outbox";

const inbox = "inbox:1";
const ticket = "ticket:1";

const message = (id: string, room = ticket): Posted => ({
  id,
  room,
  type: "message",
  content: `text ${id}`,
  attachments: [],
});
const sentIds = (outputs: OutboxOutput[]) =>
  outputs.flatMap((output) => (output.kind === "transmit" ? [output.frame.id] : []));

function filled(...messages: Posted[]): Outbox {
  const outbox = new Outbox();
  for (const each of messages) outbox.receive({ kind: "post", message: each }, 0);
  return outbox;
}

const refuse = (outbox: Outbox, id: string, retry: boolean, code: RefusalCode = "ticket_closed") =>
  outbox.receive(
    { kind: "refused", frame: { op: "refused", id, code, detail: "No.", retry } },
    1_000,
  );

it("stores a message before it sends it, and sends nothing while offline", () => {
  const outbox = new Outbox();
  const outputs = outbox.receive({ kind: "post", message: message("a") }, 5);
  expect(outputs.map(({ kind }) => kind)).toEqual(["store", "changed"]);
  expect(outbox.list(ticket)).toMatchObject([{ id: "a", state: "queued", created_at: 5 }]);
  expect(outbox.wakeAt).toBeNull();
});

it("has one message of a room under way at a time, in the order written", () => {
  const outbox = filled(message("a"), message("b"), message("c", "ticket:2"));
  expect(sentIds(outbox.receive({ kind: "connected" }, 0))).toEqual(["a", "c"]);
  expect(sentIds(outbox.receive({ kind: "acked", id: "a", room: ticket }, 1))).toEqual(["b"]);
});

it("moves what waits behind the first message of an inbox into the new ticket", () => {
  const outbox = filled(message("a", inbox), message("b", inbox));
  outbox.receive({ kind: "connected" }, 0);
  const outputs = outbox.receive({ kind: "acked", id: "a", room: ticket }, 1);
  expect(outputs.map(({ kind }) => kind)).toEqual([
    "forget",
    "store",
    "changed",
    "changed",
    "transmit",
  ]);
  expect(outputs.at(-1)).toMatchObject({ frame: { id: "b", room: ticket } });
  expect(outbox.list(inbox)).toEqual([]);
  expect(outbox.list(ticket).map(({ id, state }) => [id, state])).toEqual([
    ["a", "acked"],
    ["b", "sent"],
  ]);
});

it("sends again under the same id after a lost connection", () => {
  const outbox = filled(message("a"));
  outbox.receive({ kind: "connected" }, 0);
  outbox.receive({ kind: "lost" }, 1);
  expect(sentIds(outbox.receive({ kind: "connected" }, 2))).toEqual(["a"]);
});

it("sends again what is not answered within twenty seconds", () => {
  const outbox = filled(message("a"));
  outbox.receive({ kind: "connected" }, 0);
  expect(outbox.wakeAt).toBe(20_000);
  expect(sentIds(outbox.receive({ kind: "due" }, 20_000))).toEqual(["a"]);
  expect(outbox.wakeAt).toBe(40_000);
});

it("resumes after a reload, oldest first, and leaves a failed one failed", () => {
  const before = filled(message("a"), message("b"));
  before.receive({ kind: "connected" }, 0);
  refuse(before, "a", false);
  const outbox = new Outbox();
  outbox.receive({ kind: "connected" }, 0);
  const restored = { kind: "restored", messages: [...before.list(ticket)].reverse() } as const;
  expect(sentIds(outbox.receive(restored, 9))).toEqual(["b"]);
  expect(outbox.list(ticket).map(({ id, state }) => [id, state])).toEqual([
    ["a", "failed"],
    ["b", "sent"],
  ]);
  expect(outbox.receive(restored, 10)).toEqual([]);
});

it("shows a refusal, goes on with the next, and retries on wish", () => {
  const outbox = filled(message("a"), message("b"));
  outbox.receive({ kind: "connected" }, 0);
  expect(sentIds(refuse(outbox, "a", false))).toEqual(["b"]);
  expect(outbox.list(ticket)[0]).toMatchObject({
    state: "failed",
    failure: { code: "ticket_closed", detail: "No." },
  });
  expect(sentIds(outbox.receive({ kind: "retry", id: "a" }, 2_000))).toEqual(["a"]);
});

it("tries again by itself when the server asks for it, keeping the order", () => {
  const outbox = filled(message("a"), message("b"));
  outbox.receive({ kind: "connected" }, 0);
  expect(sentIds(refuse(outbox, "a", true, "unavailable"))).toEqual([]);
  expect(outbox.wakeAt).toBe(3_000);
  expect(sentIds(outbox.receive({ kind: "due" }, 3_000))).toEqual(["a"]);
});

it("forgets a message when it is seen, with or without its ack", () => {
  const outbox = filled(message("a"), message("b"));
  outbox.receive({ kind: "connected" }, 0);
  const outputs = outbox.receive({ kind: "seen", id: "a" }, 1);
  expect(outputs[0]).toEqual({ kind: "forget", id: "a" });
  expect(sentIds(outputs)).toEqual(["b"]);
  expect(outbox.receive({ kind: "acked", id: "a", room: ticket }, 2)).toEqual([]);
});

it("discards what the author gives up, and never what is durable", () => {
  const outbox = filled(message("a"), message("b"));
  outbox.receive({ kind: "discard", id: "b" }, 0);
  outbox.receive({ kind: "connected" }, 0);
  outbox.receive({ kind: "acked", id: "a", room: ticket }, 1);
  expect(refuse(outbox, "a", false)).toEqual([]);
  expect(outbox.list(ticket).map(({ id, state }) => [id, state])).toEqual([["a", "acked"]]);
});

it("is bounded, and says so on the message", () => {
  const outbox = filled(...Array.from({ length: maxOutgoing + 1 }, (_, i) => message(`m${i}`)));
  expect(outbox.list(ticket).at(-1)).toMatchObject({ state: "failed" });
  expect(outbox.list(ticket).at(-2)).toMatchObject({ state: "queued" });
});

it("never asks to be woken for what it cannot send", () => {
  const outbox = filled(message("a"), message("b"));
  outbox.receive({ kind: "connected" }, 0);
  refuse(outbox, "a", false);
  outbox.receive({ kind: "retry", id: "a" }, 1_000);
  refuse(outbox, "a", true, "unavailable");
  for (let step = 0; step < 10; step++) {
    const at = outbox.wakeAt ?? Number.POSITIVE_INFINITY;
    outbox.receive({ kind: "due" }, at);
    expect(outbox.wakeAt).toBeGreaterThan(at);
  }
});
