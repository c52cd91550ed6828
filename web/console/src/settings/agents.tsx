/** The people of the desk: their role, teams and inboxes, and their way in. */
import type { Agent, Role } from "@parley/shared/resources";
import { useState } from "react";
import { useAgents, useInboxes, useMe, useTeams } from "../data/view";
import { fieldProblem, report } from "../problem";
import { Dialog } from "../ui/dialog";
import { Avatar, Button, Check, Select, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { makePassword, saveAgent, setPassword } from "./actions";
import { roleOf, toggledId } from "./model";
import { AddButton, Checks, Form, NameField, SecretDialog, Section } from "./parts";

const ROLES: readonly Role[] = ["admin", "agent", "light_agent"];

interface Secret {
  name: string;
  password: string;
}

export function AgentsSection() {
  const t = useWords();
  const agents = useAgents();
  const [editing, setEditing] = useState<Agent | "new" | null>(null);
  const [secret, setSecret] = useState<Secret | null>(null);
  const add = <AddButton label={t("new_agent")} onClick={() => setEditing("new")} />;
  return (
    <Section title={t("agents")} hint={t("agents_hint")} action={add}>
      <ul className="card-list">
        {agents.map((agent) => (
          <li key={agent.id}>
            <button type="button" className="card-row" onClick={() => setEditing(agent)}>
              <Avatar id={agent.id} name={agent.name} />
              <span className="card-main">
                <b>{agent.name}</b>
                <span>{agent.email}</span>
              </span>
              <span className="card-side">
                {!agent.active && <span className="mark">{t("deactivated")}</span>}
                <span>{t(`role_${roleOf(agent)}`)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {editing && (
        <AgentDialog
          agent={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onSecret={setSecret}
        />
      )}
      {secret && (
        <SecretDialog
          title={t("password_of", { name: secret.name })}
          hint={t("secret_once")}
          secret={secret.password}
          onClose={() => setSecret(null)}
        />
      )}
    </Section>
  );
}

interface DialogProps {
  agent: Agent | null;
  onClose: () => void;
  onSecret: (secret: Secret) => void;
}

function AgentDialog({ agent, onClose, onSecret }: DialogProps) {
  const t = useWords();
  const me = useMe();
  const [teams, inboxes] = [useTeams(), useInboxes()];
  const [fields, setFields] = useState(() =>
    fieldsOf(
      agent,
      inboxes.map(({ id }) => id),
    ),
  );
  const [failure, setFailure] = useState<unknown>(null);
  const change = (part: Partial<typeof fields>) => setFields({ ...fields, ...part });
  const submit = async () => {
    const { role, active, ...rest } = fields;
    const body = { ...rest, roles: [role] };
    if (agent) await saveAgent(agent.id, { ...body, active });
    else {
      const password = makePassword();
      await saveAgent(null, { ...body, password });
      onSecret({ name: fields.name, password });
    }
    onClose();
  };
  const isMe = agent?.id === me.id;
  return (
    <Dialog title={agent ? agent.name : t("new_agent")} onClose={onClose}>
      <Form
        action={t(agent ? "save" : "create")}
        failure={failure}
        onSubmit={submit}
        onFailure={setFailure}
        onCancel={onClose}
      >
        <div className="form-pair">
          <NameField value={fields.name} failure={failure} onText={(name) => change({ name })} />
          <TextField
            label={t("email")}
            type="email"
            required
            value={fields.email}
            problem={fieldProblem(failure, "email")}
            onText={(email) => change({ email })}
          />
        </div>
        {!isMe && (
          <Select<Role>
            label={t("role")}
            hint={t(`role_hint_${fields.role}`)}
            value={fields.role}
            options={ROLES.map((value) => ({ value, label: t(`role_${value}`) }))}
            onValue={(role) => change({ role })}
          />
        )}
        <div className="form-pair">
          <Checks
            label={t("inboxes")}
            options={inboxes}
            chosen={fields.inbox_ids}
            onToggle={(id) => change({ inbox_ids: toggledId(fields.inbox_ids, id) })}
          />
          <Checks
            label={t("teams")}
            options={teams}
            chosen={fields.team_ids}
            onToggle={(id) => change({ team_ids: toggledId(fields.team_ids, id) })}
          />
        </div>
        {agent && !isMe && (
          <Check
            label={t("active")}
            hint={t("active_hint")}
            checked={fields.active}
            onChecked={(active) => change({ active })}
          />
        )}
        {agent && !isMe && <ResetPassword agent={agent} onSecret={onSecret} onClose={onClose} />}
      </Form>
    </Dialog>
  );
}

function ResetPassword({ agent, onSecret, onClose }: DialogProps & { agent: Agent }) {
  const t = useWords();
  const reset = () => {
    const password = makePassword();
    setPassword(agent.id, password).then(() => {
      onSecret({ name: agent.name, password });
      onClose();
    }, report);
  };
  return (
    <div className="inline-action">
      <span>{t("reset_password_hint")}</span>
      <Button onClick={reset}>{t("reset_password")}</Button>
    </div>
  );
}

function fieldsOf(agent: Agent | null, allInboxes: string[]) {
  return {
    name: agent?.name ?? "",
    email: agent?.email ?? "",
    role: agent ? roleOf(agent) : ("agent" as Role),
    inbox_ids: agent?.inbox_ids ?? allInboxes,
    team_ids: agent?.team_ids ?? [],
    active: agent?.active ?? true,
  };
}
