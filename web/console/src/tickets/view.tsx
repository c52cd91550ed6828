/** The list pane: which view, searched, filtered and sorted how, and its rows. */
import { ArrowDownUp, Inbox, Menu, Search, SquarePen, X } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useMe, useViews } from "../data/view";
import { NotificationBell } from "../notifications/view";
import { navigate } from "../route/actions";
import { type ListPlace, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { mayAnswer } from "../session/model";
import { openRail } from "../shell/rail_store";
import { useStore } from "../store";
import { Button, Empty, IconButton, Skeleton } from "../ui/parts";
import { Picker } from "../ui/picker";
import { useWords } from "../words/view";
import { listStore, queryOf, reloadList, showList } from "./actions";
import { AddFilter, FilterChips } from "./filter_bar";
import type { Dimension } from "./filter_options";
import { formatQuery, formatSort, parseSort, type Query } from "./query";
import { Rows } from "./rows";

const SORTS = [
  "-updated_at",
  "-created_at",
  "created_at",
  "due_at",
  "-priority",
  "status",
  "subject",
] as const;
type SortName = (typeof SORTS)[number];

interface Props {
  place: ListPlace;
  ticketId: string | null;
}

export function TicketList({ place, ticketId }: Props) {
  const t = useWords();
  const views = useViews();
  const view = views.find((one) => one.id === place.view);
  const query = useMemo(() => queryOf(view, place), [view?.query, place]);
  const key = formatQuery(query).toString();
  const isKnown = view !== undefined || views.length > 0;
  // The key is the query, compared by value.
  useEffect(() => {
    if (isKnown) showList(query);
  }, [key, isKnown]);
  const [editing, setEditing] = useState<Dimension | null>(null);
  const go = (next: Partial<ListPlace>) =>
    navigate(ticketsRoute(ticketId, { ...place, ...next }), true);
  return (
    <section className="list-pane" aria-label={t("tickets")}>
      <header className="pane-head">
        <IconButton label={t("menu")} className="only-narrow" onClick={openRail}>
          <Menu />
        </IconButton>
        <h1 className="pane-title">{useTitle(place)}</h1>
        <AddFilter onEdit={setEditing} />
        <SortPicker query={query} onSort={(sort) => go({ sort: parseSort(sort) })} />
        {mayAnswer(useMe()) && <NewTicketLink />}
        <NotificationBell place="head" />
      </header>
      <SearchField
        text={place.filters.q ?? ""}
        onSearch={(q) => {
          const { q: _before, ...filters } = place.filters;
          go({ filters: q ? { ...filters, q } : filters });
        }}
      />
      <FilterChips
        filters={place.filters}
        onChange={(filters) => go({ filters })}
        editing={editing}
        onEdit={setEditing}
      />
      <ListBody place={place} ticketId={ticketId} onClear={() => go({ filters: {} })} />
    </section>
  );
}

function NewTicketLink() {
  const t = useWords();
  return (
    <Link
      to={{ page: "new_ticket" }}
      className="icon-button"
      aria-label={t("new_ticket")}
      title={`${t("new_ticket")} (c)`}
    >
      <SquarePen />
    </Link>
  );
}

function useTitle(place: ListPlace): string {
  const t = useWords();
  const view = useViews().find((one) => one.id === place.view);
  return view ? t(`view_${view.id}`) : t("tickets");
}

function SortPicker({ query, onSort }: { query: Query; onSort: (sort: SortName) => void }) {
  const t = useWords();
  return (
    <Picker<SortName>
      label={t("sort_by")}
      options={SORTS.map((value) => ({ value, label: t(`sort_${value}`) }))}
      chosen={[formatSort(query.sort) as SortName]}
      onChoose={onSort}
      emptyText={t("nothing_found")}
      align="end"
      trigger={
        <button type="button" className="icon-button" aria-label={t("sort")} title={t("sort")}>
          <ArrowDownUp />
        </button>
      }
    />
  );
}

const TYPING_MS = 250;

export function SearchField({
  text,
  onSearch,
}: {
  text: string;
  onSearch: (text: string) => void;
}) {
  const t = useWords();
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  // Only what is typed starts the wait.
  useEffect(() => {
    if (typed.trim() === text) return;
    const timer = setTimeout(() => onSearch(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div className="search">
      <Search aria-hidden />
      <input
        type="search"
        data-search
        placeholder={t("search")}
        aria-label={t("search")}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          setTyped("");
          event.currentTarget.blur();
        }}
      />
      {typed && (
        <IconButton label={t("search_clear")} onClick={() => setTyped("")}>
          <X />
        </IconButton>
      )}
    </div>
  );
}

function ListBody({ place, ticketId, onClear }: Props & { onClear: () => void }): ReactNode {
  const t = useWords();
  const list = useStore(listStore, (state) => state.list);
  if (list.phase === "failed")
    return (
      <Empty title={t("list_failed")}>
        <Button onClick={() => void reloadList()}>{t("try_again")}</Button>
      </Empty>
    );
  if (list.phase === "loading" && !list.order.length) return <Skeleton lines={9} />;
  if (!list.order.length)
    return Object.keys(place.filters).length ? (
      <Empty icon={<Search />} title={t("list_nothing_matches")}>
        <Button onClick={onClear}>{t("filters_clear")}</Button>
      </Empty>
    ) : (
      <Empty icon={<Inbox />} title={t("list_empty")} />
    );
  return <Rows list={list} place={place} ticketId={ticketId} />;
}
