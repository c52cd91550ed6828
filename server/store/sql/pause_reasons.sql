-- name: select_reasons
-- Reasons that can be chosen; few in every workspace.
SELECT r.id, r.name, r.created_at /*sort*/
FROM pause_reasons r WHERE r.workspace_id = $1 AND r.deleted_at IS NULL

-- name: count_reasons
SELECT count(*) FROM pause_reasons WHERE workspace_id = $1 AND deleted_at IS NULL

-- name: add_reason
INSERT INTO pause_reasons (workspace_id, id, name) VALUES ($1, $2, $3)

-- name: change_reason
UPDATE pause_reasons SET name = $3 WHERE workspace_id = $1 AND id = $2

-- name: delete_reason
-- The row stays for the names in the log.
UPDATE pause_reasons SET deleted_at = now() WHERE workspace_id = $1 AND id = $2
