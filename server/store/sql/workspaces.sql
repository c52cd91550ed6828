-- name: find_workspace
SELECT id, name FROM workspaces WHERE id = $1

-- name: lock_workspace
SELECT id, name FROM workspaces WHERE id = $1 FOR UPDATE

-- name: rename_workspace
UPDATE workspaces SET name = $2 WHERE id = $1

-- name: list_workspaces
-- Every workspace, oldest first, through a definer function.
SELECT workspace_id AS id, name FROM list_workspaces()

-- name: ping
SELECT 1

-- name: add_workspace
-- The setting of the transaction already names the new workspace.
INSERT INTO workspaces (id, name) VALUES ($1, $2)
