-- name: list_ids
-- Tickets in id order (primary key).
SELECT id FROM tickets WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3

-- name: list_events
-- All events of some tickets, each ticket's in order (primary key).
SELECT ticket_id, seq, public_seq, at, actor_type, actor_id, data FROM events
WHERE workspace_id = $1 AND ticket_id = ANY($2::uuid[]) ORDER BY ticket_id, seq

-- name: list_events_after
-- The next $4 events of a ticket, in order (primary key).
SELECT ticket_id, seq, public_seq, at, actor_type, actor_id, data FROM events
WHERE workspace_id = $1 AND ticket_id = $2 AND seq > $3 ORDER BY seq LIMIT $4

-- name: find_by_number
SELECT id FROM tickets WHERE workspace_id = $1 AND number = $2

-- name: another_desk
-- Whoever remembers a ticket of this desk is to look at it anew. Locks the workspace's row, before any ticket.
UPDATE workspaces SET config_version = config_version + 1 WHERE id = $1

-- name: lock
SELECT FROM tickets WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: mend
-- The folded columns of a locked ticket.
UPDATE tickets SET status = $3, priority = $4, assignee_id = $5, team_id = $6, tag_ids = $7::text::uuid[], seq = $8,
    public_seq = $9, next_due_at = $10, breached = $11, updated_at = $12,
    draft_generation = $13, customer_id = $14, status_reason_id = $15,
    answered_at = $16
WHERE workspace_id = $1 AND id = $2
