/** Beside the ticket: its customer, its clocks, and what else this customer has asked. */
import type { Page, Ticket } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import { CustomerFacts, CustomerName, useCustomer } from "../customers/fields";
import { nameOf } from "../customers/model";
import { useInboxes } from "../data/view";
import { http } from "../http";
import { MailLog } from "../mail/log";
import { useIsByMail } from "../mail/view";
import { type ListPlace, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { ClockBar } from "../sla/explanation";
import { ChannelIcon } from "../tickets/row";
import { StatusIcon, TargetChip } from "../tickets/signs";
import { Asked } from "../ui/asked";
import { Avatar } from "../ui/parts";
import { Age, formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import { Participants } from "./participants";

export function TicketAside({ ticket, place }: { ticket: Ticket; place: ListPlace }) {
  const t = useWords();
  const isMail = useIsByMail(ticket);
  return (
    <aside className="aside" aria-label={t("details")}>
      <CustomerCard ticket={ticket} />
      {isMail && <Participants ticket={ticket} />}
      {ticket.sla.length > 0 && <Clocks ticket={ticket} />}
      <OtherTickets ticket={ticket} place={place} />
      <Facts ticket={ticket} />
      {isMail && <MailLog ticket={ticket} />}
    </aside>
  );
}

export function AsideSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="aside-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function CustomerCard({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  const answer = useCustomer(ticket.customer_id);
  const { data: customer } = answer;
  if (!customer) return <Asked answer={answer} lines={2} />;
  return (
    <section className="aside-section customer-card">
      <Asked answer={answer} />
      <div className="customer-top">
        <Avatar id={customer.id} name={nameOf(t, customer)} size="l" />
        <div>
          <CustomerName customer={customer} />
          <Link to={{ page: "customers", customerId: customer.id, q: "" }} className="quiet-link">
            {t("customer_page")} <ExternalLink aria-hidden />
          </Link>
        </div>
      </div>
      <CustomerFacts customer={customer}>
        {Object.entries(customer.contact_info).map(([key, value]) => (
          <FactPair key={key} name={key} value={String(value)} />
        ))}
      </CustomerFacts>
    </section>
  );
}

function FactPair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Clocks({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  return (
    <AsideSection title={t("sla_targets")}>
      <ul className="clocks">
        {ticket.sla.map((target) => (
          <li key={target.target}>
            <span>{t(`target_${target.target}`)}</span>
            <TargetChip target={target} />
            <small>{t("due_at", { time: formatMoment(target.due_at, t.locale) })}</small>
            <ClockBar ticket={ticket} target={target.target} />
          </li>
        ))}
      </ul>
    </AsideSection>
  );
}

const MAX_OTHERS = 8;

function OtherTickets({ ticket, place }: { ticket: Ticket; place: ListPlace }) {
  const t = useWords();
  const { data } = useQuery({
    queryKey: ["customers", ticket.customer_id, "tickets"],
    queryFn: () =>
      http.page<Ticket>(`/customers/${ticket.customer_id}/tickets`, { size: MAX_OTHERS + 1 }),
    select: (page: Page<Ticket>) => page.data,
  });
  const others = (data ?? []).filter(({ id }) => id !== ticket.id).slice(0, MAX_OTHERS);
  if (!others.length) return null;
  return (
    <AsideSection title={t("other_tickets")}>
      <ul className="mini-list">
        {others.map((other) => (
          <li key={other.id}>
            <Link to={ticketsRoute(other.id, place)} className="mini-row">
              <StatusIcon status={other.status} />
              <span className="mini-subject">{other.subject || t("no_subject")}</span>
              <Age at={other.updated_at} />
            </Link>
          </li>
        ))}
      </ul>
    </AsideSection>
  );
}

function Facts({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  const inbox = useInboxes().find(({ id }) => id === ticket.inbox_id);
  return (
    <AsideSection title={t("details")}>
      <dl className="facts">
        <dt>{t("channel")}</dt>
        <dd className="fact-icon">
          <ChannelIcon channel={ticket.channel_source} /> {t(`channel_${ticket.channel_source}`)}
        </dd>
        {inbox && <FactPair name={t("inbox")} value={inbox.name} />}
        <FactPair name={t("opened")} value={formatMoment(ticket.created_at, t.locale)} />
      </dl>
    </AsideSection>
  );
}
