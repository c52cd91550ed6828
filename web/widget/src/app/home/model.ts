/** The list of a visitor's conversations: the newest first. Pure. */

import type { RoomState } from "@parley/shared/live/room";
import type { Id, Status, WidgetRoom } from "@parley/shared/resources";
import { countUnread, statusOf } from "../conversation/model";

export interface Conversation {
  room: string;
  subject: string;
  status: Status;
  preview: string;
  own: boolean;
  at: Date | null;
  unread: number;
}

/** `known`: as the session told; `live`: what has come since. */
export function toConversations(
  known: readonly WidgetRoom[],
  live: (room: string) => RoomState | null,
  me: Id | null,
): Conversation[] {
  const list = known.map((room) => toConversation(room, live(room.room), me));
  return list.sort((a, b) => (b.at?.getTime() ?? 0) - (a.at?.getTime() ?? 0));
}

function toConversation(known: WidgetRoom, room: RoomState | null, me: Id | null): Conversation {
  const said = (room?.history.events ?? []).flatMap((event) =>
    event.type === "interaction_added" && event.data.type === "message" ? [event.data] : [],
  );
  const last = said.at(-1) ?? known.last_message;
  return {
    room: known.room,
    subject: known.subject || (said[0]?.content ?? ""),
    status: statusOf(room, known.status),
    preview: last?.content ?? "",
    own: last?.author_type === "customer",
    at: last ? new Date(last.created_at) : null,
    unread: room && me ? countUnread(room, me) : 0,
  };
}
