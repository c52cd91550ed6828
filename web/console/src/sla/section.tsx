/** SLA in the settings: policies in their order, the calendars they count by, why tickets wait. */
import type { Calendar, PauseReason, SlaPolicy } from "@parley/shared/sla";
import { useQuery } from "@tanstack/react-query";
import { AlarmClock, ArrowDown, ArrowUp, Plus } from "lucide-react";
import { useState } from "react";
import { report } from "../problem";
import { NEW_ID } from "../route/model";
import { Link } from "../route/view";
import { AddButton, DeleteButton, Form, NameField, Section } from "../settings/parts";
import { Asked } from "../ui/asked";
import { Dialog } from "../ui/dialog";
import { Empty, IconButton } from "../ui/parts";
import { useWords } from "../words/view";
import {
  deleteCalendar,
  deletePolicy,
  deleteReason,
  listCalendars,
  listPolicies,
  listReasons,
  orderPolicies,
  saveReason,
} from "./actions";
import { CalendarDialog } from "./calendar";
import { hoursOf, useMeans } from "./means";
import { movedBy, promisesOf } from "./model";
import { PolicyForm } from "./policy";

export function SlaSection({ id }: { id: string | null }) {
  const policies = useQuery({ queryKey: ["sla-policies"], queryFn: listPolicies });
  const calendars = useQuery({ queryKey: ["calendars"], queryFn: listCalendars });
  const reasons = useQuery({ queryKey: ["pause-reasons"], queryFn: listReasons });
  if (!policies.data || !calendars.data || !reasons.data) {
    const missing = [policies, calendars, reasons].filter(({ data }) => !data);
    const answer = missing.find(({ error }) => error) ?? missing[0] ?? policies;
    return <Asked answer={answer} lines={5} />;
  }
  const policy = policies.data.find((one) => one.id === id);
  if (policy || id === NEW_ID)
    return (
      <PolicyForm
        key={id}
        policy={policy ?? null}
        policies={policies.data}
        calendars={calendars.data}
        reasons={reasons.data}
      />
    );
  return (
    <>
      <Policies policies={policies.data} />
      <Calendars calendars={calendars.data} />
      <Reasons reasons={reasons.data} />
    </>
  );
}

function Policies({ policies }: { policies: readonly SlaPolicy[] }) {
  const t = useWords();
  const means = useMeans();
  const ids = policies.map(({ id }) => id);
  const move = (at: number, by: number) => {
    orderPolicies(movedBy(ids, at, by)).catch(report);
  };
  const add = (
    <Link to={{ page: "settings", section: "sla", id: NEW_ID }} className="button button-primary">
      <Plus aria-hidden /> {t("new_policy")}
    </Link>
  );
  return (
    <Section title={t("sla_policies")} hint={t("sla_order_hint")} action={add}>
      {!policies.length && <Empty icon={<AlarmClock />} title={t("sla_none")} />}
      <ol className="card-list">
        {policies.map((policy, at) => (
          <li key={policy.id} className="card-item">
            <Link to={{ page: "settings", section: "sla", id: policy.id }} className="card-row">
              <span className="card-main">
                <b>{policy.name}</b>
                <span>{promisesOf(t, policy.targets)}</span>
                <span>{means(policy.conditions)}</span>
              </span>
              {!policy.active && <span className="mark">{t("inactive")}</span>}
            </Link>
            <IconButton
              label={t("sla_earlier", { name: policy.name })}
              disabled={at === 0}
              onClick={() => move(at, -1)}
            >
              <ArrowUp />
            </IconButton>
            <IconButton
              label={t("sla_later", { name: policy.name })}
              disabled={at === policies.length - 1}
              onClick={() => move(at, 1)}
            >
              <ArrowDown />
            </IconButton>
            <DeleteButton name={policy.name} isQuiet onDelete={() => deletePolicy(policy.id)} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Calendars({ calendars }: { calendars: readonly Calendar[] }) {
  const t = useWords();
  const [editing, setEditing] = useState<Calendar | "new" | null>(null);
  const add = <AddButton label={t("new_calendar")} onClick={() => setEditing("new")} />;
  return (
    <Section title={t("calendars")} hint={t("calendars_hint")} action={add}>
      {!calendars.length && <Empty title={t("calendars_none")} />}
      <ul className="card-list">
        {calendars.map((calendar) => (
          <li key={calendar.id} className="card-item">
            <button type="button" className="card-row" onClick={() => setEditing(calendar)}>
              <span className="card-main">
                <b>{calendar.name}</b>
                <span>{hoursOf(t, calendar)}</span>
              </span>
              <span className="card-side">
                {t("calendar_policies", { count: calendar.policy_ids.length })}
              </span>
            </button>
            <DeleteButton
              name={calendar.name}
              isQuiet
              onDelete={() => deleteCalendar(calendar.id)}
            />
          </li>
        ))}
      </ul>
      {editing && (
        <CalendarDialog
          calendar={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Section>
  );
}

function Reasons({ reasons }: { reasons: readonly PauseReason[] }) {
  const t = useWords();
  const [editing, setEditing] = useState<PauseReason | "new" | null>(null);
  const add = <AddButton label={t("new_reason")} onClick={() => setEditing("new")} />;
  return (
    <Section title={t("pause_reasons")} hint={t("pause_reasons_hint")} action={add}>
      {!reasons.length && <Empty title={t("none_yet")} />}
      <ul className="card-list">
        {reasons.map((reason) => (
          <li key={reason.id} className="card-item">
            <button type="button" className="card-row" onClick={() => setEditing(reason)}>
              <span className="card-main">
                <b>{reason.name}</b>
              </span>
            </button>
            <DeleteButton name={reason.name} isQuiet onDelete={() => deleteReason(reason.id)} />
          </li>
        ))}
      </ul>
      {editing && (
        <ReasonDialog
          reason={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Section>
  );
}

function ReasonDialog({ reason, onClose }: { reason: PauseReason | null; onClose: () => void }) {
  const t = useWords();
  const [name, setName] = useState(reason?.name ?? "");
  const [failure, setFailure] = useState<unknown>(null);
  return (
    <Dialog title={reason?.name ?? t("new_reason")} onClose={onClose} size="s">
      <Form
        action={t(reason ? "save" : "create")}
        failure={failure}
        onFailure={setFailure}
        onCancel={onClose}
        onSubmit={() => saveReason(reason?.id ?? null, name).then(onClose)}
      >
        <NameField value={name} failure={failure} onText={setName} />
      </Form>
    </Dialog>
  );
}
