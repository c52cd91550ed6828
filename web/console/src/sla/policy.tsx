/** The form of a policy: which tickets it means, and what it promises them. */
import type { Calendar, PauseReason, SlaPolicy } from "@parley/shared/sla";
import { ArrowLeft, FlaskConical } from "lucide-react";
import { useState } from "react";
import { Unfinished } from "../problem";
import { navigate } from "../route/actions";
import type { Route } from "../route/model";
import { Link } from "../route/view";
import { Form, NameField, Section } from "../settings/parts";
import { Button, Check, TextArea } from "../ui/parts";
import { useWords } from "../words/view";
import { savePolicy } from "./actions";
import { Conditions } from "./conditions";
import { draftOf, isUnfinished, type PolicyDraft, TARGETS, withPromise } from "./model";
import { PromiseFields } from "./promise";
import { TrialDialog } from "./trial";
import { proposed } from "./trial_model";

const ALL: Route = { page: "settings", section: "sla", id: null };

interface Props {
  policy: SlaPolicy | null;
  policies: readonly SlaPolicy[];
  calendars: readonly Calendar[];
  reasons: readonly PauseReason[];
}

export function PolicyForm({ policy, policies, calendars, reasons }: Props) {
  const t = useWords();
  const [draft, setDraft] = useState(() => draftOf(policy));
  const [failure, setFailure] = useState<unknown>(null);
  const change = (part: Partial<PolicyDraft>) => setDraft({ ...draft, ...part });
  const [isTrying, setTrying] = useState(false);
  const submit = async () => {
    if (!draft.targets.length) throw new Unfinished(t("sla_promise_needed"));
    if (draft.targets.some(({ steps }) => steps.some(isUnfinished)))
      throw new Unfinished(t("sla_step_unfinished"));
    await savePolicy(policy?.id ?? null, draft);
    navigate(ALL);
  };
  return (
    <>
      <Link to={ALL} className="quiet-link">
        <ArrowLeft aria-hidden /> {t("sla_policies")}
      </Link>
      <Section title={policy?.name ?? t("new_policy")}>
        <Form
          action={t(policy ? "save" : "create")}
          failure={failure}
          onFailure={setFailure}
          onCancel={() => navigate(ALL)}
          onSubmit={submit}
        >
          <NameField value={draft.name} failure={failure} onText={(name) => change({ name })} />
          <TextArea
            label={t("description")}
            rows={2}
            value={draft.description}
            onText={(description) => change({ description })}
          />
          <Conditions
            conditions={draft.conditions}
            onConditions={(conditions) => change({ conditions })}
          />
          <h3 className="form-title">{t("sla_promises")}</h3>
          {TARGETS.map((target) => (
            <PromiseFields
              key={target}
              target={target}
              promise={draft.targets.find((one) => one.target === target) ?? null}
              calendars={calendars}
              reasons={reasons}
              onPromise={(promise) =>
                change({ targets: withPromise(draft.targets, target, promise) })
              }
            />
          ))}
          <div>
            <Button disabled={!draft.targets.length} onClick={() => setTrying(true)}>
              <FlaskConical aria-hidden /> {t("trial_open")}
            </Button>
          </div>
          {isTrying && (
            <TrialDialog
              rules={{ policies: proposed(policies, draft, policy?.id ?? null) }}
              onClose={() => setTrying(false)}
            />
          )}
          <Check
            label={t("active")}
            checked={draft.active}
            onChecked={(active) => change({ active })}
          />
        </Form>
      </Section>
    </>
  );
}
