/** What can be chosen in each filter and menu: statuses, priorities, people, places, tags. */
import type { Agent, Inbox, Tag, Team } from "@parley/shared/resources";
import { Inbox as InboxIcon, Tag as TagIcon, UserRound, UserRoundX, Users } from "lucide-react";
import { useAgents, useInboxes, useMe, useTags, useTeams } from "../data/view";
import { Avatar } from "../ui/parts";
import type { Option } from "../ui/picker";
import { type T, useWords } from "../words/view";
import { CHANNELS, type Filters, PRIORITIES, STATUSES } from "./query";
import { ChannelIcon } from "./row";
import { PriorityIcon, StatusIcon } from "./signs";

export const DIMENSIONS = [
  "status",
  "priority",
  "assignee_id",
  "team_id",
  "inbox_id",
  "tag",
  "channel_source",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export function statusOptions(t: T) {
  return STATUSES.map((value) => ({
    value,
    label: t(`status_${value}`),
    icon: <StatusIcon status={value} />,
  }));
}

export function priorityOptions(t: T) {
  return PRIORITIES.map((value) => ({
    value,
    label: t(`priority_${value}`),
    icon: <PriorityIcon priority={value} />,
  }));
}

/** Myself first, then the others by name; people who have left are not offered. */
export function agentOptions(t: T, agents: readonly Agent[], me: Agent): Option[] {
  const others = agents.filter((agent) => agent.active && agent.id !== me.id);
  others.sort((a, b) => a.name.localeCompare(b.name));
  return [me, ...others].map((agent) => ({
    value: agent.id,
    label: agent.id === me.id ? t("name_me", { name: agent.name }) : agent.name,
    also: agent.email,
    icon: <Avatar id={agent.id} name={agent.name} size="s" />,
  }));
}

export function teamOptions(teams: readonly Team[]): Option[] {
  return teams.map(({ id, name }) => ({ value: id, label: name, icon: <Users /> }));
}

export function inboxOptions(inboxes: readonly Inbox[]): Option[] {
  return inboxes.map(({ id, name, address }) => ({
    value: id,
    label: name,
    also: address ?? "",
    icon: <InboxIcon />,
  }));
}

export function tagOptions(tags: readonly Tag[]): Option[] {
  return tags.map(({ name }) => ({ value: name, label: name, icon: <TagIcon /> }));
}

/** The choices of every dimension, from what is loaded. */
export function useFilterOptions(): Record<Dimension, Option[]> {
  const t = useWords();
  const me = useMe();
  const [agents, teams, inboxes, tags] = [useAgents(), useTeams(), useInboxes(), useTags()];
  const people = agentOptions(t, agents, me).filter(({ value }) => value !== me.id);
  return {
    status: statusOptions(t),
    priority: priorityOptions(t),
    assignee_id: [
      { value: "me", label: t("me"), icon: <UserRound /> },
      { value: "none", label: t("unassigned"), icon: <UserRoundX /> },
      ...people,
    ],
    team_id: teamOptions(teams),
    inbox_id: inboxOptions(inboxes),
    tag: tagOptions(tags),
    channel_source: CHANNELS.map((value) => ({
      value,
      label: t(`channel_${value}`),
      icon: <ChannelIcon channel={value} />,
    })),
  };
}

export function chosenIn(filters: Filters, dimension: Dimension): readonly string[] {
  const value = filters[dimension];
  return typeof value === "string" ? [value] : (value ?? []);
}

/** The filters with one value of one dimension switched; only status and priority hold several. */
export function toggled(filters: Filters, dimension: Dimension, value: string): Filters {
  const { [dimension]: _before, ...others } = filters;
  const before = chosenIn(filters, dimension);
  const isOn = before.includes(value);
  if (dimension !== "status" && dimension !== "priority")
    return isOn ? others : { ...others, [dimension]: value };
  const after = isOn ? before.filter((one) => one !== value) : [...before, value];
  return after.length ? { ...others, [dimension]: after } : others;
}
