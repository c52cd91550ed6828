/** A chat inbox: what the widget says and looks like, where it may stand, how to put it there. */

import { useState } from "react";
import { fieldProblem } from "../problem";
import { Check, TextArea, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { type ChannelProps, installSnippet, parseOrigins } from "./inbox_model";
import { CopyField, Section } from "./parts";

export function ChatFields({ settings, onChange, failure }: ChannelProps) {
  const t = useWords();
  const [origins, setOrigins] = useState(settings.allowed_origins.join("\n"));
  return (
    <>
      <TextField
        label={t("greeting")}
        hint={t("greeting_hint")}
        value={settings.greeting}
        problem={fieldProblem(failure, "settings/greeting")}
        onText={(greeting) => onChange({ greeting })}
      />
      <div className="form-pair">
        <TextField
          label={t("accent_color")}
          type="color"
          value={settings.accent_color}
          problem={fieldProblem(failure, "settings/accent_color")}
          onText={(accent_color) => onChange({ accent_color })}
        />
        <TextArea
          label={t("allowed_origins")}
          hint={t("allowed_origins_hint")}
          rows={3}
          placeholder="https://www.example.com"
          value={origins}
          problem={fieldProblem(failure, "settings/allowed_origins")}
          onText={(text) => {
            setOrigins(text);
            onChange({ allowed_origins: parseOrigins(text) });
          }}
        />
      </div>
      <Check
        label={t("identified_only")}
        hint={t("identified_only_hint")}
        checked={settings.identified_only}
        onChecked={(identified_only) => onChange({ identified_only })}
      />
      <Check
        label={t("sneak_peek")}
        hint={t("sneak_peek_hint")}
        checked={settings.sneak_peek}
        onChecked={(sneak_peek) => onChange({ sneak_peek })}
      />
    </>
  );
}

export function Install({ inboxId }: { inboxId: string }) {
  const t = useWords();
  return (
    <Section title={t("install")} hint={t("install_hint")}>
      <CopyField label={t("install")} value={installSnippet(location.origin, inboxId)} />
    </Section>
  );
}
