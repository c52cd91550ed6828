-- name: try_lock
-- One request with a key at a time; until commit. False when another one is running.
SELECT pg_try_advisory_xact_lock(hashtextextended($1::uuid::text || $2::text, 43))

-- name: find_result
-- What the key did the first time; by the primary key.
SELECT fingerprint, status, body FROM idempotency_keys
WHERE workspace_id = $1 AND actor_id = $2 AND key = $3 AND created_at > now() - interval '24 hours'

-- name: keep_result
-- A key of more than a day ago is used anew.
INSERT INTO idempotency_keys (workspace_id, actor_id, key, fingerprint, status, body)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (workspace_id, actor_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,
    status = excluded.status, body = excluded.body,
    ticket_id = NULL, seq = NULL, created_at = now()

-- name: sweep
-- By the primary key's workspace; a thousand at a time.
DELETE FROM idempotency_keys WHERE (workspace_id, actor_id, key) IN (
    SELECT workspace_id, actor_id, key FROM idempotency_keys
    WHERE workspace_id = $1 AND created_at < now() - interval '24 hours' LIMIT 1000)
