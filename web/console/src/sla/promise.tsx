/** One promise of a policy: how much time, whose time, what stops it, and what happens on the way. */
import type { SlaTargetName } from "@parley/shared/resources";
import type { Calendar, PauseReason, SlaPromise, WaitingStatus } from "@parley/shared/sla";
import { useState } from "react";
import { toggledId } from "../settings/model";
import { Checks } from "../settings/parts";
import { Check, Select, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import {
  inUnit,
  newPromise,
  reasonsIn,
  type Stands,
  standsIn,
  toMinutes,
  UNITS,
  type Unit,
  unitOf,
  withPause,
} from "./model";
import { Steps } from "./steps";

const WAITING: readonly WaitingStatus[] = ["pending", "on_hold"];
const STANDS: readonly Stands[] = ["runs", "stands", "reasons"];

interface Props {
  target: SlaTargetName;
  promise: SlaPromise | null;
  calendars: readonly Calendar[];
  reasons: readonly PauseReason[];
  onPromise: (promise: SlaPromise | null) => void;
}

export function PromiseFields({ target, promise, calendars, reasons, onPromise }: Props) {
  const t = useWords();
  return (
    <fieldset className="form-group" aria-label={t(`target_${target}`)}>
      <Check
        label={t(`target_${target}`)}
        hint={t(`sla_about_${target}`)}
        checked={promise !== null}
        onChecked={(isOn) => onPromise(isOn ? newPromise(target) : null)}
      />
      {promise && (
        <Fields promise={promise} calendars={calendars} reasons={reasons} onPromise={onPromise} />
      )}
    </fieldset>
  );
}

type FieldsProps = Omit<Props, "target" | "promise" | "onPromise"> & {
  promise: SlaPromise;
  onPromise: (promise: SlaPromise) => void;
};

function Fields({ promise, calendars, reasons, onPromise }: FieldsProps) {
  const t = useWords();
  const change = (part: Partial<SlaPromise>) => onPromise({ ...promise, ...part });
  const [unit, setUnit] = useState<Unit>(() => unitOf(promise.minutes));
  return (
    <>
      <div className="form-triple">
        <Select
          label={t("sla_counted")}
          value={promise.calendar_id ?? ""}
          options={[
            { value: "", label: t("sla_all_time") },
            ...calendars.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onValue={(id) => change({ calendar_id: id || null })}
        />
        <TextField
          label={t("sla_within")}
          type="number"
          min={0}
          step="any"
          required
          value={String(inUnit(promise.minutes, unit))}
          onText={(text) => change({ minutes: toMinutes(Number(text), unit) })}
        />
        <Select<Unit>
          label={t("sla_unit")}
          value={unit}
          options={UNITS.map((value) => ({ value, label: t(`sla_unit_${value}`) }))}
          onValue={(next) => {
            change({ minutes: toMinutes(inUnit(promise.minutes, unit), next) });
            setUnit(next);
          }}
        />
      </div>
      <div className="form-triple form-thirds">
        {WAITING.map((status) => (
          <Select<Stands>
            key={status}
            label={t("sla_while", { status: t(`status_${status}`) })}
            value={standsIn(promise, status)}
            options={STANDS.filter((one) => one !== "reasons" || reasons.length > 0).map(
              (value) => ({ value, label: t(`sla_${value}`) }),
            )}
            onValue={(stands) =>
              onPromise(
                withPause(
                  promise,
                  status,
                  stands,
                  reasons.map(({ id }) => id),
                ),
              )
            }
          />
        ))}
        <Select<SlaPromise["on_reopen"]>
          label={t("sla_on_reopen")}
          value={promise.on_reopen}
          options={(["continue", "restart"] as const).map((value) => ({
            value,
            label: t(`sla_reopen_${value}`),
          }))}
          onValue={(on_reopen) => change({ on_reopen })}
        />
      </div>
      {WAITING.filter((status) => standsIn(promise, status) === "reasons").map((status) => (
        <Checks
          key={status}
          label={t("sla_reasons_in", { status: t(`status_${status}`) })}
          options={reasons}
          chosen={reasonsIn(promise, status)}
          onToggle={(id) => {
            const chosen = toggledId(reasonsIn(promise, status), id);
            onPromise(withPause(promise, status, "reasons", chosen));
          }}
        />
      ))}
      <Steps steps={promise.steps} onSteps={(steps) => change({ steps })} />
    </>
  );
}
