/** What happens on the way to a due time and after it: warnings, and steps with what they do. */
import { priorities } from "@parley/shared/resources";
import type { SlaAction, SlaStep } from "@parley/shared/sla";
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { useAgents, useTags, useTeams } from "../data/view";
import { listWebhooks } from "../settings/webhook_actions";
import { Button, IconButton, Select, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { Chosen } from "./conditions";
import { ACTIONS, type MarkKind, makeMark, markAmount, markKind, newAction } from "./model";

const MARKS: readonly MarkKind[] = ["percent", "before", "after"];

interface Props {
  steps: readonly SlaStep[];
  onSteps: (steps: SlaStep[]) => void;
}

export function Steps({ steps, onSteps }: Props) {
  const t = useWords();
  const put = (at: number, step: SlaStep) =>
    onSteps(steps.map((one, other) => (other === at ? step : one)));
  const add = (step: SlaStep) => onSteps([...steps, step]);
  return (
    <div className="steps">
      {steps.map((step, at) => (
        <div key={step.id ?? at} className="step">
          <Mark step={step} onStep={(changed) => put(at, changed)} />
          <IconButton
            label={t("sla_step_remove")}
            onClick={() => onSteps(steps.filter((_, other) => other !== at))}
          >
            <X />
          </IconButton>
          <Actions step={step} onStep={(changed) => put(at, changed)} />
        </div>
      ))}
      <div className="steps-add">
        <Button
          look="ghost"
          onClick={() => add({ mark: { percent: steps.length ? 50 : 80 }, actions: [] })}
        >
          <Plus aria-hidden /> {t("sla_warning_add")}
        </Button>
        <Button
          look="ghost"
          onClick={() => add({ mark: { minutes: 0 }, actions: [newAction("notify_team")] })}
        >
          <Plus aria-hidden /> {t("sla_step_add")}
        </Button>
      </div>
    </div>
  );
}

interface StepProps {
  step: SlaStep;
  onStep: (step: SlaStep) => void;
}

function Mark({ step, onStep }: StepProps) {
  const t = useWords();
  const kind = markKind(step.mark);
  const amount = markAmount(step.mark);
  return (
    <div className="step-mark">
      <TextField
        label={t(step.actions.length ? "sla_step" : "sla_warning")}
        type="number"
        min={0}
        required
        value={String(amount)}
        onText={(text) => onStep({ ...step, mark: makeMark(kind, Number(text)) })}
      />
      <Select<MarkKind>
        label={t("sla_unit")}
        value={kind}
        options={MARKS.map((value) => ({ value, label: t(`sla_mark_${value}`) }))}
        onValue={(next) => onStep({ ...step, mark: makeMark(next, amount) })}
      />
    </div>
  );
}

function Actions({ step, onStep }: StepProps) {
  const t = useWords();
  const { actions } = step;
  const put = (at: number, action: SlaAction | null) =>
    onStep({
      ...step,
      actions: actions.flatMap((one, other) => (other !== at ? [one] : action ? [action] : [])),
    });
  if (!actions.length) return null;
  return (
    <div className="step-actions">
      {actions.map((action, at) => (
        <div key={at} className="step-action">
          <Select<SlaAction["type"]>
            label={t("sla_action")}
            value={action.type}
            options={ACTIONS.map((value) => ({ value, label: t(`sla_action_${value}`) }))}
            onValue={(type) => put(at, newAction(type))}
          />
          <Whereto action={action} onAction={(changed) => put(at, changed)} />
          {actions.length > 1 && (
            <IconButton label={t("sla_action_remove")} onClick={() => put(at, null)}>
              <X />
            </IconButton>
          )}
        </div>
      ))}
      <Button
        look="ghost"
        onClick={() => onStep({ ...step, actions: [...actions, newAction("notify_assignee")] })}
      >
        <Plus aria-hidden /> {t("sla_action_add")}
      </Button>
    </div>
  );
}

interface ObjectProps {
  action: SlaAction;
  onAction: (action: SlaAction) => void;
}

/** Whom or what an action is about. */
function Whereto({ action, onAction }: ObjectProps): ReactNode {
  const t = useWords();
  const agents = useAgents().filter(({ active }) => active);
  const [teams, tags] = [useTeams(), useTags()];
  const webhooks = useQuery({ queryKey: ["webhooks"], queryFn: listWebhooks }).data ?? [];
  switch (action.type) {
    case "notify_assignee":
      return null;
    case "notify_agents":
      return (
        <Chosen
          label={t("agents")}
          options={agents}
          ids={action.agent_ids}
          onIds={(agent_ids) => onAction({ ...action, agent_ids })}
        />
      );
    case "notify_team":
      return (
        <One
          label={t("team")}
          none={t("sla_own_team")}
          options={teams}
          id={action.team_id}
          onId={(team_id) => onAction({ ...action, team_id })}
        />
      );
    case "reassign":
      return (
        <>
          <One
            label={t("team")}
            none={t("sla_same_team")}
            options={teams}
            id={action.team_id}
            onId={(team_id) => onAction({ ...action, team_id })}
          />
          <One
            label={t("agent")}
            none={t("sla_nobody_named")}
            options={agents}
            id={action.agent_id}
            onId={(agent_id) => onAction({ ...action, agent_id })}
          />
        </>
      );
    case "raise_priority":
      return (
        <Select
          label={t("priority")}
          value={action.priority}
          options={priorities.map((value) => ({ value, label: t(`priority_${value}`) }))}
          onValue={(priority) => onAction({ ...action, priority })}
        />
      );
    case "add_tag":
      return (
        <One
          label={t("tag")}
          none={t("choose")}
          options={tags}
          id={action.tag_id || null}
          onId={(id) => onAction({ ...action, tag_id: id ?? "" })}
        />
      );
    case "call_webhook":
      return (
        <One
          label={t("webhook")}
          none={t("choose")}
          options={webhooks}
          id={action.webhook_id || null}
          onId={(id) => onAction({ ...action, webhook_id: id ?? "" })}
        />
      );
    default:
      return action satisfies never;
  }
}

interface OneProps {
  label: string;
  none: string;
  options: readonly { id: string; name: string }[];
  id: string | null;
  onId: (id: string | null) => void;
}

function One({ label, none, options, id, onId }: OneProps) {
  return (
    <Select
      label={label}
      value={id ?? ""}
      options={[
        { value: "", label: none },
        ...options.map((one) => ({ value: one.id, label: one.name })),
      ]}
      onValue={(value) => onId(value || null)}
    />
  );
}
