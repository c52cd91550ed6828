/** The rows of a list, of which only those in sight exist in the page. */
import type { Agent } from "@parley/shared/resources";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { useAgents } from "../data/view";
import { type ListPlace, ticketsRoute } from "../route/model";
import { useStore } from "../store";
import { useWords } from "../words/view";
import { cursorStore, loadMore } from "./actions";
import type { List } from "./model";
import { TicketRow } from "./row";

const ROW_HEIGHT = 84;
const OVERSCAN = 8;
/** The next page is asked for when so few rows are left below. */
const AHEAD = 15;

interface Props {
  list: List;
  place: ListPlace;
  ticketId: string | null;
}

export function Rows({ list, place, ticketId }: Props) {
  const t = useWords();
  const scroller = useRef<HTMLDivElement>(null);
  const agents = useAgents();
  const byId = useMemo(() => new Map<string, Agent>(agents.map((one) => [one.id, one])), [agents]);
  const cursor = useStore(cursorStore, (state) => state.id);
  const rows = useVirtualizer({
    count: list.order.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (at) => list.order[at] ?? at,
    overscan: OVERSCAN,
  });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (list.hasMore && lastShown >= list.order.length - AHEAD) void loadMore();
  }, [lastShown, list.hasMore, list.order.length]);
  const marked = ticketId ?? cursor;
  // A moved row must not scroll the list.
  useEffect(() => {
    const at = marked === null ? -1 : list.order.indexOf(marked);
    if (at >= 0) rows.scrollToIndex(at, { align: "auto" });
  }, [marked]);
  return (
    <div ref={scroller} className="rows">
      <ul className="rows-inner" aria-label={t("tickets")} style={{ height: rows.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const ticket = list.rows.get(list.order[index] ?? "");
          if (!ticket) return null;
          return (
            <li
              key={key}
              aria-setsize={list.hasMore ? -1 : list.order.length}
              aria-posinset={index + 1}
              className="row-place"
              style={{ transform: `translateY(${start}px)` }}
            >
              <TicketRow
                ticket={ticket}
                assignee={ticket.assignee_id ? byId.get(ticket.assignee_id) : undefined}
                to={ticketsRoute(ticket.id, place)}
                isOpen={ticket.id === ticketId}
                isCurrent={ticket.id === cursor}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
