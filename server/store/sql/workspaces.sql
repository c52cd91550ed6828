-- name: find_workspace
SELECT id, name, time_zone FROM workspaces WHERE id = $1

-- name: lock_workspace
SELECT id, name, time_zone FROM workspaces WHERE id = $1 FOR UPDATE

-- name: change_workspace
UPDATE workspaces SET name = $2, time_zone = $3 WHERE id = $1

-- name: list_workspaces
-- Every workspace, oldest first, through a definer function.
SELECT workspace_id AS id, name, time_zone FROM list_workspaces()

-- name: ping
SELECT 1

-- name: add_workspace
-- The setting of the transaction already names the new workspace.
INSERT INTO workspaces (id, name) VALUES ($1, $2)
