/** What mail that leaves an inbox says around a reply, who gets it silently, and how it is signed. */
import type { EmailSettings } from "@parley/shared/resources";
import { useState } from "react";
import { fieldProblem } from "../problem";
import { Check, TextArea, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { type ChannelProps, defaultDkim, parseOrigins } from "./inbox_model";
import { CopyField } from "./parts";

export function WordingFields({ settings, onChange, failure }: ChannelProps) {
  const t = useWords();
  const [bcc, setBcc] = useState(settings.bcc.join(", "));
  return (
    <>
      <TextArea
        label={t("signature")}
        hint={t("signature_hint")}
        rows={3}
        value={settings.signature}
        problem={fieldProblem(failure, "settings/signature")}
        onText={(signature) => onChange({ signature })}
      />
      <TextArea
        label={t("template")}
        hint={t("template_hint")}
        rows={3}
        placeholder={"{{reply}}"}
        value={settings.template}
        problem={fieldProblem(failure, "settings/template")}
        onText={(template) => onChange({ template })}
      />
      <Check
        label={t("quote_history")}
        hint={t("quote_history_hint")}
        checked={settings.quote}
        onChecked={(quote) => onChange({ quote })}
      />
      <TextField
        label={t("bcc")}
        hint={t("bcc_hint")}
        value={bcc}
        problem={fieldProblem(failure, "settings/bcc") ?? fieldProblem(failure, "settings/bcc/0")}
        onText={(text) => {
          setBcc(text);
          onChange({ bcc: parseOrigins(text) });
        }}
      />
    </>
  );
}

interface DkimProps extends ChannelProps {
  address: string;
  /** What the server has, with the record to publish. */
  saved: EmailSettings["dkim"];
}

export function DkimFields({ settings, onChange, failure, address, saved }: DkimProps) {
  const t = useWords();
  const { dkim } = settings;
  const change = (part: object) => dkim && onChange({ dkim: { ...dkim, ...part } });
  const isSaved =
    dkim !== null && saved?.domain === dkim.domain && saved.selector === dkim.selector;
  return (
    <fieldset className="form-group">
      <Check
        label={t("dkim")}
        hint={t("dkim_hint")}
        checked={dkim !== null}
        onChecked={(on) => onChange({ dkim: on ? (saved ?? defaultDkim(address)) : null })}
      />
      {dkim && (
        <>
          <div className="form-pair">
            <TextField
              label={t("dkim_domain")}
              required
              value={dkim.domain}
              problem={fieldProblem(failure, "settings/dkim/domain")}
              onText={(domain) => change({ domain })}
            />
            <TextField
              label={t("dkim_selector")}
              required
              value={dkim.selector}
              problem={fieldProblem(failure, "settings/dkim/selector")}
              onText={(selector) => change({ selector })}
            />
          </div>
          <TextArea
            label={t("dkim_key")}
            hint={t("dkim_key_hint")}
            rows={2}
            autoComplete="off"
            spellCheck={false}
            value={dkim.key ?? ""}
            problem={fieldProblem(failure, "settings/dkim/key")}
            onText={(key) => change({ key })}
          />
          {isSaved && saved?.record && saved.host ? (
            <div className="dns-record">
              <p>{t("dkim_publish")}</p>
              <CopyField label={t("dkim_host")} value={saved.host} />
              <CopyField label={t("dkim_record")} value={saved.record} />
            </div>
          ) : (
            <p className="field-hint">{t("dkim_after")}</p>
          )}
        </>
      )}
    </fieldset>
  );
}
