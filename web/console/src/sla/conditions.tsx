/** Which tickets a policy means: of each kind that is given, one must hold. */
import { type Priority, priorities } from "@parley/shared/resources";
import type { SlaConditions } from "@parley/shared/sla";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useInboxes, useTags, useTeams } from "../data/view";
import { toggledId } from "../settings/model";
import { Button, IconButton, TextField } from "../ui/parts";
import { Picker } from "../ui/picker";
import { useWords } from "../words/view";
import { listed, unlisted } from "./model";

const CHANNELS = ["chat", "email", "api"] as const;

interface Props {
  conditions: SlaConditions;
  onConditions: (conditions: SlaConditions) => void;
}

export function Conditions({ conditions, onConditions }: Props) {
  const t = useWords();
  const change = (part: Partial<SlaConditions>) => onConditions({ ...conditions, ...part });
  return (
    <fieldset className="form-group">
      <legend>{t("sla_conditions")}</legend>
      <p className="field-hint">{t("sla_conditions_hint")}</p>
      <Chosen
        label={t("priority")}
        options={priorities.map((id) => ({ id, name: t(`priority_${id}`) }))}
        ids={conditions.priorities}
        onIds={(ids) => change({ priorities: ids as Priority[] })}
      />
      <Chosen
        label={t("channel")}
        options={CHANNELS.map((id) => ({ id, name: t(`channel_${id}`) }))}
        ids={conditions.channels}
        onIds={(ids) => change({ channels: ids as SlaConditions["channels"] })}
      />
      <Chosen
        label={t("inbox")}
        options={useInboxes()}
        ids={conditions.inbox_ids}
        onIds={(inbox_ids) => change({ inbox_ids })}
      />
      <Chosen
        label={t("team")}
        options={useTeams()}
        ids={conditions.team_ids}
        onIds={(team_ids) => change({ team_ids })}
      />
      <Chosen
        label={t("tag")}
        options={useTags()}
        ids={conditions.tag_ids}
        onIds={(tag_ids) => change({ tag_ids })}
      />
      <div className="form-triple">
        <Texts
          label={t("customer_tier")}
          texts={conditions.tiers}
          onTexts={(tiers) => change({ tiers })}
        />
        <Texts
          label={t("company")}
          texts={conditions.companies}
          onTexts={(companies) => change({ companies })}
        />
        <Texts
          label={t("language")}
          texts={conditions.languages}
          onTexts={(languages) => change({ languages })}
        />
      </div>
      <CustomFields fields={conditions.fields} onFields={(fields) => change({ fields })} />
    </fieldset>
  );
}

interface ChosenProps {
  label: string;
  options: readonly { id: string; name: string }[];
  ids: readonly string[];
  onIds: (ids: string[]) => void;
}

/** Some of what the desk knows, as chips, with a list to choose more from. */
export function Chosen({ label, options, ids, onIds }: ChosenProps) {
  const t = useWords();
  const toggle = (id: string) => onIds(toggledId(ids, id));
  return (
    <div className="chosen">
      <span className="chosen-label">{label}</span>
      {ids.map((id) => {
        const name = options.find((one) => one.id === id)?.name ?? "?";
        return (
          <span key={id} className="chip tag-chip">
            {name}
            <button
              type="button"
              className="chip-remove"
              aria-label={t("choice_remove", { name })}
              onClick={() => toggle(id)}
            >
              <X aria-hidden />
            </button>
          </span>
        );
      })}
      <Picker
        label={label}
        options={options.map(({ id, name }) => ({ value: id, label: name }))}
        chosen={ids}
        isMultiple
        onChoose={toggle}
        emptyText={t("none_yet")}
        trigger={
          <button type="button" className="prop prop-quiet" aria-label={t("choice_add", { label })}>
            <Plus aria-hidden />
            {!ids.length && <span>{t("any")}</span>}
          </button>
        }
      />
    </div>
  );
}

interface TextsProps {
  label: string;
  texts: readonly string[];
  onTexts: (texts: string[]) => void;
}

/** Texts with commas between them; taken when the field is left, so that a comma can be typed. */
function Texts({ label, texts, onTexts }: TextsProps) {
  const t = useWords();
  const [text, setText] = useState(listed(texts));
  const write = (typed: string) => {
    setText(typed);
    onTexts(unlisted(typed));
  };
  return <TextField label={label} placeholder={t("any")} value={text} onText={write} />;
}

interface FieldsProps {
  fields: SlaConditions["fields"];
  onFields: (fields: SlaConditions["fields"]) => void;
}

function CustomFields({ fields, onFields }: FieldsProps) {
  const t = useWords();
  const put = (at: number, part: Partial<SlaConditions["fields"][number]>) =>
    onFields(fields.map((one, other) => (other === at ? { ...one, ...part } : one)));
  return (
    <>
      {fields.map(({ name, values }, at) => (
        <div key={`${fields.length}-${at}`} className="field-row">
          <TextField
            label={t("custom_field")}
            value={name}
            onText={(text) => put(at, { name: text })}
          />
          <Texts
            label={t("custom_values")}
            texts={values}
            onTexts={(texts) => put(at, { values: texts })}
          />
          <IconButton
            label={t("choice_remove", { name: name || t("custom_field") })}
            onClick={() => onFields(fields.filter((_, other) => other !== at))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      <div>
        <Button look="ghost" onClick={() => onFields([...fields, { name: "", values: [] }])}>
          <Plus aria-hidden /> {t("custom_field_add")}
        </Button>
      </div>
    </>
  );
}
