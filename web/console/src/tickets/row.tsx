/** One ticket in a list: who, what about, what was said last, and how urgent it is. */
import type { Agent, ChannelSource, Ticket } from "@parley/shared/resources";
import { Code2, Globe, Mail, MessageCircle } from "lucide-react";
import { memo } from "react";
import { nameOf } from "../customers/model";
import type { Route } from "../route/model";
import { Link } from "../route/view";
import { Avatar } from "../ui/parts";
import { Age } from "../ui/time";
import { CustomerTyping, Viewers } from "../viewing/view";
import { useWords } from "../words/view";
import { PriorityIcon, SlaChip, StatusIcon } from "./signs";

const CHANNEL_ICONS = { chat: MessageCircle, email: Mail, api: Code2, portal: Globe } as const;

export function ChannelIcon({ channel }: { channel: ChannelSource }) {
  const t = useWords();
  const Icon = CHANNEL_ICONS[channel];
  return (
    <span className="channel-icon" title={t(`channel_${channel}`)}>
      <Icon aria-label={t(`channel_${channel}`)} />
    </span>
  );
}

interface Props {
  ticket: Ticket;
  assignee: Agent | undefined;
  to: Route;
  isOpen: boolean;
  isCurrent: boolean;
}

export const TicketRow = memo(function TicketRow({
  ticket,
  assignee,
  to,
  isOpen,
  isCurrent,
}: Props) {
  const t = useWords();
  const said = ticket.last_message;
  return (
    <Link
      to={to}
      className="row"
      aria-current={isOpen ? "true" : undefined}
      data-current={isCurrent || undefined}
      data-unread={ticket.unread || undefined}
    >
      <span className="row-top">
        {ticket.unread && <span className="dot" role="img" aria-label={t("unread")} />}
        <span className="row-who">{nameOf(t, ticket.customer)}</span>
        <ChannelIcon channel={ticket.channel_source} />
        <CustomerTyping ticketId={ticket.id} name={nameOf(t, ticket.customer)} />
        <Viewers ticketId={ticket.id} />
        <span className="row-age">
          <Age at={ticket.updated_at} />
        </span>
      </span>
      <span className="row-subject">{ticket.subject || t("no_subject")}</span>
      <span className="row-bottom">
        <StatusIcon status={ticket.status} />
        <span className="row-said">
          {said?.author_type === "agent" && <b>{t("row_answered")} </b>}
          {said?.content ?? ticket.description}
        </span>
        <SlaChip targets={ticket.sla} isShort />
        <PriorityIcon priority={ticket.priority} isQuiet />
        {assignee ? (
          <span title={t("assigned_to", { name: assignee.name })}>
            <Avatar id={assignee.id} name={assignee.name} size="s" />
          </span>
        ) : (
          <span className="avatar avatar-s avatar-nobody" title={t("unassigned")} />
        )}
      </span>
    </Link>
  );
});
