import type { TicketEvent } from "@parley/shared/events";
import { toHistory } from "@parley/shared/live/history";
import type { Outgoing } from "@parley/shared/live/outbox";
import { emptyRoom, type RoomState } from "@parley/shared/live/room";
import type { Interaction, Status } from "@parley/shared/resources";
import { expect, it } from "vitest";
import {
  countUnread,
  hasRunOut,
  type MessageEntry,
  namesHere,
  namesTyping,
  statusOf,
  toEntries,
} from "./model";

const vic = { type: "customer", id: "v", name: "Vic" } as const;
const alice = { type: "agent", id: null, name: "Alice" } as const;

function said(
  seq: number,
  who: typeof vic | typeof alice,
  at: string,
  client_id?: string,
): TicketEvent {
  const data: Interaction = {
    id: `i${seq}`,
    ticket_id: "t",
    seq,
    author_id: who.id,
    author_type: who.type,
    author_name: who.name,
    type: "message",
    content: `text ${seq}`,
    content_html: "",
    created_at: at,
    attachment_ids: [],
    attachments: [],
    ...(client_id ? { client_id } : {}),
  };
  return { seq, type: "interaction_added", at, actor: who, data };
}

const turned = (seq: number, status: Status, previous: Status): TicketEvent => ({
  ...{ seq, type: "status_changed", at: "2026-11-22T10:00:00Z", actor: alice },
  data: { status, previous },
});

const room = (events: TicketEvent[], fields: Partial<RoomState> = {}): RoomState => ({
  ...emptyRoom("ticket:t", toHistory(events)),
  ...fields,
});

const outgoing = (id: string, state: Outgoing["state"]): Outgoing => ({
  ...{ id, room: "ticket:t", type: "message", content: "mine", attachments: [], due_at: 0 },
  ...{ state, created_at: Date.parse("2026-11-22T10:06:00Z"), failure: null },
});

const messages = (entries: ReturnType<typeof toEntries>) =>
  entries.filter((entry): entry is MessageEntry => entry.kind === "message");

it("cuts days, and runs of one author within five minutes", () => {
  const entries = toEntries(
    room([
      said(1, vic, "2026-11-21T23:59:00Z"),
      said(2, vic, "2026-11-22T00:01:00Z"),
      said(3, vic, "2026-11-22T00:03:00Z"),
      said(4, alice, "2026-11-22T00:04:00Z"),
      said(5, alice, "2026-11-22T00:10:00Z"),
    ]),
    [],
    true,
    100,
    "UTC",
  );
  expect(entries.map(({ kind }) => kind).join(" ")).toBe(
    "day message day message message message message",
  );
  expect(messages(entries).map(({ first, last }) => [first, last])).toEqual([
    [true, true],
    [true, false],
    [false, true],
    [true, true],
    [true, true],
  ]);
});

it("shows the newest when there are too many", () => {
  const events = [1, 2, 3].map((seq) => said(seq, alice, "2026-11-22T10:00:00Z"));
  const shown = messages(toEntries(room(events), [outgoing("m", "sent")], true, 2, "UTC"));
  expect(shown.map(({ content }) => content)).toEqual(["text 2", "text 3", "mine"]);
});

it("keeps a message's key from the moment it is written", () => {
  const before = toEntries(room([]), [outgoing("m1", "sent")], true, 100, "UTC");
  const after = toEntries(room([said(1, vic, "2026-11-22T10:06:00Z", "m1")]), [], true, 100, "UTC");
  expect(messages(before)[0]?.key).toBe("m1");
  expect(messages(after)[0]?.key).toBe("m1");
});

it("says what has become of a message", () => {
  const list = (["queued", "sent", "acked", "failed"] as const).map((s) => outgoing(s, s));
  const fates = (online: boolean) =>
    messages(toEntries(room([]), list, online, 100, "UTC")).map(({ delivery }) => delivery);
  expect(fates(true)).toEqual(["sending", "sending", "sent", "failed"]);
  expect(fates(false)).toEqual(["waiting", "waiting", "sent", "failed"]);
});

it("marks as seen what the other side has read, not what the visitor has", () => {
  const events = [said(1, vic, "2026-11-22T10:00:00Z"), said(2, vic, "2026-11-22T10:01:00Z")];
  const fates = (reads: Record<string, number>) =>
    messages(toEntries(room(events, { reads }), [], true, 100, "UTC")).map(
      ({ delivery }) => delivery,
    );
  expect(fates({ v: 2 })).toEqual(["sent", "sent"]);
  expect(fates({ v: 2, a: 1 })).toEqual(["seen", "sent"]);
});

it("tells only the changes of status that mean something to the visitor", () => {
  const events = [
    turned(1, "open", "new"),
    turned(2, "resolved", "open"),
    turned(3, "open", "resolved"),
    turned(4, "closed", "open"),
  ];
  const told = toEntries(room(events), [], true, 100, "UTC").flatMap((entry) =>
    entry.kind === "status" ? [[entry.status, entry.reopened]] : [],
  );
  expect(told).toEqual([
    ["resolved", false],
    ["open", true],
    ["closed", false],
  ]);
  expect(statusOf(room(events), "new")).toBe("closed");
  expect(statusOf(null, "pending")).toBe("pending");
});

it("counts the team's messages beyond what was read", () => {
  const events = [
    said(1, alice, "2026-11-22T10:00:00Z"),
    said(2, vic, "2026-11-22T10:01:00Z"),
    said(3, alice, "2026-11-22T10:02:00Z"),
  ];
  expect(countUnread(room(events), "v")).toBe(2);
  expect(countUnread(room(events, { reads: { v: 1 } }), "v")).toBe(1);
  expect(countUnread(room(events, { reads: { v: 3 } }), "v")).toBe(0);
});

it("sees when a link has run out", () => {
  expect(hasRunOut("/a/content?expires=100&sig=x", 99_999)).toBe(false);
  expect(hasRunOut("/a/content?expires=100&sig=x", 100_000)).toBe(true);
  expect(hasRunOut("/a/content", 100_000)).toBe(false);
});

it("names the agents who are here and who type, each once", () => {
  const state = room([], {
    members: [alice, alice, vic],
    typing: [
      { who: alice, text: null, until: 1 },
      { who: vic, text: "He", until: 1 },
    ],
  });
  expect(namesHere(state)).toEqual(["Alice"]);
  expect(namesTyping(state)).toEqual(["Alice"]);
  expect(namesTyping(null)).toEqual([]);
});
