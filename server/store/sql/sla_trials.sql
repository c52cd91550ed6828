-- name: add
-- One at a time: the index sla_trials_one refuses a second. What is older than the newest finished $4 is forgotten.
WITH forgotten AS (
    DELETE FROM sla_trials WHERE workspace_id = $1 AND state NOT IN ('queued', 'running') AND id NOT IN (
        SELECT id FROM sla_trials WHERE workspace_id = $1 ORDER BY created_at DESC, id DESC LIMIT $4))
INSERT INTO sla_trials (workspace_id, id, proposal) VALUES ($1, $2, $3::jsonb)

-- name: list_newest
-- By sla_trials_newest.
SELECT id, state, proposal, done, total, NULL::jsonb AS found, created_at, finished_at FROM sla_trials
WHERE workspace_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2

-- name: find
SELECT id, state, proposal, done, total, found, created_at, finished_at FROM sla_trials
WHERE workspace_id = $1 AND id = $2

-- name: cancel
-- What is under way stops with the page that is being read; what has finished is forgotten.
WITH gone AS (
    DELETE FROM sla_trials WHERE workspace_id = $1 AND id = $2 AND state NOT IN ('queued', 'running') RETURNING id),
stopped AS (
    UPDATE sla_trials SET state = 'cancelled', finished_at = now()
    WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running') RETURNING id)
SELECT id FROM gone UNION ALL SELECT id FROM stopped

-- name: list_waiting
SELECT workspace_id, id FROM list_sla_trials($1)

-- name: read_work
SELECT proposal, before_at, before_id, done, total, found, created_at FROM sla_trials
WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running')

-- name: count_tickets
-- Up to $5, by tickets_created, or tickets_inbox where only one inbox is meant.
SELECT count(*) FROM (SELECT FROM tickets WHERE workspace_id = $1 AND created_at >= $2 AND created_at < $3
    AND ($4::uuid IS NULL OR inbox_id = $4) LIMIT $5) AS found

-- name: list_tickets
-- The newest before a place, by tickets_created.
SELECT id, number, created_at FROM tickets
WHERE workspace_id = $1 AND created_at >= $2 AND (created_at, id) < ($3, $4) AND ($5::uuid IS NULL OR inbox_id = $5)
ORDER BY created_at DESC, id DESC LIMIT $6

-- name: list_by_machines
-- What no person wrote, of some tickets, by raw_mails_ticket.
SELECT interaction_id FROM raw_mails
WHERE workspace_id = $1 AND ticket_id = ANY ($2::uuid[]) AND interaction_id IS NOT NULL
    AND (mail_class <> 'human' OR head->>'auto' IS NOT NULL)

-- name: advance
-- Changes nothing when it was cancelled meanwhile.
UPDATE sla_trials SET state = $3, before_at = $4, before_id = $5, done = $6, total = $7, found = $8::jsonb,
    finished_at = CASE WHEN $3 = 'running' THEN NULL ELSE now() END
WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running')

-- name: fail
UPDATE sla_trials SET state = 'failed', finished_at = now()
WHERE workspace_id = $1 AND id = $2 AND state IN ('queued', 'running')
