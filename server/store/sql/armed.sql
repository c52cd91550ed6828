-- Running SLA targets of all workspaces, for the alarm clocks; run without a workspace.

-- name: list_armed
-- A page of those after ($1, $2, $3, $4) and due by $5, in due order, by the index sla_targets_armed.
SELECT workspace_id, ticket_id, target, due_at, warn_at, warned_at
FROM list_armed_targets($1, $2, $3, $4, $5, $6)
