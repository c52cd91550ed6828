/** The story of a ticket, newest at the bottom, where the view stays while the reader is there. */

import type { MailInfo, Ticket } from "@parley/shared/resources";
import { dayOf, formatDay } from "@parley/shared/time/format";
import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { nameOf } from "../customers/model";
import { useMe } from "../data/view";
import { useOutgoing, useRoom } from "../live/view";
import { useMailOf } from "../mail/view";
import { Alert, Button, Skeleton } from "../ui/parts";
import { useNow } from "../ui/time";
import { useWords } from "../words/view";
import { fetchPeople, markRead, roomOf } from "./actions";
import { Happened } from "./happened";
import { OutgoingMessage, Said } from "./message";
import { type Row, timelineRows } from "./model";
import { TypingLine } from "./presence";

/** Closer to the end than this counts as being there. */
const NEAR_PX = 80;

export function Timeline({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  const me = useMe();
  const name = roomOf(ticket.id);
  const room = useRoom(name);
  const outgoing = useOutgoing(name);
  const events = room?.history.events;
  const rows = useMemo(
    () => timelineRows(events ?? [], outgoing, (ms) => dayOf(new Date(ms))),
    [events, outgoing],
  );
  const { answer, mails } = useMailOf(ticket);
  usePeople(ticket, answer.data);
  const seq = room?.history.seq ?? 0;
  useReading(ticket.id, seq);
  const end = useEnd(rows.length, outgoing.length);
  return (
    <div className="timeline-frame">
      <div
        ref={end.scroller}
        className="timeline"
        role="log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys too
        tabIndex={0}
        aria-label={t("timeline")}
        onScroll={end.onScroll}
      >
        <div ref={end.content} className="timeline-inner">
          {!rows.length && <Skeleton lines={4} />}
          {rows.map((row) => (
            <TimelineRow key={row.key} row={row} ticket={ticket} meId={me.id} mails={mails} />
          ))}
          {answer.error && <Alert onAgain={answer.refetch}>{t("mails_unknown")}</Alert>}
          {room && (
            <TypingLine typing={room.typing} meId={me.id} customer={nameOf(t, ticket.customer)} />
          )}
        </div>
      </div>
      {!end.isThere && (
        <Button
          className="to-end"
          onClick={end.go}
          aria-label={t("to_newest")}
          title={t("to_newest")}
        >
          <ArrowDown aria-hidden />
        </Button>
      )}
    </div>
  );
}

interface RowProps {
  row: Row;
  ticket: Ticket;
  meId: string;
  mails: ReadonlyMap<string, MailInfo>;
}

function TimelineRow({ row, ticket, meId, mails }: RowProps) {
  switch (row.kind) {
    case "day":
      return <Day at={row.at} />;
    case "said":
      return (
        <Said
          interaction={row.interaction}
          follows={row.follows}
          ticket={ticket}
          meId={meId}
          mail={mails.get(row.interaction.id) ?? null}
        />
      );
    case "happened":
      return <Happened event={row.event} ticket={ticket} />;
    case "outgoing":
      return <OutgoingMessage outgoing={row.outgoing} follows={row.follows} />;
    default:
      return row satisfies never;
  }
}

function Day({ at }: { at: string }) {
  const { locale } = useWords();
  const now = useNow(60_000);
  return (
    <div className="day">
      <span>{formatDay(new Date(at), new Date(now), locale)}</span>
    </div>
  );
}

/** A mail may bring in further people, or tell that an address is dead: asked for when the mail itself is
 * there, since what follows from it is noted a moment after it was told. */
function usePeople({ id }: Ticket, mails: readonly MailInfo[] | undefined): void {
  const arrived = mails?.filter(({ direction }) => direction === "in").length;
  useEffect(() => {
    if (arrived) void fetchPeople(id);
  }, [id, arrived]);
}

/** Tells how far was read, while the page is in front. */
function useReading(id: string, seq: number): void {
  useEffect(() => {
    if (!seq) return;
    const tell = () => {
      if (document.visibilityState === "visible") markRead(id, seq);
    };
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [id, seq]);
}

/** Keeps the end in sight while the reader is at the end, and always when they send something. */
function useEnd(rows: number, sent: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isNear = useRef(true);
  const [isThere, setThere] = useState(true);
  const go = () => {
    const node = scroller.current;
    if (node) node.scrollTop = node.scrollHeight;
  };
  const onScroll = () => {
    const node = scroller.current;
    if (!node) return;
    isNear.current = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_PX;
    setThere(isNear.current);
  };
  // A new row is the occasion.
  useLayoutEffect(() => {
    if (isNear.current) go();
  }, [rows]);
  // Something sent is the occasion.
  useLayoutEffect(go, [sent]);
  useEffect(() => {
    if (!content.current) return;
    const observer = new ResizeObserver(() => {
      if (isNear.current) go();
    });
    observer.observe(content.current);
    // The composer grows and takes from the height.
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  return { scroller, content, isThere, go, onScroll };
}
