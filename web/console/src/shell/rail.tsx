/** The rail: the views with their counts, the inboxes, teams and tags to look through, the other
 * pages, and who sits here. */

import type { View } from "@parley/shared/resources";
import {
  BookOpen,
  ChartColumn,
  CircleCheckBig,
  CircleDashed,
  CircleUserRound,
  Clock3,
  Inbox as InboxIcon,
  Layers,
  type LucideIcon,
  MailQuestion,
  Settings,
  Tag as TagIcon,
  TriangleAlert,
  Users,
  UsersRound,
} from "lucide-react";
import type { ReactNode } from "react";
import { useInboxes, useMe, useTags, useTeams, useViews } from "../data/view";
import { NotificationBell } from "../notifications/view";
import { DEFAULT_VIEW, type Route, ticketsRoute } from "../route/model";
import { Link, useRoute } from "../route/view";
import { isAdmin } from "../session/model";
import { sessionStore } from "../session/store";
import { Logo } from "../session/view";
import { useStore } from "../store";
import type { Filters } from "../tickets/query";
import { useWords } from "../words/view";
import { closeRail, railStore } from "./rail_store";
import { UserMenu } from "./user_menu";

const VIEW_ICONS: Record<View["id"], LucideIcon> = {
  all_open: InboxIcon,
  mine: CircleUserRound,
  unassigned: MailQuestion,
  breaching: TriangleAlert,
  pending: Clock3,
  resolved: CircleCheckBig,
  all: Layers,
};

const MAX_TAGS = 8;

export function Rail() {
  const t = useWords();
  const isOpen = useStore(railStore, (state) => state.isOpen);
  const workspace = useStore(sessionStore, ({ session }) =>
    session.phase === "signed_in" || session.phase === "expired" ? session.workspace.name : "",
  );
  return (
    <>
      {isOpen && (
        <button type="button" className="rail-shade" aria-label={t("close")} onClick={closeRail} />
      )}
      <nav className="rail" data-open={isOpen || undefined} aria-label={t("menu")}>
        <div className="rail-head">
          <Logo size={24} />
          <span className="rail-name">{workspace}</span>
          <NotificationBell place="rail" />
        </div>
        <div className="rail-scroll">
          <ViewLinks />
          <PlaceLinks />
        </div>
        <div className="rail-foot">
          <PageLinks />
          <UserMenu />
        </div>
      </nav>
    </>
  );
}

interface ItemProps {
  to: Route;
  icon: ReactNode;
  label: string;
  count?: number;
  isHere: boolean;
  tone?: "alarm" | undefined;
}

function Item({ to, icon, label, count, isHere, tone }: ItemProps) {
  return (
    <Link
      to={to}
      className="rail-item"
      aria-current={isHere ? "page" : undefined}
      onClick={closeRail}
    >
      {icon}
      <span className="rail-label">{label}</span>
      {count !== undefined && count > 0 && (
        <span className="rail-count" data-tone={tone}>
          {count > 9999 ? "9999+" : count}
        </span>
      )}
    </Link>
  );
}

function viewRoute(view: string, filters: Filters = {}): Route {
  return ticketsRoute(null, { view, filters, sort: null });
}

function ViewLinks() {
  const t = useWords();
  const route = useRoute();
  const here = route.page === "tickets" && !placeOf(route.list.filters) ? route.list.view : null;
  return (
    <div className="rail-group">
      {useViews().map((view) => {
        const Icon = VIEW_ICONS[view.id] ?? CircleDashed;
        const isAlarm = view.id === "breaching" && view.count > 0;
        return (
          <Item
            key={view.id}
            to={viewRoute(view.id)}
            icon={<Icon aria-hidden />}
            label={t(`view_${view.id}`)}
            count={view.id === "resolved" || view.id === "all" ? 0 : view.count}
            isHere={here === view.id}
            tone={isAlarm ? "alarm" : undefined}
          />
        );
      })}
    </div>
  );
}

/** The one place that a list is narrowed to by the rail, as `key:value`. */
function placeOf({ inbox_id, team_id, tag }: Filters): string | null {
  if (inbox_id) return `inbox_id:${inbox_id}`;
  if (team_id) return `team_id:${team_id}`;
  return tag ? `tag:${tag}` : null;
}

function PlaceLinks() {
  const t = useWords();
  const me = useMe();
  const route = useRoute();
  const here = route.page === "tickets" ? placeOf(route.list.filters) : null;
  const inboxes = useInboxes().filter(({ id }) => isAdmin(me) || me.inbox_ids.includes(id));
  const tags = [...useTags()].sort((a, b) => b.tickets_count - a.tickets_count).slice(0, MAX_TAGS);
  const groups = [
    {
      title: t("inboxes"),
      icon: <InboxIcon aria-hidden />,
      items: inboxes.map(({ id, name }) => ({ name, filters: { inbox_id: id } })),
    },
    {
      title: t("teams"),
      icon: <Users aria-hidden />,
      items: useTeams().map(({ id, name }) => ({ name, filters: { team_id: id } })),
    },
    {
      title: t("tags"),
      icon: <TagIcon aria-hidden />,
      items: tags.map(({ name }) => ({ name, filters: { tag: name } })),
    },
  ];
  return groups
    .filter(({ items }) => items.length)
    .map(({ title, icon, items }) => (
      <div className="rail-group" key={title}>
        <h2 className="rail-title">{title}</h2>
        {items.map(({ name, filters }) => (
          <Item
            key={placeOf(filters)}
            to={viewRoute(DEFAULT_VIEW, filters)}
            icon={icon}
            label={name}
            isHere={here === placeOf(filters)}
          />
        ))}
      </div>
    ));
}

function PageLinks() {
  const t = useWords();
  const { page } = useRoute();
  const pages: { route: Route; icon: ReactNode; label: string }[] = [
    {
      route: { page: "customers", customerId: null, q: "" },
      icon: <UsersRound aria-hidden />,
      label: t("customers"),
    },
    {
      route: { page: "articles", articleId: null, q: "" },
      icon: <BookOpen aria-hidden />,
      label: t("articles"),
    },
    {
      route: { page: "reports", days: 30, group: "priority" },
      icon: <ChartColumn aria-hidden />,
      label: t("reports"),
    },
    {
      route: { page: "settings", section: "profile", id: null },
      icon: <Settings aria-hidden />,
      label: t("settings"),
    },
  ];
  return (
    <div className="rail-group">
      {pages.map(({ route, icon, label }) => (
        <Item key={route.page} to={route} icon={icon} label={label} isHere={page === route.page} />
      ))}
    </div>
  );
}
