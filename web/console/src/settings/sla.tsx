/** SLA policies: what is promised for each priority. */
import type { Priority, SlaPolicy } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { AlarmClock } from "lucide-react";
import { useState } from "react";
import { listAll } from "../http";
import { describe, fieldProblem } from "../problem";
import { PRIORITIES } from "../tickets/query";
import { PriorityIcon } from "../tickets/signs";
import { Dialog } from "../ui/dialog";
import { Alert, Check, Empty, Select, Skeleton, TextArea, TextField } from "../ui/parts";
import { type T, useWords } from "../words/view";
import { deletePolicy, savePolicy } from "./actions";
import { AddButton, DeleteButton, Form, NameField, Section } from "./parts";

export function SlaSection() {
  const t = useWords();
  const { data: policies, error } = useQuery({
    queryKey: ["sla-policies"],
    queryFn: () => listAll<SlaPolicy>("/sla-policies"),
  });
  const [editing, setEditing] = useState<SlaPolicy | "new" | null>(null);
  const add = <AddButton label={t("new_policy")} onClick={() => setEditing("new")} />;
  return (
    <Section title={t("sla_policies")} hint={t("sla_hint")} action={add}>
      {error && <Alert>{describe(error)}</Alert>}
      {!policies && !error && <Skeleton />}
      {policies && !policies.length && <Empty icon={<AlarmClock />} title={t("sla_none")} />}
      <ul className="card-list">
        {policies?.map((policy) => (
          <li key={policy.id} className="card-item">
            <button type="button" className="card-row" onClick={() => setEditing(policy)}>
              <PriorityIcon priority={policy.priority_level} />
              <span className="card-main">
                <b>{policy.name}</b>
                <span>{promiseOf(t, policy)}</span>
              </span>
              {!policy.active && <span className="mark">{t("inactive")}</span>}
            </button>
            <DeleteButton name={policy.name} isQuiet onDelete={() => deletePolicy(policy.id)} />
          </li>
        ))}
      </ul>
      {editing && (
        <PolicyDialog
          policy={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Section>
  );
}

function promiseOf(t: T, policy: SlaPolicy): string {
  const { first_response_time_minutes: minutes, resolution_time_hours: hours } = policy;
  const parts = [
    t(`priority_${policy.priority_level}`),
    minutes === null ? "" : t("promise_response", { count: minutes }),
    hours === null ? "" : t("promise_resolution", { count: hours }),
  ];
  return parts.filter(Boolean).join(" · ");
}

function numberOrNull(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

function PolicyDialog({ policy, onClose }: { policy: SlaPolicy | null; onClose: () => void }) {
  const t = useWords();
  const [fields, setFields] = useState({
    name: policy?.name ?? "",
    description: policy?.description ?? "",
    priority: policy?.priority_level ?? ("normal" as Priority),
    minutes: String(policy?.first_response_time_minutes ?? ""),
    hours: String(policy?.resolution_time_hours ?? ""),
    percent: String(policy?.warning_percent ?? 80),
    active: policy?.active ?? true,
  });
  const [failure, setFailure] = useState<unknown>(null);
  const change = (part: Partial<typeof fields>) => setFields({ ...fields, ...part });
  const submit = () =>
    savePolicy(policy?.id ?? null, {
      name: fields.name,
      description: fields.description,
      priority_level: fields.priority,
      first_response_time_minutes: numberOrNull(fields.minutes),
      resolution_time_hours: numberOrNull(fields.hours),
      warning_percent: Number(fields.percent),
      active: fields.active,
    }).then(onClose);
  return (
    <Dialog title={policy?.name ?? t("new_policy")} onClose={onClose}>
      <Form
        action={t(policy ? "save" : "create")}
        failure={failure}
        onSubmit={submit}
        onFailure={setFailure}
        onCancel={onClose}
      >
        <div className="form-pair">
          <NameField value={fields.name} failure={failure} onText={(name) => change({ name })} />
          <Select<Priority>
            label={t("for_priority")}
            value={fields.priority}
            options={PRIORITIES.map((value) => ({ value, label: t(`priority_${value}`) }))}
            onValue={(priority) => change({ priority })}
          />
        </div>
        <TextArea
          label={t("description")}
          rows={2}
          value={fields.description}
          onText={(description) => change({ description })}
        />
        <div className="form-pair">
          <TextField
            label={t("first_response_minutes")}
            type="number"
            min={1}
            hint={t("empty_for_none")}
            value={fields.minutes}
            problem={fieldProblem(failure, "first_response_time_minutes")}
            onText={(minutes) => change({ minutes })}
          />
          <TextField
            label={t("resolution_hours")}
            type="number"
            min={0}
            step="any"
            hint={t("empty_for_none")}
            value={fields.hours}
            problem={fieldProblem(failure, "resolution_time_hours")}
            onText={(hours) => change({ hours })}
          />
        </div>
        <TextField
          label={t("warning_percent")}
          type="number"
          min={1}
          max={99}
          hint={t("warning_percent_hint")}
          value={fields.percent}
          problem={fieldProblem(failure, "warning_percent")}
          onText={(percent) => change({ percent })}
        />
        <Check
          label={t("active")}
          checked={fields.active}
          onChecked={(active) => change({ active })}
        />
      </Form>
    </Dialog>
  );
}
