/** The head of a ticket: what it is about, how it stands, whose it is. */
import type { Ticket } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Hourglass, PanelRight, Plus, UserRoundX, Users, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { nameOf } from "../customers/model";
import { useAgents, useMe, useTags, useTeams } from "../data/view";
import { useRoom } from "../live/view";
import { type ListPlace, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { isAdmin, mayAnswer } from "../session/model";
import { listReasons } from "../sla/actions";
import {
  agentOptions,
  priorityOptions,
  statusOptions,
  tagOptions,
  teamOptions,
} from "../tickets/filter_options";
import { PriorityIcon, SlaChip, StatusIcon } from "../tickets/signs";
import { InlineText } from "../ui/inline_text";
import { Avatar, IconButton } from "../ui/parts";
import { type Option, Picker } from "../ui/picker";
import { useWords } from "../words/view";
import {
  assignAgent,
  assignTeam,
  roomOf,
  setPriority,
  setStatus,
  setSubject,
  setTags,
} from "./actions";
import { toggleAside } from "./aside_store";
import { Others } from "./presence";

export function TicketHeader({ ticket, place }: { ticket: Ticket; place: ListPlace }) {
  const t = useWords();
  const me = useMe();
  const isFixed = !mayAnswer(me);
  const room = useRoom(roomOf(ticket.id));
  return (
    <header className="ticket-head">
      <div className="ticket-line">
        <Link
          to={ticketsRoute(null, place)}
          className="icon-button only-phone"
          aria-label={t("back_to_list")}
        >
          <ArrowLeft />
        </Link>
        <h2 className="ticket-subject">
          <InlineText
            value={ticket.subject}
            placeholder={t("no_subject")}
            label={t("edit_subject")}
            isFixed={isFixed}
            onSave={(subject) => void setSubject(ticket.id, subject)}
          />
        </h2>
        <span className="ticket-number">#{ticket.number}</span>
        <SlaChip targets={ticket.sla} />
        <Others
          members={room?.members ?? []}
          total={room?.total ?? 0}
          meId={me.id}
          customer={nameOf(t, ticket.customer)}
        />
        <IconButton label={t("details")} onClick={toggleAside}>
          <PanelRight />
        </IconButton>
      </div>
      <div className="ticket-line ticket-props">
        <StatusMenu ticket={ticket} isFixed={isFixed} />
        <ReasonMenu ticket={ticket} isFixed={isFixed} />
        <PriorityMenu ticket={ticket} isFixed={isFixed} />
        <AssigneeMenu ticket={ticket} isFixed={isFixed} />
        <TeamMenu ticket={ticket} isFixed={isFixed} />
        <Tags ticket={ticket} isFixed={isFixed} />
      </div>
    </header>
  );
}

interface MenuProps {
  ticket: Ticket;
  isFixed: boolean;
}

interface PropProps<V extends string> {
  label: string;
  value: string;
  icon: ReactNode;
  isFixed: boolean;
  options: readonly Option<V>[];
  chosen: V;
  onChoose: (value: V) => void;
}

/** A property of the ticket: its value as a button that opens the choices. */
function Prop<V extends string>({ label, value, icon, isFixed, ...choice }: PropProps<V>) {
  const t = useWords();
  if (isFixed)
    return (
      <span className="prop" title={label}>
        {icon}
        <span>{value}</span>
      </span>
    );
  const name = `${label}: ${value}`;
  return (
    <Picker<V>
      label={label}
      options={choice.options}
      chosen={[choice.chosen]}
      onChoose={choice.onChoose}
      emptyText={t("nothing_found")}
      trigger={
        <button type="button" className="prop" aria-label={name} title={label}>
          {icon}
          <span>{value}</span>
        </button>
      }
    />
  );
}

function StatusMenu({ ticket, isFixed }: MenuProps) {
  const t = useWords();
  return (
    <Prop
      label={t("status")}
      value={t(`status_${ticket.status}`)}
      icon={<StatusIcon status={ticket.status} />}
      isFixed={isFixed}
      options={statusOptions(t).filter(({ value }) => value !== "new" || ticket.status === "new")}
      chosen={ticket.status}
      onChoose={(status) => void setStatus(ticket.id, status)}
    />
  );
}

const NO_REASON = "none";

/** Why the ticket waits; only while it does, and where the desk has reasons. */
function ReasonMenu({ ticket, isFixed }: MenuProps) {
  const t = useWords();
  const { data: reasons = [] } = useQuery({ queryKey: ["pause-reasons"], queryFn: listReasons });
  const waits = ticket.status === "pending" || ticket.status === "on_hold";
  if (!waits || !(reasons.length || ticket.status_reason)) return null;
  return (
    <Prop
      label={t("waits_for")}
      value={ticket.status_reason ?? t("no_reason")}
      icon={<Hourglass aria-hidden />}
      isFixed={isFixed}
      options={[
        { value: NO_REASON, label: t("no_reason") },
        ...reasons.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      chosen={ticket.status_reason_id ?? NO_REASON}
      onChoose={(id) =>
        void setStatus(ticket.id, ticket.status, reasons.find((one) => one.id === id) ?? null)
      }
    />
  );
}

function PriorityMenu({ ticket, isFixed }: MenuProps) {
  const t = useWords();
  return (
    <Prop
      label={t("priority")}
      value={t(`priority_${ticket.priority}`)}
      icon={<PriorityIcon priority={ticket.priority} />}
      isFixed={isFixed}
      options={priorityOptions(t)}
      chosen={ticket.priority}
      onChoose={(priority) => void setPriority(ticket.id, priority)}
    />
  );
}

const NOBODY = "none";

function AssigneeMenu({ ticket, isFixed }: MenuProps) {
  const t = useWords();
  const me = useMe();
  const agents = useAgents();
  const assignee = agents.find(({ id }) => id === ticket.assignee_id);
  const capable = agents.filter(
    (agent) => mayAnswer(agent) && (isAdmin(agent) || agent.inbox_ids.includes(ticket.inbox_id)),
  );
  return (
    <Prop
      label={t("assignee")}
      value={assignee?.name ?? t("unassigned")}
      icon={
        assignee ? (
          <Avatar id={assignee.id} name={assignee.name} size="s" />
        ) : (
          <UserRoundX aria-hidden />
        )
      }
      isFixed={isFixed}
      options={[
        ...agentOptions(t, capable, me),
        { value: NOBODY, label: t("unassigned"), icon: <UserRoundX /> },
      ]}
      chosen={ticket.assignee_id ?? NOBODY}
      onChoose={(id) => void assignAgent(ticket.id, id === NOBODY ? null : id)}
    />
  );
}

function TeamMenu({ ticket, isFixed }: MenuProps) {
  const t = useWords();
  const teams = useTeams();
  const team = teams.find(({ id }) => id === ticket.team_id);
  if (!teams.length) return null;
  return (
    <Prop
      label={t("team")}
      value={team?.name ?? t("no_team")}
      icon={<Users aria-hidden />}
      isFixed={isFixed}
      options={[...teamOptions(teams), { value: NOBODY, label: t("no_team") }]}
      chosen={ticket.team_id ?? NOBODY}
      onChoose={(id) => void assignTeam(ticket.id, id === NOBODY ? null : id)}
    />
  );
}

function Tags({ ticket, isFixed }: MenuProps) {
  const t = useWords();
  const tags = useTags();
  const [isOpen, setOpen] = useState(false);
  const has = (name: string) => ticket.tags.includes(name);
  const toggle = (name: string) => {
    const after = has(name) ? ticket.tags.filter((tag) => tag !== name) : [...ticket.tags, name];
    void setTags(ticket.id, after);
  };
  return (
    <span className="tags">
      {ticket.tags.map((tag) => (
        <span key={tag} className="chip tag-chip">
          {tag}
          {!isFixed && (
            <button
              type="button"
              className="chip-remove"
              aria-label={t("tag_remove", { tag })}
              onClick={() => toggle(tag)}
            >
              <X aria-hidden />
            </button>
          )}
        </span>
      ))}
      {!isFixed && (
        <Picker
          label={t("tag_add")}
          options={tagOptions(tags)}
          chosen={ticket.tags}
          isMultiple
          onChoose={toggle}
          onCreate={(text) => has(text) || toggle(text)}
          createLabel={(tag) => t("tag_create", { tag })}
          emptyText={t("tags_none_yet")}
          open={isOpen}
          onOpenChange={setOpen}
          trigger={
            <button type="button" className="prop prop-quiet" title={t("tag_add")}>
              <Plus aria-hidden />
              <span>{t("tag")}</span>
            </button>
          }
        />
      )}
    </span>
  );
}
