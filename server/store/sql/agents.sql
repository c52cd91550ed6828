-- name: select_agents
-- Agents with their teams and inboxes; by the primary key, few in every workspace.
SELECT a.id, a.name, a.email, a.role, a.active, a.created_at,
    coalesce(p.status, 'offline') AS status, p.last_active_at,
    ARRAY(SELECT m.team_id FROM team_members m
          WHERE m.workspace_id = a.workspace_id AND m.agent_id = a.id ORDER BY 1) AS team_ids,
    ARRAY(SELECT m.inbox_id FROM inbox_members m
          JOIN inboxes i ON i.workspace_id = m.workspace_id AND i.id = m.inbox_id
          WHERE m.workspace_id = a.workspace_id AND m.agent_id = a.id AND i.deleted_at IS NULL
          ORDER BY 1) AS inbox_ids
    /*sort*/
FROM agents a
LEFT JOIN agent_presence p ON p.workspace_id = a.workspace_id AND p.agent_id = a.id
WHERE a.workspace_id = $1

-- name: lock_agent
-- Holds the row, so that an edit with a condition sees what it changes.
SELECT id FROM agents WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: add_agent
INSERT INTO agents (workspace_id, id, name, email, role, password_hash)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: change_agent
-- A null leaves as it is.
UPDATE agents SET name = coalesce($3, name), email = coalesce($4, email),
    role = coalesce($5, role), active = coalesce($6, active), updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: set_teams
WITH gone AS (DELETE FROM team_members
    WHERE workspace_id = $1 AND agent_id = $2 AND team_id <> ALL ($3::uuid[]))
INSERT INTO team_members (workspace_id, team_id, agent_id)
SELECT $1, id, $2 FROM teams WHERE workspace_id = $1 AND id = ANY ($3::uuid[])
ON CONFLICT DO NOTHING

-- name: set_inboxes
WITH gone AS (DELETE FROM inbox_members
    WHERE workspace_id = $1 AND agent_id = $2 AND inbox_id <> ALL ($3::uuid[]))
INSERT INTO inbox_members (workspace_id, inbox_id, agent_id)
SELECT $1, id, $2 FROM inboxes
WHERE workspace_id = $1 AND id = ANY ($3::uuid[]) AND deleted_at IS NULL
ON CONFLICT DO NOTHING

-- name: count_teams
SELECT count(*) FROM teams WHERE workspace_id = $1 AND id = ANY ($2::uuid[])

-- name: count_inboxes
SELECT count(*) FROM inboxes WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL

-- name: count_agents
SELECT count(*) FROM agents WHERE workspace_id = $1 AND id = ANY ($2::uuid[])

-- name: lock_admins
-- Every active admin, held, so that two edits at once cannot take away the last.
SELECT id FROM agents WHERE workspace_id = $1 AND role = 'admin' AND active ORDER BY id FOR UPDATE
