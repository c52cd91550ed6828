/** What is one's own: the password and the API tokens; and the workspace's name and tags. */
import { useQuery } from "@tanstack/react-query";
import { KeyRound, Tag as TagIcon } from "lucide-react";
import { useState } from "react";
import { useMe, useTags, useWorkspace } from "../data/view";
import { listAll } from "../http";
import { fieldProblem } from "../problem";
import { resumeSession } from "../session/actions";
import { Asked } from "../ui/asked";
import { Dialog } from "../ui/dialog";
import { notify } from "../ui/notices";
import { Empty, TextField } from "../ui/parts";
import { Age } from "../ui/time";
import { useWords } from "../words/view";
import {
  type ApiToken,
  changeOwnPassword,
  changeWorkspace,
  createTag,
  createToken,
  deleteTag,
  deleteToken,
} from "./actions";
import {
  AddButton,
  DeleteButton,
  Form,
  NameField,
  SecretDialog,
  Section,
  ZoneField,
} from "./parts";

const MIN_PASSWORD = 8;

export function ProfileSection() {
  const t = useWords();
  const me = useMe();
  const [fields, setFields] = useState({ current: "", next: "" });
  const [failure, setFailure] = useState<unknown>(null);
  const submit = async () => {
    await changeOwnPassword(fields.current, fields.next);
    setFields({ current: "", next: "" });
    await resumeSession();
    notify(t("password_changed"));
  };
  return (
    <Section title={t("my_password")} hint={t("my_password_hint", { email: me.email })}>
      <Form
        action={t("change_password")}
        failure={failure}
        onSubmit={submit}
        onFailure={setFailure}
      >
        <input type="hidden" name="username" autoComplete="username" value={me.email} readOnly />
        <TextField
          label={t("current_password")}
          type="password"
          autoComplete="current-password"
          required
          value={fields.current}
          problem={fieldProblem(failure, "current_password")}
          onText={(current) => setFields({ ...fields, current })}
        />
        <TextField
          label={t("new_password")}
          type="password"
          autoComplete="new-password"
          required
          minLength={MIN_PASSWORD}
          value={fields.next}
          problem={fieldProblem(failure, "new_password")}
          onText={(next) => setFields({ ...fields, next })}
        />
      </Form>
    </Section>
  );
}

export function TokensSection() {
  const t = useWords();
  const me = useMe();
  const answer = useQuery({
    queryKey: ["tokens"],
    queryFn: () => listAll<ApiToken>(`/agents/${me.id}/tokens`),
  });
  const tokens = answer.data;
  const [isCreating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const add = <AddButton label={t("new_token")} onClick={() => setCreating(true)} />;
  return (
    <Section title={t("tokens")} hint={t("tokens_hint")} action={add}>
      <Asked answer={answer} />
      {tokens && !tokens.length && <Empty icon={<KeyRound />} title={t("none_yet")} />}
      <ul className="card-list">
        {tokens?.map((token) => (
          <li key={token.id} className="card-item">
            <span className="card-row">
              <span className="card-main">
                <b>{token.name}</b>
                <span>
                  {t("created")} <Age at={token.created_at} />
                  {token.last_used_at && (
                    <>
                      {" · "}
                      {t("last_used")} <Age at={token.last_used_at} />
                    </>
                  )}
                </span>
              </span>
            </span>
            <DeleteButton
              name={token.name}
              isQuiet
              label={t("revoke")}
              onDelete={() => deleteToken(me.id, token.id)}
            />
          </li>
        ))}
      </ul>
      {isCreating && (
        <NameDialog
          title={t("new_token")}
          hint={t("token_name_hint")}
          onClose={() => setCreating(false)}
          onName={(name) => createToken(me.id, name).then(({ token }) => setSecret(token))}
        />
      )}
      {secret && (
        <SecretDialog
          title={t("new_token")}
          hint={t("secret_once")}
          secret={secret}
          onClose={() => setSecret(null)}
        />
      )}
    </Section>
  );
}

interface NameDialogProps {
  title: string;
  hint: string;
  onName: (name: string) => Promise<unknown>;
  onClose: () => void;
}

function NameDialog({ title, hint, onName, onClose }: NameDialogProps) {
  const t = useWords();
  const [name, setName] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  return (
    <Dialog title={title} onClose={onClose} size="s">
      <Form
        action={t("create")}
        failure={failure}
        onFailure={setFailure}
        onCancel={onClose}
        onSubmit={() => onName(name.trim()).then(onClose)}
      >
        <NameField hint={hint} value={name} failure={failure} onText={setName} />
      </Form>
    </Dialog>
  );
}

export function TagsSection() {
  const t = useWords();
  const tags = useTags();
  const [isCreating, setCreating] = useState(false);
  const add = <AddButton label={t("new_tag")} onClick={() => setCreating(true)} />;
  return (
    <Section title={t("tags")} hint={t("tags_hint")} action={add}>
      {!tags.length && <Empty icon={<TagIcon />} title={t("tags_none_yet")} />}
      <ul className="card-list">
        {tags.map((tag) => (
          <li key={tag.id} className="card-item">
            <span className="card-row">
              <span className="card-main">
                <b>{tag.name}</b>
              </span>
              <span className="card-side">{t("tickets_count", { count: tag.tickets_count })}</span>
            </span>
            <DeleteButton name={tag.name} isQuiet onDelete={() => deleteTag(tag.id)} />
          </li>
        ))}
      </ul>
      {isCreating && (
        <NameDialog
          title={t("new_tag")}
          hint={t("tag_name_hint")}
          onClose={() => setCreating(false)}
          onName={createTag}
        />
      )}
    </Section>
  );
}

export function WorkspaceSection() {
  const t = useWords();
  const known = useWorkspace();
  const [name, setName] = useState(known.name);
  const [zone, setZone] = useState(known.time_zone);
  const [failure, setFailure] = useState<unknown>(null);
  const submit = async () => {
    await changeWorkspace({ name: name.trim(), time_zone: zone.trim() });
    await resumeSession();
    notify(t("saved"));
  };
  return (
    <Section title={t("workspace")} hint={t("workspace_hint")}>
      <Form action={t("save")} failure={failure} onSubmit={submit} onFailure={setFailure}>
        <NameField value={name} failure={failure} onText={setName} />
        <ZoneField
          value={zone}
          hint={t("workspace_zone_hint")}
          failure={failure}
          onText={setZone}
        />
      </Form>
    </Section>
  );
}
