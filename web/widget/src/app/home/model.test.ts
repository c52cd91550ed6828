import { toHistory } from "@parley/shared/live/history";
import { emptyRoom } from "@parley/shared/live/room";
import type { Interaction, WidgetRoom } from "@parley/shared/resources";
import { expect, it } from "vitest";
import { toConversations } from "./model";

const known = (id: string, created_at: string | null): WidgetRoom => ({
  ...{ room: `ticket:${id}`, subject: id, status: "open", public_seq: 1 },
  last_message: created_at ? { content: `last of ${id}`, author_type: "agent", created_at } : null,
});

it("puts the newest conversation first, the one without a message last", () => {
  const rooms = [
    known("empty", null),
    known("old", "2026-11-20T10:00:00Z"),
    known("new", "2026-11-22T10:00:00Z"),
  ];
  const list = toConversations(rooms, () => null, null);
  expect(list.map(({ subject, preview }) => [subject, preview])).toEqual([
    ["new", "last of new"],
    ["old", "last of old"],
    ["empty", ""],
  ]);
});

it("prefers what has come since to what the session told", () => {
  const at = "2026-11-22T11:00:00Z";
  const actor = { type: "agent", id: null, name: "Alice" } as const;
  const data: Interaction = {
    id: "i",
    ticket_id: "t",
    seq: 1,
    author_id: null,
    author_type: "agent",
    author_name: "Alice",
    type: "message",
    content: "newer",
    content_html: "",
    created_at: at,
    attachment_ids: [],
    attachments: [],
  };
  const history = toHistory([
    { seq: 1, type: "interaction_added", at, actor, data },
    { seq: 2, type: "status_changed", at, actor, data: { status: "resolved", previous: "open" } },
  ]);
  const live = () => emptyRoom("ticket:x", history);
  expect(toConversations([known("x", "2026-11-22T10:00:00Z")], live, "v")).toMatchObject([
    { preview: "newer", status: "resolved", unread: 1, own: false },
  ]);
});
