/** A ticket that an agent opens for a customer: by telephone, by letter, in person. */
import type { Priority, Ticket } from "@parley/shared/resources";
import { type FormEvent, useState } from "react";
import { useTags } from "../data/view";
import { http } from "../http";
import { useKept } from "../kept";
import { describe, fieldProblem } from "../problem";
import { navigate } from "../route/actions";
import { HOME, HOME_PLACE, ticketsRoute } from "../route/model";
import { Page } from "../ui/page";
import { Alert, Button, Select, TextArea, TextField } from "../ui/parts";
import { Picker } from "../ui/picker";
import { useWords } from "../words/view";
import { tagOptions } from "./filter_options";
import { PRIORITIES } from "./query";

interface Fields {
  email: string;
  name: string;
  subject: string;
  description: string;
  priority: Priority;
  tags: string[];
}

const EMPTY: Fields = {
  email: "",
  name: "",
  subject: "",
  description: "",
  priority: "normal",
  tags: [],
};

async function openTicketFor({ email, name, ...ticket }: Fields): Promise<Ticket> {
  const known = name.trim() ? { email: email.trim(), name: name.trim() } : { email: email.trim() };
  return http.post<Ticket>("/tickets", { ...ticket, customer: known });
}

export function NewTicketPage() {
  const t = useWords();
  const [fields, change, forget] = useKept("draft.new-ticket", EMPTY);
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    openTicketFor(fields)
      .then(({ id }) => {
        forget();
        navigate(ticketsRoute(id, HOME_PLACE));
      })
      .catch(setFailure)
      .finally(() => setBusy(false));
  };
  const text = (field: "email" | "name" | "subject") => ({
    label: t(field === "email" ? "customer_email" : field === "name" ? "customer_name" : "subject"),
    value: fields[field],
    problem: fieldProblem(failure, field === "subject" ? field : `customer/${field}`),
    onText: (value: string) => change({ [field]: value }),
  });
  return (
    <Page title={t("new_ticket")} isNarrow>
      <form className="card form" onSubmit={submit}>
        {failure !== null && <Alert>{describe(failure)}</Alert>}
        <div className="form-pair">
          <TextField {...text("email")} type="email" required autoComplete="off" />
          <TextField {...text("name")} autoComplete="off" />
        </div>
        <TextField {...text("subject")} required />
        <TextArea
          label={t("description")}
          hint={t("description_hint")}
          rows={8}
          required
          value={fields.description}
          problem={fieldProblem(failure, "description")}
          onText={(description) => change({ description })}
        />
        <div className="form-pair">
          <Select<Priority>
            label={t("priority")}
            value={fields.priority}
            options={PRIORITIES.map((value) => ({ value, label: t(`priority_${value}`) }))}
            onValue={(priority) => change({ priority })}
          />
          <TagsField tags={fields.tags} onTags={(tags) => change({ tags })} />
        </div>
        <div className="form-actions">
          <Button
            onClick={() => {
              forget();
              navigate(HOME);
            }}
          >
            {t("discard")}
          </Button>
          <Button type="submit" look="primary" disabled={isBusy}>
            {t("create_ticket")}
          </Button>
        </div>
      </form>
    </Page>
  );
}

export function TagsField({
  tags,
  onTags,
}: {
  tags: readonly string[];
  onTags: (tags: string[]) => void;
}) {
  const t = useWords();
  const known = useTags();
  const toggle = (name: string) =>
    onTags(tags.includes(name) ? tags.filter((tag) => tag !== name) : [...tags, name]);
  return (
    <div className="field">
      <span className="field-label">{t("tags")}</span>
      <Picker
        label={t("tag_add")}
        options={tagOptions(known)}
        chosen={tags}
        isMultiple
        onChoose={toggle}
        onCreate={toggle}
        createLabel={(tag) => t("tag_create", { tag })}
        emptyText={t("tags_none_yet")}
        trigger={
          <button type="button" className="select-like">
            {tags.length ? tags.join(", ") : <span className="placeholder">{t("tag_add")}</span>}
          </button>
        }
      />
    </div>
  );
}
