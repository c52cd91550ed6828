/** One ticket: head, story, composer, and what stands beside it. */
import { MessagesSquare, SearchX } from "lucide-react";
import { useEffect } from "react";
import { Composer } from "../composer/view";
import { preferencesStore } from "../preferences/actions";
import { type ListPlace, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { useStore } from "../store";
import { Button, Empty, Skeleton } from "../ui/parts";
import { useWords } from "../words/view";
import { asShown, fetchTicket, openTicket, ticketStore } from "./actions";
import { TicketAside } from "./aside";
import { closeSheet, sheetStore } from "./aside_store";
import { TicketHeader } from "./header";
import { Timeline } from "./timeline";

export function TicketPage({ id, place }: { id: string; place: ListPlace }) {
  const t = useWords();
  useEffect(() => {
    closeSheet();
    return openTicket(id);
  }, [id]);
  const opened = useStore(ticketStore, (state) => state);
  const hasAside = useStore(preferencesStore, (preferences) => preferences.hasAside);
  const isSheet = useStore(sheetStore, (state) => state.isOpen);
  const ticket = opened.id === id ? asShown(opened) : null;
  useEffect(() => {
    if (ticket) document.title = `#${ticket.number} ${ticket.subject} · Parley`;
    return () => {
      document.title = "Parley";
    };
  }, [ticket?.number, ticket?.subject, ticket]);
  if (!ticket)
    return <NoTicket id={id} phase={opened.id === id ? opened.phase : "loading"} place={place} />;
  return (
    <div className="ticket" data-aside={hasAside || undefined} data-sheet={isSheet || undefined}>
      <section
        className="ticket-main"
        aria-label={t("ticket_number", { number: `#${ticket.number}` })}
      >
        <TicketHeader ticket={ticket} place={place} />
        <Timeline key={id} ticket={ticket} />
        <Composer key={`composer-${id}`} ticket={ticket} />
      </section>
      {isSheet && (
        <button
          type="button"
          className="aside-shade"
          aria-label={t("close")}
          onClick={closeSheet}
        />
      )}
      {(hasAside || isSheet) && <TicketAside ticket={ticket} place={place} />}
    </div>
  );
}

interface NoTicketProps {
  id: string;
  phase: "loading" | "ready" | "missing" | "failed";
  place: ListPlace;
}

function NoTicket({ id, phase, place }: NoTicketProps) {
  const t = useWords();
  if (phase === "missing")
    return (
      <Empty icon={<SearchX />} title={t("ticket_missing")}>
        <Link to={ticketsRoute(null, place)} className="button button-plain">
          {t("back_to_list")}
        </Link>
      </Empty>
    );
  if (phase === "failed")
    return (
      <Empty title={t("ticket_failed")}>
        <Button onClick={() => void fetchTicket(id)}>{t("try_again")}</Button>
      </Empty>
    );
  return <Skeleton lines={8} />;
}

/** In the place of a ticket while none is chosen. */
export function NothingChosen() {
  const t = useWords();
  return (
    <Empty icon={<MessagesSquare />} title={t("choose_ticket")}>
      <p className="empty-hint">{t("choose_ticket_hint")}</p>
    </Empty>
  );
}
