-- name: select_teams
-- Teams with their members; by the primary key, few in every workspace.
SELECT t.id, t.name, t.created_at,
    ARRAY(SELECT m.agent_id FROM team_members m
          WHERE m.workspace_id = t.workspace_id AND m.team_id = t.id ORDER BY 1) AS agent_ids
    /*sort*/
FROM teams t WHERE t.workspace_id = $1

-- name: lock_team
SELECT id FROM teams WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: add_team
INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, $3)

-- name: rename_team
UPDATE teams SET name = $3 WHERE workspace_id = $1 AND id = $2

-- name: set_members
WITH gone AS (DELETE FROM team_members
    WHERE workspace_id = $1 AND team_id = $2 AND agent_id <> ALL ($3::uuid[]))
INSERT INTO team_members (workspace_id, team_id, agent_id)
SELECT $1, $2, id FROM agents WHERE workspace_id = $1 AND id = ANY ($3::uuid[])
ON CONFLICT DO NOTHING

-- name: has_open_tickets
-- Whether a ticket that is not done is this team's; by tickets_open.
SELECT EXISTS (SELECT FROM tickets WHERE workspace_id = $1 AND team_id = $2
    AND status = ANY ('{new,open,pending,on_hold}'))

-- name: delete_team
DELETE FROM teams WHERE workspace_id = $1 AND id = $2
