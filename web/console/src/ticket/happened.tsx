/** What happened to a ticket beside what was said, as one quiet line each. */
import type { TicketEvent } from "@parley/shared/events";
import type { Agent, Ticket } from "@parley/shared/resources";
import {
  AlarmClock,
  AlarmClockCheck,
  CircleDot,
  type LucideIcon,
  Merge,
  Pencil,
  SignalHigh,
  Siren,
  Sparkles,
  Tag,
  TriangleAlert,
  UserRound,
} from "lucide-react";
import { nameOf } from "../customers/model";
import { useAgents } from "../data/view";
import { ClockTime } from "../ui/time";
import { type T, useWords } from "../words/view";

type Story = Exclude<TicketEvent, { type: "interaction_added" }>;

const ICONS: Record<Story["type"], LucideIcon> = {
  ticket_opened: Sparkles,
  status_changed: CircleDot,
  ticket_assigned: UserRound,
  priority_changed: SignalHigh,
  tag_added: Tag,
  tag_removed: Tag,
  subject_changed: Pencil,
  customer_changed: Merge,
  sla_started: AlarmClock,
  sla_retimed: AlarmClock,
  sla_paused: AlarmClock,
  sla_resumed: AlarmClock,
  sla_warned: AlarmClock,
  sla_escalated: Siren,
  sla_met: AlarmClockCheck,
  sla_breached: TriangleAlert,
  sla_stopped: AlarmClock,
};

export function Happened({ event, ticket }: { event: TicketEvent; ticket: Ticket }) {
  const t = useWords();
  const agents = useAgents();
  if (event.type === "interaction_added") return null;
  const Icon = ICONS[event.type];
  return (
    <div className="happened" data-type={event.type}>
      <Icon aria-hidden />
      <span>{storyOf(t, event, ticket, agents)}</span>
      <ClockTime at={event.at} />
    </div>
  );
}

function storyOf(t: T, event: Story, ticket: Ticket, agents: readonly Agent[]): string {
  const { type, name } = event.actor;
  const who = type === "system" ? t("by_parley") : name || nameOf(t, ticket.customer);
  switch (event.type) {
    case "ticket_opened":
      return t("story_opened", { who, channel: t(`channel_${ticket.channel_source}`) });
    case "status_changed":
      return t(event.data.reason ? "story_status_for" : "story_status", {
        who,
        status: t(`status_${event.data.status}`),
        reason: event.data.reason ?? "",
      });
    case "ticket_assigned":
      return assignmentOf(t, who, event);
    case "priority_changed":
      return t("story_priority", { who, priority: t(`priority_${event.data.priority}`) });
    case "tag_added":
      return t("story_tag_added", { who, tag: event.data.tag });
    case "tag_removed":
      return t("story_tag_removed", { who, tag: event.data.tag });
    case "subject_changed":
      return t("story_subject", { who });
    case "customer_changed":
      return t("story_customer", {
        who: agents.find(({ id }) => id === event.data.by)?.name ?? who,
        customer: nameOf(t, ticket.customer),
      });
    case "sla_warned":
      return t("story_warned", { target: t(`target_${event.data.target}`) });
    case "sla_breached":
      return t("story_breached", { target: t(`target_${event.data.target}`) });
    case "sla_met":
      return t("story_met", { target: t(`target_${event.data.target}`) });
    case "sla_escalated":
      return t("story_escalated", { target: t(`target_${event.data.target}`) });
    case "sla_started":
    case "sla_retimed":
    case "sla_paused":
    case "sla_resumed":
    case "sla_stopped":
      return t(`story_${event.type}`, { target: t(`target_${event.data.target}`) });
    default:
      return event satisfies never;
  }
}

type Assignment = Extract<Story, { type: "ticket_assigned" }>;

function assignmentOf(t: T, who: string, { actor, data }: Assignment): string {
  const { assignee_id, assignee_name, team_name } = data;
  if (assignee_id && assignee_id === actor.id && !team_name) return t("story_took", { who });
  const whom = [assignee_name, team_name].filter(Boolean).join(", ");
  return whom ? t("story_assigned", { who, whom }) : t("story_unassigned", { who });
}
