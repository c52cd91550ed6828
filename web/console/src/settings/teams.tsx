/** Teams and who is in them. */
import type { Team } from "@parley/shared/resources";
import { Users } from "lucide-react";
import { useState } from "react";
import { useAgents, useTeams } from "../data/view";
import { Dialog } from "../ui/dialog";
import { Empty } from "../ui/parts";
import { useWords } from "../words/view";
import { deleteTeam, saveTeam } from "./actions";
import { toggledId } from "./model";
import { AddButton, Checks, DeleteButton, Form, NameField, Section } from "./parts";

export function TeamsSection() {
  const t = useWords();
  const teams = useTeams();
  const [editing, setEditing] = useState<Team | "new" | null>(null);
  const add = <AddButton label={t("new_team")} onClick={() => setEditing("new")} />;
  return (
    <Section title={t("teams")} hint={t("teams_hint")} action={add}>
      {!teams.length && <Empty icon={<Users />} title={t("none_yet")} />}
      <ul className="card-list">
        {teams.map((team) => (
          <li key={team.id} className="card-item">
            <button type="button" className="card-row" onClick={() => setEditing(team)}>
              <span className="card-main">
                <b>{team.name}</b>
                <span>{t("members_count", { count: team.agent_ids.length })}</span>
              </span>
            </button>
            <DeleteButton name={team.name} isQuiet onDelete={() => deleteTeam(team.id)} />
          </li>
        ))}
      </ul>
      {editing && (
        <TeamDialog team={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
    </Section>
  );
}

function TeamDialog({ team, onClose }: { team: Team | null; onClose: () => void }) {
  const t = useWords();
  const agents = useAgents().filter(({ active }) => active);
  const [name, setName] = useState(team?.name ?? "");
  const [agentIds, setAgentIds] = useState<string[]>(team?.agent_ids ?? []);
  const [failure, setFailure] = useState<unknown>(null);
  return (
    <Dialog title={team?.name ?? t("new_team")} onClose={onClose} size="s">
      <Form
        action={t(team ? "save" : "create")}
        failure={failure}
        onFailure={setFailure}
        onCancel={onClose}
        onSubmit={() => saveTeam(team?.id ?? null, { name, agent_ids: agentIds }).then(onClose)}
      >
        <NameField value={name} failure={failure} onText={setName} />
        <Checks
          label={t("members")}
          options={agents}
          chosen={agentIds}
          onToggle={(id) => setAgentIds(toggledId(agentIds, id))}
        />
      </Form>
    </Dialog>
  );
}
