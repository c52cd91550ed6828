-- The armed SLA clocks of all workspaces; run without a workspace, by the index sla_targets_armed.

-- name: list_armed
-- A page of those in the partitions $1 after ($2, $3, $4, $5), in the order in which they ring.
SELECT workspace_id, ticket_id, target, next_at FROM list_armed_clocks($1, $2, $3, $4, $5, $6)

-- name: list_overdue
-- The earliest of those after ($1, $2, $3, $4) that ring by $5.
SELECT workspace_id, ticket_id, target, next_at FROM list_armed_targets($1, $2, $3, $4, $5, $6)

-- name: list_armed_of
-- Those of a ticket, by primary key, in its workspace.
SELECT workspace_id, ticket_id, target, next_at FROM sla_targets
WHERE workspace_id = $1 AND ticket_id = $2 AND next_at IS NOT NULL
