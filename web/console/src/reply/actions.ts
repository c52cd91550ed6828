/** Opens the shared reply of a ticket, carries it over the live connection, keeps what the server
 * does not have yet over a reload, and sends it. */
import { SharedDraft } from "@parley/shared/draft/draft";
import { parseKeptPage } from "@parley/shared/draft/page";
import type { TicketEvent } from "@parley/shared/events";
import type { RefusedFrame } from "@parley/shared/frames";
import { systemClock } from "@parley/shared/live/clock";
import type { Notice } from "@parley/shared/live/session";
import type { Attachment } from "@parley/shared/resources";
import { isReplyFocused, restoreFiles } from "../composer/actions";
import { live, watchLive } from "../live/actions";
import { agentOf } from "../session/model";
import { sessionStore } from "../session/store";
import { keep, kept } from "../storage";
import { roomOf } from "../ticket/actions";
import { notify } from "../ui/notices";
import { words } from "../words/view";
import type { Posted } from "./model";
import { replyStore } from "./store";

type Said = TicketEvent & { type: "interaction_added" };

const KEEP_MS = 300;

/** Shows the reply until the undo is called. */
export function openReply(ticketId: string): () => void {
  const desk = new ReplyDesk(ticketId);
  const undo = watchLive((notice) => desk.hear(notice));
  const flush = () => desk.keep();
  addEventListener("pagehide", flush);
  return () => {
    undo();
    removeEventListener("pagehide", flush);
    desk.close();
  };
}

class ReplyDesk {
  private readonly room: string;
  private readonly draft: SharedDraft;
  private generation: number | null = null;
  private joins = 0;
  private posted: Posted | null = null;
  /** The generation that began when somebody else sent what we wanted to send. */
  private outrun: number | null = null;
  private isTooLong = false;
  private keeping: (() => void) | null = null;

  constructor(private readonly ticketId: string) {
    this.room = roomOf(ticketId);
    this.draft = new SharedDraft({
      ticketId,
      clock: systemClock,
      carry: (payload) => live().carry(payload),
      tell: () => this.show(),
      sentBefore: (generation) => this.findSent(generation)?.data.content ?? null,
      kept: parseKeptPage(kept(this.pageKey)),
      unsaid: kept(this.unsaidKey) ?? "",
    });
    this.followRoom();
    this.show();
  }

  hear(notice: Notice): void {
    if (notice.kind === "bytes") this.draft.receive(notice.payload);
    else if (notice.kind === "refused") this.refused(notice.refusal);
    else if (notice.kind === "room" && notice.room === this.room) this.followRoom();
    else if (notice.kind === "event" && notice.room === this.room) this.told(notice.event);
  }

  keep(): void {
    this.keeping?.();
    this.keeping = null;
    const { page, isMerged, isBlank, unsaid } = this.draft.state;
    const isSafe = isMerged || (isBlank && page.generation === null);
    keep(this.pageKey, isSafe ? null : JSON.stringify(page.toKept()));
    keep(this.unsaidKey, unsaid || null);
  }

  close(): void {
    this.keep();
    replyStore.set((now) =>
      now.reply?.ticketId === this.ticketId ? { ...now, reply: null } : now,
    );
    this.draft.destroy();
  }

  private get pageKey(): string {
    return `draft.${this.ticketId}.page`;
  }

  private get unsaidKey(): string {
    return `draft.${this.ticketId}.unsaid`;
  }

  private followRoom(): void {
    const { draft: generation = null, joins = 0 } = live().room(this.room) ?? {};
    if (generation === this.generation && joins === this.joins) return;
    this.generation = generation;
    this.joins = joins;
    if (generation === null) this.draft.close();
    else this.draft.open(generation);
  }

  private told(event: TicketEvent): void {
    if (event.type !== "interaction_added" || !event.data.draft) return;
    if (event.data.client_id === this.posted?.id) this.posted = null;
    this.draft.sent(event.data.draft, event.data.content);
    this.tellOutrun();
  }

  private post(attachments: Attachment[]): void {
    const taken = this.draft.take();
    const id = live().send({ room: this.room, type: "message", attachments, ...taken });
    this.posted = taken.draft === undefined ? this.posted : { id, attachments, ...taken };
  }

  private refused({ id, room, code, detail, retry }: RefusedFrame): void {
    if (code === "too_large" && !id && room === this.room) this.showTooLong(true);
    const { posted } = this;
    if (!posted || id !== posted.id || retry) return;
    this.posted = null;
    if (posted.attachments.length) restoreFiles(this.ticketId, posted.attachments);
    if (code === "draft_sent") {
      this.outrun = (posted.draft ?? 0) + 1;
      this.tellOutrun();
      return;
    }
    live().discard(posted.id);
    this.draft.giveBack();
    notify(words()("send_failed", { why: detail }), "problem");
  }

  private tellOutrun(): void {
    const sent = this.outrun === null ? null : this.findSent(this.outrun);
    if (!sent) return;
    this.outrun = null;
    const isMe = sent.actor.id === agentOf(sessionStore.get().session)?.id;
    notify(words()(isMe ? "reply_sent_by_me" : "reply_sent_by", { name: sent.actor.name }));
  }

  /** The message with which this generation began. */
  private findSent(generation: number): Said | null {
    const events = live().room(this.room)?.history.events ?? [];
    const isIt = (event: TicketEvent): event is Said =>
      event.type === "interaction_added" && event.data.draft === generation;
    return events.findLast(isIt) ?? null;
  }

  private showTooLong(isTooLong: boolean): void {
    this.isTooLong = isTooLong;
    this.show();
  }

  private show(): void {
    const { draft, ticketId, isTooLong } = this;
    this.keeping ??= systemClock.after(KEEP_MS, () => this.keep());
    if (isTooLong && draft.state.isMerged) this.isTooLong = false;
    replyStore.set((now) => ({
      // Who writes goes on writing, on the next page too.
      wantsFocus:
        now.wantsFocus || (isReplyFocused() && draft.state.page !== now.reply?.state.page),
      reply: {
        ticketId,
        state: draft.state,
        isTooLong: this.isTooLong,
        post: (attachments) => this.post(attachments),
        insertUnsaid: () => draft.insertUnsaid(),
        discardUnsaid: () => draft.discardUnsaid(),
      },
    }));
  }
}
