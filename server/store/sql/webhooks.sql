-- Outgoing webhooks and what they are told.

-- name: select_webhooks
-- Webhooks; by the primary key, few in every workspace.
SELECT w.id, w.name, w.url, w.kinds, w.active, w.failing_since, w.last_error, w.disabled_at, w.created_at, w.updated_at
    /*sort*/
FROM outgoing_webhooks w WHERE w.workspace_id = $1

-- name: count_webhooks
SELECT count(*) FROM outgoing_webhooks WHERE workspace_id = $1

-- name: lock_webhook
SELECT id FROM outgoing_webhooks WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: add_webhook
INSERT INTO outgoing_webhooks (workspace_id, id, name, url, kinds, active, secret) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: change_webhook
-- Writes it anew; one that is made active again begins without its history of failures.
UPDATE outgoing_webhooks SET name = $3, url = $4, kinds = $5, active = $6, updated_at = now(),
    failures = CASE WHEN $6 AND NOT active OR url <> $4 THEN 0 ELSE failures END,
    failing_since = CASE WHEN $6 AND NOT active OR url <> $4 THEN NULL ELSE failing_since END,
    resting_until = CASE WHEN $6 AND NOT active OR url <> $4 THEN NULL ELSE resting_until END,
    last_error = CASE WHEN $6 AND NOT active OR url <> $4 THEN NULL ELSE last_error END,
    disabled_at = CASE WHEN $6 THEN NULL ELSE disabled_at END
WHERE workspace_id = $1 AND id = $2

-- name: change_secret
UPDATE outgoing_webhooks SET secret = $3, updated_at = now() WHERE workspace_id = $1 AND id = $2 RETURNING id

-- name: delete_webhook
DELETE FROM outgoing_webhooks WHERE workspace_id = $1 AND id = $2 RETURNING id

-- name: find_secret
SELECT url, secret FROM outgoing_webhooks WHERE workspace_id = $1 AND id = $2

-- name: list_secrets
SELECT id, secret FROM outgoing_webhooks WHERE workspace_id = $1

-- name: list_active
-- Whom to tell what: the active ones of a workspace (primary key).
SELECT id, kinds, created_at FROM outgoing_webhooks WHERE workspace_id = $1 AND active

-- name: list_tickets
-- Numbers and inboxes of tickets (primary key).
SELECT id, number, inbox_id FROM tickets WHERE workspace_id = $1 AND id = ANY ($2::uuid[])

-- name: queue
-- Repeating it is harmless (primary key). In the order given, which is that of the log.
INSERT INTO webhook_deliveries (workspace_id, id, webhook_id, ticket_id, seq, kind, body)
SELECT $1, n.id, n.webhook_id, n.ticket_id, n.seq, n.kind, n.body
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[]) WITH ORDINALITY
    AS n (id, webhook_id, ticket_id, seq, kind, body, place)
ORDER BY n.place
ON CONFLICT DO NOTHING

-- name: list_full
-- Which of these have more than $3 deliveries waiting (webhook_deliveries_due).
SELECT w.id FROM unnest($2::uuid[]) AS w (id) WHERE EXISTS (
    SELECT FROM webhook_deliveries d WHERE d.workspace_id = $1 AND d.webhook_id = w.id AND d.state = 'queued'
    OFFSET $3)

-- name: claim
-- Takes due deliveries of all workspaces through a definer function; locks and leases them.
SELECT * FROM claim_webhook_deliveries($1, $2, $3, $4, $5)

-- name: hold
-- What a claimant still holds, for longer (primary key); what somebody else took since, or settled, is left alone.
UPDATE webhook_deliveries SET next_attempt_at = now() + $4
WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND claimed_by = $3 AND state = 'queued'
RETURNING id

-- name: begin
-- All that an attempt needs; it is counted now (primary keys).
UPDATE webhook_deliveries d SET attempts = least(d.attempts + 1, 10000) FROM outgoing_webhooks w
WHERE d.workspace_id = $1 AND d.id = $2 AND d.claimed_by = $3 AND d.state = 'queued'
    AND w.workspace_id = d.workspace_id AND w.id = d.webhook_id AND w.active
RETURNING d.id, d.webhook_id, d.body, d.attempts, d.queued_at, w.url, w.secret, w.failures

-- name: release
-- Gives back what was claimed and not tried, in its old place.
UPDATE webhook_deliveries SET next_attempt_at = now(), claimed_by = NULL
WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND claimed_by = $3 AND state = 'queued'

-- name: delivered
UPDATE webhook_deliveries SET state = 'delivered', status = $3, error = NULL, claimed_by = NULL, settled_at = now()
WHERE workspace_id = $1 AND id = $2 AND state = 'queued'

-- name: succeeded
-- The endpoint works: what it failed before is forgotten. Writes nothing when there is nothing to forget.
UPDATE outgoing_webhooks SET failures = 0, failing_since = NULL, resting_until = NULL, last_error = NULL
WHERE workspace_id = $1 AND id = $2 AND (failures > 0 OR failing_since IS NOT NULL)

-- name: retry_later
UPDATE webhook_deliveries SET status = $4, error = $5, next_attempt_at = now() + $6, claimed_by = NULL
WHERE workspace_id = $1 AND id = $2 AND claimed_by = $3 AND state = 'queued'

-- name: fail
UPDATE webhook_deliveries SET state = 'failed', status = $4, error = $5, claimed_by = NULL, settled_at = now()
WHERE workspace_id = $1 AND id = $2 AND claimed_by = $3 AND state = 'queued'

-- name: failed
-- The endpoint failed once more: it rests for $4, and how long it has been failing is returned.
UPDATE outgoing_webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, now()), last_error = $3,
    resting_until = now() + $4
WHERE workspace_id = $1 AND id = $2 RETURNING now() - failing_since

-- name: disable
-- Nobody is told twice that it was given up.
UPDATE outgoing_webhooks SET active = false, disabled_at = now(), last_error = $3, updated_at = now()
WHERE workspace_id = $1 AND id = $2 AND active RETURNING id

-- name: fail_waiting
-- What waits for an endpoint that is not told any more (webhook_deliveries_due).
UPDATE webhook_deliveries SET state = 'failed', error = $3, claimed_by = NULL, settled_at = now()
WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'queued'

-- name: select_deliveries
-- The deliveries of one webhook, by webhook_deliveries_newest; none is tried while it rests.
SELECT d.id, d.webhook_id, d.kind, d.ticket_id, d.seq, d.state, d.attempts, d.status, d.error, d.created_at,
    CASE WHEN d.state = 'queued' THEN greatest(d.next_attempt_at, w.resting_until) END AS next_attempt_at, d.settled_at
    /*sort*/
FROM webhook_deliveries d JOIN outgoing_webhooks w ON w.workspace_id = d.workspace_id AND w.id = d.webhook_id
WHERE d.workspace_id = $1 AND d.webhook_id = $2

-- name: requeue
-- One that failed, once more from the beginning (primary key); any other stays as it is.
UPDATE webhook_deliveries d SET state = 'queued', attempts = 0, error = NULL, status = NULL, settled_at = NULL,
    next_attempt_at = now(), queued_at = now()
WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.id = $3 AND d.state = 'failed' RETURNING true

-- name: sweep
-- Forgets what was settled long ago, a thousand at a time (webhook_deliveries_settled).
DELETE FROM webhook_deliveries WHERE workspace_id = $1 AND id IN (
    SELECT id FROM webhook_deliveries WHERE workspace_id = $1 AND state <> 'queued' AND settled_at < now() - $2::interval
    ORDER BY settled_at LIMIT 1000) RETURNING id
