/** The inboxes: where messages come in, and how each behaves. */
import type { Inbox } from "@parley/shared/resources";
import { ArrowLeft, Plus } from "lucide-react";
import { useState } from "react";
import { useAgents, useInboxes } from "../data/view";
import { fieldProblem, report } from "../problem";
import { navigate } from "../route/actions";
import { NEW_ID } from "../route/model";
import { Link } from "../route/view";
import { ChannelIcon } from "../tickets/row";
import { notify } from "../ui/notices";
import { Button, Empty, Select, Skeleton, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { deleteInbox, leaveForConsent, rotateInboxToken, saveInbox, testInbox } from "./actions";
import { ChatFields, Install } from "./inbox_chat";
import { EmailFields } from "./inbox_email";
import {
  type AnySettings,
  bodyOf,
  CHANNEL_CHOICES,
  fieldsOf,
  type InboxFields,
} from "./inbox_model";
import { toggledId } from "./model";
import { Checks, DeleteButton, Form, NameField, SecretDialog, Section } from "./parts";

export function InboxesSection({ id }: { id: string | null }) {
  const inboxes = useInboxes();
  if (id === null) return <InboxList inboxes={inboxes} />;
  const inbox = inboxes.find((one) => one.id === id);
  if (id !== NEW_ID && !inbox) return <Skeleton lines={5} />;
  return <InboxForm key={id} inbox={inbox ?? null} />;
}

function InboxList({ inboxes }: { inboxes: readonly Inbox[] }) {
  const t = useWords();
  const add = (
    <Link
      to={{ page: "settings", section: "inboxes", id: NEW_ID }}
      className="button button-primary"
    >
      <Plus aria-hidden /> {t("new_inbox")}
    </Link>
  );
  return (
    <Section title={t("inboxes")} hint={t("inboxes_hint")} action={add}>
      {!inboxes.length && <Empty title={t("none_yet")} />}
      <ul className="card-list">
        {inboxes.map((inbox) => (
          <li key={inbox.id}>
            <Link to={{ page: "settings", section: "inboxes", id: inbox.id }} className="card-row">
              <ChannelIcon channel={inbox.channel} />
              <span className="card-main">
                <b>{inbox.name}</b>
                <span>{inbox.address ?? t(`channel_${inbox.channel}`)}</span>
              </span>
              <span className="card-side">
                {t("members_count", { count: inbox.agent_ids.length })}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function InboxForm({ inbox }: { inbox: Inbox | null }) {
  const t = useWords();
  const agents = useAgents().filter(({ active }) => active);
  const [fields, setFields] = useState(() =>
    fieldsOf(
      inbox,
      agents.map((agent) => agent.id),
    ),
  );
  const [failure, setFailure] = useState<unknown>(null);
  const change = (part: Partial<InboxFields>) => setFields({ ...fields, ...part });
  const changeSettings = (part: Partial<AnySettings>) =>
    change({ settings: { ...fields.settings, ...part } });
  const back = () => navigate({ page: "settings", section: "inboxes", id: null });
  const submit = async () => {
    await saveInbox(inbox?.id ?? null, bodyOf(fields, inbox === null));
    notify(t("saved"));
    back();
  };
  const save = async (id: string) => {
    setFailure(null);
    try {
      await saveInbox(id, bodyOf(fields, false));
    } catch (refusal) {
      setFailure(refusal);
      throw refusal;
    }
  };
  const test = async (id: string, what: "imap" | "smtp") => {
    await save(id);
    return testInbox(id, what);
  };
  const connect = async (id: string) => {
    await save(id);
    await leaveForConsent(id);
  };
  return (
    <>
      <Link to={{ page: "settings", section: "inboxes", id: null }} className="quiet-link">
        <ArrowLeft aria-hidden /> {t("inboxes")}
      </Link>
      <Section title={inbox?.name ?? t("new_inbox")}>
        <Form
          action={t(inbox ? "save" : "create")}
          failure={failure}
          onSubmit={submit}
          onFailure={setFailure}
          onCancel={back}
        >
          <div className={inbox ? undefined : "form-pair"}>
            <NameField value={fields.name} failure={failure} onText={(name) => change({ name })} />
            {!inbox && (
              <Select<Inbox["channel"]>
                label={t("channel")}
                value={fields.channel}
                options={CHANNEL_CHOICES.map((value) => ({ value, label: t(`channel_${value}`) }))}
                onValue={(channel) => change({ channel })}
              />
            )}
          </div>
          {fields.channel === "email" && (
            <TextField
              label={t("address")}
              type="email"
              required
              hint={t("address_hint")}
              value={fields.address}
              problem={fieldProblem(failure, "address")}
              onText={(address) => change({ address })}
            />
          )}
          {fields.channel === "chat" && (
            <ChatFields settings={fields.settings} onChange={changeSettings} failure={failure} />
          )}
          {fields.channel === "email" && (
            <EmailFields
              settings={fields.settings}
              onChange={changeSettings}
              failure={failure}
              address={fields.address}
              inbox={inbox}
              onTest={inbox && ((what) => test(inbox.id, what))}
              onConnect={inbox && (() => connect(inbox.id))}
            />
          )}
          <Checks
            label={t("members")}
            options={agents}
            chosen={fields.agent_ids}
            onToggle={(id) => change({ agent_ids: toggledId(fields.agent_ids, id) })}
          />
        </Form>
      </Section>
      {inbox?.channel === "chat" && <Install inboxId={inbox.id} />}
      {inbox && <InboxSecret inbox={inbox} />}
      {inbox && (
        <Section
          title={t("delete_inbox")}
          hint={t("delete_inbox_hint")}
          action={
            <DeleteButton name={inbox.name} onDelete={() => deleteInbox(inbox.id).then(back)} />
          }
        >
          {null}
        </Section>
      )}
    </>
  );
}

/** The key that signs identities (chat) or authenticates webhooks (mail): made anew, shown once. */
function InboxSecret({ inbox }: { inbox: Inbox }) {
  const t = useWords();
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = () => {
    rotateInboxToken(inbox.id).then(({ token }) => setSecret(token), report);
  };
  return (
    <Section
      title={t("inbox_secret")}
      hint={t(inbox.channel === "chat" ? "inbox_secret_chat" : "inbox_secret_mail")}
      action={<Button onClick={rotate}>{t("inbox_secret_new")}</Button>}
    >
      {secret && (
        <SecretDialog
          title={t("inbox_secret")}
          hint={t("secret_once")}
          secret={secret}
          onClose={() => setSecret(null)}
        />
      )}
    </Section>
  );
}
