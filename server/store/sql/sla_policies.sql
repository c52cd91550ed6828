-- name: select_policies
-- Policies; by the primary key, few in every workspace.
SELECT p.id, p.name, p.description, p.priority_level, p.first_response_time_minutes,
    p.resolution_time_hours, p.warning_percent, p.active, p.created_at, p.updated_at
    /*sort*/
FROM sla_policies p WHERE p.workspace_id = $1

-- name: lock_policy
SELECT id FROM sla_policies WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: add_policy
INSERT INTO sla_policies (workspace_id, id, name, description, priority_level,
    first_response_time_minutes, resolution_time_hours, warning_percent, active)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: change_policy
UPDATE sla_policies SET name = $3, description = $4, priority_level = $5,
    first_response_time_minutes = $6, resolution_time_hours = $7, warning_percent = $8,
    active = $9, updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: delete_policy
-- What runs under it runs on: a target carries its own times.
DELETE FROM sla_policies WHERE workspace_id = $1 AND id = $2 RETURNING id
