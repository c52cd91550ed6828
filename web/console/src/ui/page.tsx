/** The frame of a page beside the ticket lists: its head with the way to the menu, its body, and
 * lists that grow page by page. */
import type { Page as AnswerPage } from "@parley/shared/resources";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Menu } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { http } from "../http";
import { NotificationBell } from "../notifications/view";
import { openRail } from "../shell/rail_store";
import { useWords } from "../words/view";
import { Asked } from "./asked";
import { Button, IconButton } from "./parts";

interface PageProps {
  title: string;
  /** Buttons at the right of the head. */
  actions?: ReactNode;
  isNarrow?: boolean;
  children: ReactNode;
}

export function Page({ title, actions, isNarrow = false, children }: PageProps) {
  const t = useWords();
  useEffect(() => {
    document.title = `${title} · Parley`;
    return () => {
      document.title = "Parley";
    };
  }, [title]);
  return (
    <div className="page">
      <header className="pane-head">
        <IconButton label={t("menu")} className="only-narrow" onClick={openRail}>
          <Menu />
        </IconButton>
        <h1 className="pane-title">{title}</h1>
        {actions}
        <NotificationBell place="head" />
      </header>
      <div className="page-body">
        <div className={isNarrow ? "page-inner page-narrow" : "page-inner"}>{children}</div>
      </div>
    </div>
  );
}

interface GrowingProps<T> {
  path: string;
  queryKey: readonly string[];
  query?: Record<string, string>;
  /** It moves on by itself: asked for anew so often while it is in sight. */
  everyMs?: number;
  children: (items: readonly T[]) => ReactNode;
}

/** A list fetched page by page; the next one comes when it is asked for. */
export function Growing<T>({ path, queryKey, query = {}, everyMs, children }: GrowingProps<T>) {
  const t = useWords();
  const list = useInfiniteQuery({
    queryKey: [...queryKey, query],
    queryFn: ({ pageParam, signal }) =>
      http.page<T>(path, { query, after: pageParam, size: 50, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ meta }: AnswerPage<T>) => (meta.has_more ? meta.after_cursor : undefined),
    placeholderData: (before) => before,
    refetchInterval: ({ state }) => (everyMs && state.data ? everyMs : false),
  });
  const refetch = list.isFetchNextPageError ? list.fetchNextPage : list.refetch;
  return (
    <>
      {list.data && children(list.data.pages.flatMap((page) => page.data))}
      <Asked answer={{ ...list, refetch }} lines={6} />
      {list.hasNextPage && !list.error && (
        <Button
          className="load-more"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("load_more")}
        </Button>
      )}
    </>
  );
}
