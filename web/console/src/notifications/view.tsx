/** The bell with its count, and the panel that lists what an agent is notified of. */
import { Popover } from "@base-ui/react/popover";
import {
  Bell as BellIcon,
  BellRing,
  CheckCheck,
  CircleUserRound,
  Clock3,
  type LucideIcon,
  MessageSquareReply,
  TriangleAlert,
  Unplug,
} from "lucide-react";
import { type KeyboardEvent, useSyncExternalStore } from "react";
import { navigate } from "../route/actions";
import { HOME_PLACE, type Route, ticketsRoute } from "../route/model";
import { closeRail } from "../shell/rail_store";
import { useStore } from "../store";
import { Alert, Button, Empty, IconButton, Skeleton } from "../ui/parts";
import { Age, formatMoment } from "../ui/time";
import { type T, useWords } from "../words/view";
import {
  bellStore,
  closeBell,
  fetchNotifications,
  growNotifications,
  markAllRead,
  markRead,
  openBell,
} from "./actions";
import { badgeOf, type Kind, type Notification, toneOf } from "./model";

const ICONS: Record<Kind, LucideIcon> = {
  sla_warned: Clock3,
  sla_breached: TriangleAlert,
  sla_escalated: BellRing,
  ticket_assigned: CircleUserRound,
  customer_answered: MessageSquareReply,
  webhook_disabled: Unplug,
};

const NARROW = matchMedia("(max-width: 1023px)");

function followWidth(follow: () => void): () => void {
  NARROW.addEventListener("change", follow);
  return () => NARROW.removeEventListener("change", follow);
}

/** In the rail, and on narrow screens, where that is away, in the heads: there is one at a time. */
export function NotificationBell({ place }: { place: "rail" | "head" }) {
  const isNarrow = useSyncExternalStore(followWidth, () => NARROW.matches);
  return isNarrow === (place === "head") ? <Bell /> : null;
}

function Bell() {
  const t = useWords();
  const { isOpen, unread } = useStore(bellStore, (bell) => bell);
  const label = unread ? t("bell_unread", { count: unread }) : t("notifications");
  const badge = badgeOf(unread);
  return (
    <Popover.Root open={isOpen} onOpenChange={(open) => (open ? openBell() : closeBell())}>
      <Popover.Trigger
        render={
          <button
            type="button"
            className="icon-button bell"
            aria-label={label}
            title={`${label} (g n)`}
          />
        }
      >
        <BellIcon aria-hidden />
        {badge && <span className="bell-count">{badge}</span>}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popper" sideOffset={6} align="start" collisionPadding={8}>
          <Popover.Popup className="bell-panel" aria-label={t("notifications")}>
            <Panel />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Panel() {
  const t = useWords();
  const { items, unread, after, hasFailed } = useStore(bellStore, (bell) => bell);
  return (
    <>
      <header className="bell-head">
        <Popover.Title className="bell-title">{t("notifications")}</Popover.Title>
        <IconButton label={t("bell_read_all")} disabled={unread === 0} onClick={markAllRead}>
          <CheckCheck />
        </IconButton>
      </header>
      {hasFailed && <Alert onAgain={fetchNotifications}>{t("bell_failed")}</Alert>}
      {!items && !hasFailed && <Skeleton lines={4} />}
      {items?.length === 0 && <Empty icon={<BellIcon />} title={t("bell_none")} />}
      {items && items.length > 0 && (
        <ul className="bell-list" onKeyDown={moveFocus}>
          {items.map((one) => (
            <Row key={one.id} one={one} />
          ))}
          {after && (
            <li>
              <Button className="load-more" onClick={growNotifications}>
                {t("load_more")}
              </Button>
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function Row({ one }: { one: Notification }) {
  const t = useWords();
  const Icon = ICONS[one.kind];
  const open = () => {
    markRead(one.id);
    closeBell();
    closeRail();
    navigate(placeOf(one));
  };
  return (
    <li>
      <button
        type="button"
        className="bell-row"
        data-unread={one.read_at ? undefined : ""}
        data-tone={toneOf(one.kind)}
        onClick={open}
      >
        <Icon aria-hidden />
        <span className="bell-words">
          <b>{headline(one, t)}</b>
          {one.ticket && (
            <span>
              #{one.ticket.number} {one.ticket.subject}
            </span>
          )}
          {one.due_at && (
            <small>{t("bell_due", { time: formatMoment(one.due_at, t.locale) })}</small>
          )}
        </span>
        <span className="bell-age">
          {!one.read_at && (
            <span className="bell-dot" role="img" aria-label={t("bell_is_unread")} />
          )}
          <Age at={one.at} />
        </span>
      </button>
    </li>
  );
}

function placeOf({ ticket }: Notification): Route {
  return ticket
    ? ticketsRoute(ticket.id, HOME_PLACE)
    : { page: "settings", section: "webhooks", id: null };
}

function headline({ kind, target, actor_name, webhook }: Notification, t: T): string {
  const name = target ? t(`target_${target}`) : "";
  switch (kind) {
    case "sla_warned":
      return t("bell_warned", { target: name });
    case "sla_breached":
      return t("bell_breached", { target: name });
    case "sla_escalated":
      return t("bell_escalated", { target: name });
    case "ticket_assigned":
      return actor_name ? t("bell_assigned_by", { name: actor_name }) : t("bell_assigned");
    case "customer_answered":
      return t("bell_answered");
    case "webhook_disabled":
      return t("bell_webhook", { name: webhook?.name ?? "" });
    default:
      return kind satisfies never;
  }
}

/** The arrows go from one to the next. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const rows = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("button")];
  const at = rows.indexOf(document.activeElement as HTMLButtonElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.focus();
}
