-- The armed SLA clocks of all workspaces; run without a workspace.

-- name: list_armed
-- A page of those after ($1, $2, $3, $4) that ring by $5, in that order, by the index sla_targets_armed.
SELECT workspace_id, ticket_id, target, next_at FROM list_armed_targets($1, $2, $3, $4, $5, $6)
